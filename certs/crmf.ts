import { BitString, Constructed, Integer, Sequence, type AsnType } from 'asn1js';
import { AlgorithmIdentifier, PublicKeyInfo, RelativeDistinguishedNames } from 'pkijs';

import { derRules, readDer } from '#crypto/der';
import { OperatorError } from '#operator-error';
import {
  grantable,
  maximumRequestBytes,
  unreadableRequest,
  type CertificateRequest,
  type RequestClaims,
} from './request-content.ts';

/** Requests in the Certificate Request Message Format (RFC 4211), as devices of CMP make them. */

/** RFC 4211 §5: the fields of a CertTemplate that are read. Its other wishes, such as dates, are never granted. */
const templateField = { subject: 5, publicKey: 6, extensions: 9 } as const;

/** RFC 4211 §4: the choice of a proof by signature. */
const bySignature = 1;

/**
 * Reads CertReqMessages of exactly one message, in DER. Throws an OperatorError as `readRequest` does, and when the
 * proof of possession is not a signature: that a registration authority has verified the key is no proof.
 */
export function readCertReqMessages(der: Uint8Array): CertificateRequest {
  if (der.length > maximumRequestBytes) {
    throw new OperatorError(`the request must have at most ${maximumRequestBytes} bytes, not ${der.length}`);
  }
  return grantable(claimsOf(der));
}

function claimsOf(der: Uint8Array): RequestClaims {
  const messages = childrenOf(parse(der));
  const [message] = messages;
  if (message === undefined || messages.length > 1) {
    throw new OperatorError(`the request must be for one certificate, not ${messages.length}`);
  }
  const [request, popo] = childrenOf(message);
  const [requestId, template] = childrenOf(request);
  if (!(requestId instanceof Integer)) throw broken();
  const [subject] = fieldOf(template, templateField.subject) ?? [];
  const key = fieldOf(template, templateField.publicKey);
  const extensions = fieldOf(template, templateField.extensions);
  if (subject === undefined || key === undefined) {
    throw new OperatorError('the request must have a subject and a public key', 'put both into the CertTemplate');
  }
  try {
    return {
      subject: new RelativeDistinguishedNames({ schema: subject }),
      key: new PublicKeyInfo({ schema: new Sequence({ value: [...key] }) }),
      extensions: extensions && new Sequence({ value: [...extensions] }),
      signed: signatureOf(request as AsnType, popo),
    };
  } catch (error) {
    // What pkijs throws at structures that it does not know.
    throw error instanceof OperatorError ? error : broken();
  }
}

/** RFC 4211 §4.1: the signature is over the CertRequest when its template has the subject and the key. */
function signatureOf(request: AsnType, popo: AsnType | undefined): RequestClaims['signed'] {
  const [algorithm, signature, more] = isField(popo, bySignature) ? popo.valueBlock.value : [];
  const isSigned = algorithm instanceof Sequence && signature instanceof BitString && more === undefined;
  if (!isSigned || signature.valueBlock.unusedBits !== 0) {
    throw new OperatorError(
      'the request must prove by a signature that its sender has the private key',
      'create it with a signature over the CertRequest itself: openssl cmp -popo 1',
    );
  }
  return {
    tbsView: request.valueBeforeDecodeView,
    signatureAlgorithm: new AlgorithmIdentifier({ schema: algorithm }),
    signatureValue: signature,
  };
}

function parse(der: Uint8Array): AsnType {
  try {
    return readDer(der, 'the request', derRules.requestMessages);
  } catch {
    throw broken();
  }
}

const broken = (): OperatorError =>
  unreadableRequest('send CertReqMessages of RFC 4211 in DER, without a PKIMessage around them');

function childrenOf(block: AsnType | undefined): readonly AsnType[] {
  if (!(block instanceof Sequence)) throw broken();
  return block.valueBlock.value;
}

const isField = (block: AsnType | undefined, number: number): block is Constructed =>
  block instanceof Constructed && block.idBlock.tagClass === 3 && block.idBlock.tagNumber === number;

/** What the context-specific `[number]` of a template holds. */
const fieldOf = (template: AsnType | undefined, number: number): readonly AsnType[] | undefined =>
  childrenOf(template).find((each) => isField(each, number))?.valueBlock.value;
