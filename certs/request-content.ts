import { createPublicKey, type KeyObject } from 'node:crypto';

import type { AsnType } from 'asn1js';
import { AltName, ExtKeyUsage, type PublicKeyInfo, type RelativeDistinguishedNames } from 'pkijs';

import { extensionsIn, type ExtensionFields } from '#crypto/certificates/certificate-fields';
import { derRules, readDer } from '#crypto/der';
import { OperatorError } from '#operator-error';
import { isPurpose, Oid, purposes, type Purpose } from './extensions.ts';
import { nameOfAcceptableKey } from './keys.ts';
import { describedName, textOf } from './certificate-names.ts';
import { isSignedBy, type Signed } from './signing.ts';

/** What a request for a certificate asks for, of whatever kind it is, and how much of that can be granted. */

export const maximumRequestBytes = derRules.request.bytes;

/** A request whose sender has shown to hold the private key, reduced to what a certificate may take over. */
export interface CertificateRequest {
  readonly subject: RelativeDistinguishedNames;
  readonly publicKey: KeyObject;
  /** DNS names and IP addresses; names of other kinds are dropped. */
  readonly names: readonly string[];
  /** The dropped ones, as `describedName` has them. */
  readonly dropped: readonly string[];
  readonly purposes: readonly Purpose[];
}

/** What stands in a request, before anybody believes it. */
export interface RequestClaims {
  readonly subject: RelativeDistinguishedNames;
  readonly key: PublicKeyInfo;
  /** An Extensions of RFC 5280 §4.2, not looked into yet. */
  readonly extensions: AsnType | undefined;
  readonly signed: Signed;
}

export const unreadableRequest = (hint: string): OperatorError =>
  new OperatorError('the request cannot be read: its encoding is invalid', hint);

/** Throws an OperatorError for unacceptable keys, signatures of another key, empty subjects and broken extensions. */
export function grantable({ subject, key, extensions, signed }: RequestClaims): CertificateRequest {
  const publicKey = readPublicKey(key);
  nameOfAcceptableKey(publicKey);
  if (!isSignedBy(signed, publicKey)) {
    throw new OperatorError(
      'the signature of the request is not by its own key',
      'the file was modified: create it again',
    );
  }
  if (subject.typesAndValues.length === 0) {
    throw new OperatorError('the subject of the request is empty', 'request one with a common name');
  }
  return { subject, publicKey, ...wishesOf(extensions) };
}

function readPublicKey(info: PublicKeyInfo): KeyObject {
  const key = Buffer.from(info.toSchema().toBER());
  try {
    return createPublicKey({ key, format: 'der', type: 'spki' });
  } catch {
    throw new OperatorError('the public key of the request cannot be read', 'use RSA, P-256 or P-384');
  }
}

function wishesOf(wishes: RequestClaims['extensions']): Pick<CertificateRequest, 'names' | 'dropped' | 'purposes'> {
  try {
    const extensions = wishes === undefined ? [] : extensionsIn(wishes, 'the request');
    return { ...namesIn(extensions), purposes: purposesIn(extensions) };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError('the extensions that the request asks for cannot be read');
  }
}

/** The alternative names: those that we would write, and what the others are. Throws what pkijs throws. */
export function namesIn(extensions: readonly ExtensionFields[]): Pick<CertificateRequest, 'names' | 'dropped'> {
  const value = valueOf(extensions, Oid.subjectAltName);
  const all =
    value === undefined
      ? []
      : new AltName({ schema: readDer(value, 'the alternative names', derRules.request) }).altNames;
  return {
    names: all.map(textOf).filter((text) => text !== undefined),
    dropped: all.filter((each) => textOf(each) === undefined).map(describedName),
  };
}

function purposesIn(extensions: readonly ExtensionFields[]): Purpose[] {
  const value = valueOf(extensions, Oid.extKeyUsage);
  if (value === undefined) return [];
  const schema = readDer(value, 'the extended key usage', derRules.request);
  const { keyPurposes } = new ExtKeyUsage({ schema });
  return purposes.filter((purpose) => keyPurposes.some((oid) => isPurpose(oid, purpose)));
}

/** RFC 5280 §4.2: an extension appears once. Of two, other software might read the other one. */
function valueOf(extensions: readonly ExtensionFields[], oid: string): Uint8Array | undefined {
  const [only, second] = extensions.filter((each) => each.oid === oid);
  if (second !== undefined) throw new OperatorError(`the extension ${oid} must appear at most once`);
  return only?.value;
}
