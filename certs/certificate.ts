import { randomBytes, type KeyObject, type X509Certificate } from 'node:crypto';

import { Integer } from 'asn1js';
import { Certificate, PublicKeyInfo, RelativeDistinguishedNames, Time, TimeType, type Extension } from 'pkijs';

import { readCertificateFields, type CertificateFields } from '#crypto/certificates/certificate-fields';
import { OperatorError } from '#operator-error';
import { readCertificate } from './inspect.ts';
import type { RandomBytes } from './random.ts';
import { signStructure } from './signing.ts';

/** What all certificates that are issued have in common (RFC 5280 §4.1): serial number, dates, and being read back. */

/** When a certificate is made, and what differs from the default. */
export interface Terms {
  readonly now: Date;
  readonly notAfter?: Date;
  readonly random?: RandomBytes;
}

/** The milliseconds of a day. */
export const dayMs = 24 * 3600 * 1000;

const maximumYears = 30;
/** Certificates begin a day early, for clients with a slow clock or local time in place of UTC. */
const backdating = dayMs;

export interface UnsignedCertificate {
  readonly subject: RelativeDistinguishedNames;
  readonly issuer: RelativeDistinguishedNames;
  readonly key: PublicKeyInfo;
  readonly notAfter: Date;
  readonly extensions: Extension[];
}

/** Signs the content and reads the result back, so that nothing leaves that OpenSSL would not take. */
export function signCertificate(
  content: UnsignedCertificate,
  privateKey: KeyObject,
  { now, random = randomBytes }: Terms,
): X509Certificate {
  if (content.notAfter <= now || content.notAfter > yearsAfter(now, maximumYears)) {
    throw new OperatorError(`a certificate must end in the future, within ${maximumYears} years`);
  }
  const certificate = new Certificate({
    version: 2,
    serialNumber: serialNumber(random),
    issuer: content.issuer,
    subject: content.subject,
    notBefore: timeOf(new Date(now.getTime() - backdating)),
    notAfter: timeOf(content.notAfter),
    subjectPublicKeyInfo: content.key,
    extensions: content.extensions,
  });
  return readCertificate(signStructure(certificate, privateKey));
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. 128 random bits behind a 1 are that in every case. */
function serialNumber(random: RandomBytes): Integer {
  return new Integer({ valueHex: Uint8Array.of(1, ...random(16)).buffer });
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime after, both in whole seconds. */
export function timeOf(date: Date): Time {
  const value = new Date(Math.floor(date.getTime() / 1000) * 1000);
  return new Time({ type: value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime, value });
}

/** The same day and time, that many years later. */
export function yearsAfter(date: Date, years: number): Date {
  const later = new Date(date);
  later.setUTCFullYear(later.getUTCFullYear() + years);
  return later;
}

export function publicKeyInfo(publicKey: KeyObject): PublicKeyInfo {
  return PublicKeyInfo.fromBER(publicKey.export({ format: 'der', type: 'spki' }));
}

/** The names of issuers are compared byte by byte, so that they are copied, never written again. */
export function subjectOfCertificate(certificate: X509Certificate): RelativeDistinguishedNames {
  return nameIn(readCertificateFields(certificate.raw));
}

/** The subject in the fields of a certificate. Throws what pkijs throws. */
export function nameIn({ subject }: CertificateFields): RelativeDistinguishedNames {
  return new RelativeDistinguishedNames({ schema: subject });
}
