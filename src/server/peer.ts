/** What the listener reads of a peer's certificate: its identity is the fingerprint, everything else is for people. */
import { CertificateError } from '#certs/certificate-error';
import { factsOf, fingerprintOf, readCertificate } from '#certs/inspect';

export { fingerprintOf };

/** The subject, for the audit record of a refusal; hostile certificates have none. */
export function subjectOf(certificate: Buffer): string {
  try {
    return factsOf(readCertificate(certificate)).subject;
  } catch (error) {
    if (error instanceof CertificateError) return 'unreadable';
    throw error;
  }
}
