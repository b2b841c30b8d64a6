/** What the listener reads of a peer's certificate: its identity is the fingerprint, everything else is for people. */
import { factsOf, fingerprintOf, readCertificate } from '#certs/inspect';

export { fingerprintOf };

/**
 * The subject, for the audit record of a refusal. Hostile certificates have none: whatever reading one throws, it stops
 * nobody.
 */
export function subjectOf(certificate: Buffer): string {
  try {
    return factsOf(readCertificate(certificate)).subject;
  } catch {
    return 'unreadable';
  }
}
