/**
 * THE table of signature algorithms: their object identifiers, what KMIP calls them (2.1 §11.16), and what they consist
 * of. Certificates, requests, PGP certificates and Cryptographic Parameters all name them.
 */
import type { EnumerationValue } from '#protocol/enumerations';

export type DigitalSignatureAlgorithm = EnumerationValue<'DigitalSignatureAlgorithm'>;
export type SignerKind = 'RSA' | 'ECDSA' | 'DSA' | 'EdDSA';

export interface SignatureAlgorithm {
  readonly oid: string;
  /** Absent where KMIP does not have it. */
  readonly name?: DigitalSignatureAlgorithm;
  readonly kind: SignerKind;
  /** A Hashing Algorithm; absent where parameters name it, or the algorithm hashes by itself. */
  readonly hash?: string;
}

const pkcs1 = (number: number): string => `1.2.840.113549.1.1.${number}`;
const x962 = (number: string): string => `1.2.840.10045.4.${number}`;
const nist = (number: number): string => `2.16.840.1.101.3.4.3.${number}`;

/** RFC 8017 appendix A.2, RFC 3279 §2.2, RFC 5758, RFC 8410 §3; of SHA-3 the register of NIST. */
const rows: readonly SignatureAlgorithm[] = [
  { oid: pkcs1(2), name: 'MD2WithRSAEncryption', kind: 'RSA', hash: 'MD2' },
  { oid: pkcs1(4), name: 'MD5WithRSAEncryption', kind: 'RSA', hash: 'MD5' },
  { oid: pkcs1(5), name: 'SHA_1WithRSAEncryption', kind: 'RSA', hash: 'SHA_1' },
  { oid: pkcs1(14), name: 'SHA_224WithRSAEncryption', kind: 'RSA', hash: 'SHA_224' },
  { oid: pkcs1(11), name: 'SHA_256WithRSAEncryption', kind: 'RSA', hash: 'SHA_256' },
  { oid: pkcs1(12), name: 'SHA_384WithRSAEncryption', kind: 'RSA', hash: 'SHA_384' },
  { oid: pkcs1(13), name: 'SHA_512WithRSAEncryption', kind: 'RSA', hash: 'SHA_512' },
  { oid: pkcs1(10), name: 'RSASSA_PSS', kind: 'RSA' },
  { oid: '1.2.840.10040.4.3', name: 'DSAWithSHA_1', kind: 'DSA', hash: 'SHA_1' },
  { oid: nist(1), name: 'DSAWithSHA224', kind: 'DSA', hash: 'SHA_224' },
  { oid: nist(2), name: 'DSAWithSHA256', kind: 'DSA', hash: 'SHA_256' },
  { oid: x962('1'), name: 'ECDSAWithSHA_1', kind: 'ECDSA', hash: 'SHA_1' },
  { oid: x962('3.1'), name: 'ECDSAWithSHA224', kind: 'ECDSA', hash: 'SHA_224' },
  { oid: x962('3.2'), name: 'ECDSAWithSHA256', kind: 'ECDSA', hash: 'SHA_256' },
  { oid: x962('3.3'), name: 'ECDSAWithSHA384', kind: 'ECDSA', hash: 'SHA_384' },
  { oid: x962('3.4'), name: 'ECDSAWithSHA512', kind: 'ECDSA', hash: 'SHA_512' },
  { oid: nist(14), name: 'SHA3_256WithRSAEncryption', kind: 'RSA', hash: 'SHA3_256' },
  { oid: nist(15), name: 'SHA3_384WithRSAEncryption', kind: 'RSA', hash: 'SHA3_384' },
  { oid: nist(16), name: 'SHA3_512WithRSAEncryption', kind: 'RSA', hash: 'SHA3_512' },
  { oid: '1.3.101.112', kind: 'EdDSA' },
];

const byOid = new Map(rows.map((row) => [row.oid, row]));
const byName = new Map<string | undefined, SignatureAlgorithm>(rows.map((row) => [row.name, row]));
const byParts = new Map(
  rows
    .filter(({ hash, kind }) => hash !== undefined || kind === 'EdDSA')
    .map((row) => [`${row.kind} ${row.hash}`, row]),
);

/** Undefined when it is not in the table. */
export const signatureAlgorithmByOid = (oid: string): SignatureAlgorithm | undefined => byOid.get(oid);

export const signatureAlgorithmByName = (name: string): SignatureAlgorithm | undefined => byName.get(name);

/** With PKCS#1 v1.5, where the kind is RSA. */
export const signatureAlgorithmOf = (kind: SignerKind, hash?: string): SignatureAlgorithm | undefined =>
  byParts.get(`${kind} ${hash}`);
