import { createHash } from 'node:crypto';

import { BitString, OctetString, type BaseBlock } from 'asn1js';
import {
  AltName,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CRLDistributionPoints,
  DistributionPoint,
  Extension,
  ExtKeyUsage,
  type GeneralName,
  type PublicKeyInfo,
} from 'pkijs';

import { uriName } from './certificate-names.ts';

/** The extensions of RFC 5280 §4.2.1 that our certificates carry, one function each. */

export const Oid = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  cRLReason: '2.5.29.21',
  cRLDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const;

/** RFC 5280 §4.2.1.12. */
const purposeOids = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;
export type Purpose = keyof typeof purposeOids;
export const purposes = Object.keys(purposeOids) as readonly Purpose[];
export const isPurpose = (oid: string, purpose: Purpose): boolean => purposeOids[purpose] === oid;

/** Bit numbers of RFC 5280 §4.2.1.3. */
const usageBits = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;
export type KeyUsage = keyof typeof usageBits;

export function extension(extnID: string, critical: boolean, value: BaseBlock): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}

/** The authority signs end entities only, so that its path length is 0. */
export function basicConstraints(authority: boolean): Extension {
  const constraints = authority ? { cA: true, pathLenConstraint: 0 } : { cA: false };
  return extension(Oid.basicConstraints, true, new BasicConstraints(constraints).toSchema());
}

export function keyUsage(...usages: readonly KeyUsage[]): Extension {
  const bits: number[] = usages.map((usage) => usageBits[usage]);
  const byte = bits.reduce((value, bit) => value | (0x80 >> bit), 0);
  // DER (X.690 §11.2.2) cuts trailing zero bits off a named bit list.
  const named = new BitString({ valueHex: Uint8Array.of(byte).buffer, unusedBits: 7 - Math.max(...bits) });
  return extension(Oid.keyUsage, true, named);
}

export function extKeyUsage(allowed: readonly Purpose[]): Extension {
  const keyPurposes = allowed.map((purpose) => purposeOids[purpose]);
  return extension(Oid.extKeyUsage, false, new ExtKeyUsage({ keyPurposes }).toSchema());
}

export function subjectAltName(names: readonly GeneralName[]): Extension {
  return extension(Oid.subjectAltName, false, new AltName({ altNames: [...names] }).toSchema());
}

export function cRLDistributionPoint(url: string): Extension {
  const point = new DistributionPoint({ distributionPoint: [uriName(url)] });
  const points = new CRLDistributionPoints({ distributionPoints: [point] });
  return extension(Oid.cRLDistributionPoints, false, points.toSchema());
}

/** RFC 5280 §4.2.1.2 (1): SHA-1 of the key's bits. It is a name, not a protection. */
export function keyIdentifier(key: PublicKeyInfo): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha1').update(key.subjectPublicKey.valueBlock.valueHexView).digest());
}

export function subjectKeyIdentifier(identifier: Uint8Array<ArrayBuffer>): Extension {
  return extension(Oid.subjectKeyIdentifier, false, new OctetString({ valueHex: identifier }));
}

export function authorityKeyIdentifier(identifier: Uint8Array<ArrayBuffer>): Extension {
  const value = new AuthorityKeyIdentifier({ keyIdentifier: new OctetString({ valueHex: identifier }) });
  return extension(Oid.authorityKeyIdentifier, false, value.toSchema());
}
