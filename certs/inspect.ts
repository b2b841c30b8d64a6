import { createHash, X509Certificate, type KeyObject } from 'node:crypto';

import { OperatorError } from '#operator-error';
import { derOf, readPem } from './pem.ts';

/**
 * What identifies the holder of a certificate, read by OpenSSL: it is fast, and refuses hostile encodings. Its fields
 * as DER are read in #crypto/certificates/certificate-fields.
 */

export const maximumCertificateBytes = 64 * 1024;
export const maximumSubjectCharacters = 512;
const maximumChain = 10;
const pemLabels = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];

export interface CertificateFacts {
  /** SHA-256 of the DER, lower-case hex: the identity of the peer that presents it. */
  readonly fingerprint: string;
  /** As RFC 4514 writes names, most specific part first; ASCII, at most maximumSubjectCharacters. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex, an even number of digits. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
}

/** One hash and no parse: `socket.getPeerX509Certificate()?.raw` and `getPeerCertificate().raw` both do. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/** Reads one certificate, PEM or DER, of at most maximumCertificateBytes, with nothing after it. */
export function readCertificate(input: string | Uint8Array): X509Certificate {
  const der = derOf(input, 'certificate', pemLabels, maximumCertificateBytes);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    throw new OperatorError(
      'the certificate cannot be read: its encoding is invalid',
      'openssl x509 -in FILE -noout -text shows whether the file is complete',
    );
  }
  if (certificate.raw.length !== der.length)
    throw new OperatorError('the file must end with the certificate, but bytes follow it');
  return certificate;
}

/** Reads the certificates of a file in their order: first its owner's, then those that lead to the root. */
export function readCertificateChain(input: string | Uint8Array): X509Certificate[] {
  const blocks =
    input.length > maximumCertificateBytes ? [] : readPem(Buffer.from(input as Uint8Array).toString('latin1'));
  const certificates = blocks.filter(({ label }) => pemLabels.includes(label));
  if (certificates.length === 0) return [readCertificate(input)];
  if (certificates.length > maximumChain) {
    throw new OperatorError(`the file must have at most ${maximumChain} certificates, not ${certificates.length}`);
  }
  return certificates.map(({ der }) => readCertificate(der));
}

/** Throws an OperatorError when a part that we need cannot be read, such as a date or an unknown kind of key. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    fingerprint: fingerprintOf(certificate.raw),
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    serialNumber: certificate.serialNumber.toLowerCase(),
    notBefore: dateOf(certificate.validFrom, 'notBefore'),
    notAfter: dateOf(certificate.validTo, 'notAfter'),
    publicKey: publicKeyOf(certificate),
  };
}

function publicKeyOf(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey;
  } catch {
    throw new OperatorError('the public key of the certificate cannot be read', 'use RSA, P-256 or P-384');
  }
}

function dateOf(text: string, field: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new OperatorError(`the ${field} of the certificate must be a date`);
  return date;
}

/** Node gives one line for each part, least specific first, its value escaped as RFC 4514 asks except for UTF-8. */
function distinguishedName(lines: string | undefined): string {
  const name = (lines ?? '')
    .split('\n')
    .reverse()
    .join(',')
    .replace(/[^\x20-\x7e]/gu, hexPairs);
  return name.length <= maximumSubjectCharacters ? name : `${name.slice(0, maximumSubjectCharacters - 3)}...`;
}

function hexPairs(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** Whether the authority has signed it, by its signature. */
export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  try {
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  } catch {
    // Of a kind of signature that OpenSSL does not know.
    return false;
  }
}

/** For a certificate and key that come from outside: throws an OperatorError when they do not belong together. */
export function assertKeyMatches(certificate: X509Certificate, privateKey: KeyObject): void {
  if (privateKey.type === 'private' && certificate.checkPrivateKey(privateKey)) return;
  throw new OperatorError(
    'the private key does not belong to the certificate',
    'give the key from which the certificate was requested; a chain file must begin with its own certificate',
  );
}

/** Whether a certificate is within its dates: the bounds themselves count (RFC 5280 §4.1.2.5). */
export function validityAt(facts: Pick<CertificateFacts, 'notBefore' | 'notAfter'>, now: Date): Validity {
  if (now < facts.notBefore) return 'not yet valid';
  return now > facts.notAfter ? 'expired' : 'valid';
}
export type Validity = 'valid' | 'expired' | 'not yet valid';
