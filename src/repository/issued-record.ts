/**
 * A certificate that Certify or Re-certify has issued: one record each, by its SHA-256. The record stays when the
 * object is destroyed, and is removed some time after the certificate has expired.
 */
import type { OpenValue } from '#protocol/enumerations';
import { jsonKind } from '#store/json-kind';
import { issuedObjectTerm, serialTerm } from './index-terms.ts';

export interface IssuedCertificate {
  /**
   * The authority that signed it: 'ca', which signs servers and clients, signed these too before 'certify-ca' existed.
   */
  readonly authority: 'ca' | 'certify-ca';
  /** SHA-256 of the DER, lower-case hex, as is the serial number. */
  readonly fingerprint: string;
  readonly serial: string;
  readonly subject: string;
  /** The object that held it first, and the client record for which it was issued. */
  readonly object: string;
  readonly client: string;
  /** Milliseconds since 1970, as all times. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly revoked?: Revoked;
}

export interface Revoked {
  readonly at: number;
  readonly reason: OpenValue<'RevocationReasonCode'>;
  readonly by: 'client' | 'operator';
}

export const issuedKind = jsonKind<IssuedCertificate>('issued-certificate', ({ serial, object }, term) => [
  serialTerm(term, serial),
  issuedObjectTerm(term, object),
]);

/** The facts in the certificate, from its reader. */
interface CertificateFacts extends Pick<IssuedCertificate, 'fingerprint' | 'subject'> {
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export function issuedRecord(
  { fingerprint, serialNumber, subject, notBefore, notAfter }: CertificateFacts,
  origin: Pick<IssuedCertificate, 'authority' | 'object' | 'client'>,
): IssuedCertificate {
  const { authority, object, client } = origin;
  return {
    ...{ authority, fingerprint, subject, object, client, serial: serialNumber },
    ...{ notBefore: notBefore.getTime(), notAfter: notAfter.getTime() },
  };
}

/** The first revocation date stays; a compromise that becomes known later replaces a milder reason. */
export function withRevocation(issued: IssuedCertificate, revoked: Revoked): IssuedCertificate {
  const { revoked: before } = issued;
  if (before === undefined) return { ...issued, revoked };
  const isGraver = revoked.reason === 'KeyCompromise' && before.reason !== 'KeyCompromise';
  return isGraver ? { ...issued, revoked: { ...before, reason: revoked.reason } } : issued;
}
