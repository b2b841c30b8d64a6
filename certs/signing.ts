import { sign, verify, type KeyObject } from 'node:crypto';

import { BitString, Null, type Sequence } from 'asn1js';
import { AlgorithmIdentifier } from 'pkijs';

import { OperatorError } from '#operator-error';
import { nameOfAcceptableKey } from './keys.ts';

/** pkijs lays the structures out, node:crypto signs them: private keys stay KeyObjects and never meet another library. */

interface SignatureAlgorithm {
  readonly oid: string;
  readonly key: 'rsa' | 'ec' | 'ed25519';
  readonly hash: string | null;
}

const signatureAlgorithms = {
  sha256WithRSA: { oid: '1.2.840.113549.1.1.11', key: 'rsa', hash: 'sha256' },
  sha384WithRSA: { oid: '1.2.840.113549.1.1.12', key: 'rsa', hash: 'sha384' },
  sha512WithRSA: { oid: '1.2.840.113549.1.1.13', key: 'rsa', hash: 'sha512' },
  ecdsaWithSHA256: { oid: '1.2.840.10045.4.3.2', key: 'ec', hash: 'sha256' },
  ecdsaWithSHA384: { oid: '1.2.840.10045.4.3.3', key: 'ec', hash: 'sha384' },
  ecdsaWithSHA512: { oid: '1.2.840.10045.4.3.4', key: 'ec', hash: 'sha512' },
  ed25519: { oid: '1.3.101.112', key: 'ed25519', hash: null },
} as const satisfies Record<string, SignatureAlgorithm>;

const algorithmForKey: Readonly<Record<string, SignatureAlgorithm>> = {
  'P-256': signatureAlgorithms.ecdsaWithSHA256,
  'P-384': signatureAlgorithms.ecdsaWithSHA384,
  'P-521': signatureAlgorithms.ecdsaWithSHA512,
  Ed25519: signatureAlgorithms.ed25519,
};

function algorithmOf(key: KeyObject): SignatureAlgorithm {
  return algorithmForKey[nameOfAcceptableKey(key)] ?? signatureAlgorithms.sha256WithRSA;
}

/** What was signed, and how. */
export interface Signed {
  readonly tbsView: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signatureValue: BitString;
}

/** What certificates, requests and revocation lists of pkijs have in common. */
interface Signable {
  readonly tbsView: Uint8Array;
  signature?: AlgorithmIdentifier;
  signatureAlgorithm: AlgorithmIdentifier;
  signatureValue: BitString;
  /** A sequence whose first part is what gets signed; `true` lays it out from the fields, not from `tbsView`. */
  toSchema(fromFields: true): Sequence;
}

/** Signs the structure and returns its DER. */
export function signStructure(structure: Signable, privateKey: KeyObject): Buffer {
  const { oid, key, hash } = algorithmOf(privateKey);
  // RFC 4055 §5 asks for NULL with RSA, RFC 5758 §3.2 and RFC 8410 §3 for nothing with the others.
  const identifier = { algorithmId: oid, ...(key === 'rsa' && { algorithmParams: new Null() }) };
  structure.signatureAlgorithm = new AlgorithmIdentifier(identifier);
  if ('signature' in structure) structure.signature = new AlgorithmIdentifier(identifier);
  const [toBeSigned] = structure.toSchema(true).valueBlock.value;
  const signature = sign(hash, new Uint8Array(toBeSigned!.toBER()), privateKey);
  structure.signatureValue = new BitString({ valueHex: Uint8Array.from(signature).buffer });
  return Buffer.from(structure.toSchema(true).toBER());
}

/** Whether the structure was signed with the private half of `publicKey`. Throws for algorithms that we do not accept. */
export function isSignedBy(structure: Signed, publicKey: KeyObject): boolean {
  const oid = structure.signatureAlgorithm.algorithmId;
  const algorithm = Object.values<SignatureAlgorithm>(signatureAlgorithms).find((row) => row.oid === oid);
  if (algorithm === undefined) {
    throw new OperatorError(`the signature algorithm ${oid} is not accepted`, 'sign with SHA-256, SHA-384 or SHA-512');
  }
  if (algorithm.key !== publicKey.asymmetricKeyType) return false;
  return verify(algorithm.hash, structure.tbsView, publicKey, structure.signatureValue.valueBlock.valueHexView);
}
