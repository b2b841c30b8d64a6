/** The records of issued certificates: created with the certificate's object, and marked when its owner revokes it. */
import { factsOf, readCertificate } from '#certs/inspect';
import type { ManagedObject } from '#objects/managed-object';
import { create, update, type Kept, type StoreChange } from '#store/store';
import { issuedKind, issuedRecord, withRevocation, type IssuedCertificate, type Revoked } from './issued-record.ts';

/** @param certificate in DER, as the authority has made it. */
export function issueOf(certificate: Uint8Array, object: string, client: string): StoreChange {
  const issued = issuedRecord(factsOf(readCertificate(certificate)), { authority: 'certify-ca', object, client });
  return create(issuedKind, issued.fingerprint, issued);
}

/**
 * Undefined for a certificate of another authority, and for one of another client: a client that registers a copy of it
 * cannot have it revoked. A client can do so with a copy of its own.
 */
export async function revocationOf(
  { revoked: object, reason }: { readonly revoked: ManagedObject; readonly reason: Revoked['reason'] },
  find: (fingerprint: string) => Promise<Kept<IssuedCertificate> | undefined>,
  now: number,
): Promise<StoreChange | undefined> {
  const fingerprint = fingerprintOfObject(object);
  const kept = fingerprint === undefined ? undefined : await find(fingerprint);
  if (kept === undefined) return undefined;
  const issued = kept.value;
  if (issued.object !== object.id && issued.client !== object.owner) return undefined;
  const changed = withRevocation(issued, { at: now, reason, by: 'client' });
  return changed === issued ? undefined : update(kept, changed);
}

/** The Digest of a certificate is its fingerprint, and stays when the certificate is destroyed. */
function fingerprintOfObject({ attributes: { digest = [] } }: ManagedObject): string | undefined {
  const sha256 = digest.find(({ hashingAlgorithm }) => hashingAlgorithm === 'SHA_256');
  return sha256 && Buffer.from(sha256.digestValue).toString('hex');
}
