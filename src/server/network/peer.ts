/**
 * What the listener reads from a peer's certificate: the fingerprint is its identity, everything else is for people.
 */
import { factsOf, fingerprintOf, readCertificate } from '#certs/inspect';

export { fingerprintOf };

/** The subject, for the audit record of a refusal; undefined when a hostile certificate cannot be read. */
export function subjectOf(certificate: Buffer): string {
  try {
    return factsOf(readCertificate(certificate)).subject;
  } catch {
    return 'unreadable';
  }
}
