/**
 * Certificates that clients had made before there was an authority of its own for them: the one that clients trust for
 * the server has signed them. They are found by their objects.
 */
import { openClients } from '#access/clients';
import type { Authority } from '#certs/authority';
import { factsOf, isIssuedBy, readCertificate } from '#certs/inspect';
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { putMaterial } from '#objects/material';
import { succeeds } from '#store/engines/engine';
import { issuedKind, issuedRecord, type IssuedCertificate } from '#repository/issued-record';
import { objectKind } from '#repository/object-record';
import { create, type Kept, type Store } from '#store/store';
import { OperatorError } from '#operator-error';

/** Returns how many there are. */
export async function recordEarlierCertificates(store: Store, authority: Authority): Promise<number> {
  const enrolled = new Set<string>();
  for await (const { certificates } of openClients({ store, now: Date.now }).list()) {
    for (const { fingerprint } of certificates) enrolled.add(fingerprint);
  }
  let found = 0;
  for await (const record of store.find(objectKind, { terms: [] })) {
    const issued = issuedBy(authority, record);
    if (issued === undefined || enrolled.has(issued.fingerprint)) continue;
    if (await succeeds(store.commit([create(issuedKind, issued.fingerprint, issued)]))) found++;
  }
  return found;
}

/** The record of the certificate in an object, if this authority has signed it. */
function issuedBy(authority: Authority, record: Kept<ManagedObject>): IssuedCertificate | undefined {
  const { value: object, hasMaterial } = record;
  if (objectTypeOf(object) !== 'Certificate' || !hasMaterial) return undefined;
  const held = putMaterial(object.structure, record.openMaterial());
  if (held.objectType !== 'Certificate' || held.certificateType !== 'X_509') return undefined;
  try {
    const certificate = readCertificate(held.certificateValue);
    if (!isIssuedBy(certificate, authority.certificate)) return undefined;
    const origin = { authority: 'ca', object: object.id, client: object.owner } as const;
    const issued = issuedRecord(factsOf(certificate), origin);
    const { revocationReason, state, lastChangeDate = 0 } = object.attributes;
    const isRevoked = revocationReason !== undefined || state === 'Compromised';
    if (!isRevoked) return issued;
    const reason = revocationReason?.revocationReasonCode ?? 'KeyCompromise';
    return { ...issued, revoked: { at: lastChangeDate * 1000, reason, by: 'client' } };
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}
