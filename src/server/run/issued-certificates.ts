/** The records of what was certified: made with the certificate's object, and marked when its owner revokes it. */
import { factsOf, readCertificate } from '#certs/inspect';
import type { ManagedObject } from '#objects/managed-object';
import { issuedRecord, withRevocation, type Revoked } from '#repository/issued-record';
import type { HeldIssue, ObjectView } from '#repository/object-repository';

/** @param certificate in DER, as the authority has just made it. */
export function issueOf(certificate: Uint8Array, object: string, client: string): HeldIssue {
  const facts = factsOf(readCertificate(certificate));
  return { issued: issuedRecord(facts, { authority: 'certify-ca', object, client }), kept: undefined };
}

/**
 * Undefined for a certificate from elsewhere, and for one of another client: who registers a copy of it cannot have it
 * revoked. A copy of one's own can.
 */
export async function revocationOf(
  { revoked: object, reason }: { readonly revoked: ManagedObject; readonly reason: Revoked['reason'] },
  view: ObjectView,
  now: number,
): Promise<HeldIssue | undefined> {
  const fingerprint = fingerprintOfObject(object);
  const held = fingerprint === undefined ? undefined : await view.issued(fingerprint);
  if (held === undefined) return undefined;
  const { issued, kept } = held;
  if (issued.object !== object.id && issued.client !== object.owner) return undefined;
  const changed = withRevocation(issued, { at: now, reason, by: 'client' });
  return changed === issued ? undefined : { issued: changed, kept };
}

/** The Digest of a certificate is its fingerprint, and stays when the certificate is destroyed. */
function fingerprintOfObject({ attributes: { digest = [] } }: ManagedObject): string | undefined {
  const sha256 = digest.find(({ hashingAlgorithm }) => hashingAlgorithm === 'SHA_256');
  return sha256 && Buffer.from(sha256.digestValue).toString('hex');
}
