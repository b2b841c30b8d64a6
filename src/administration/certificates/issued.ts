/**
 * Certificates that clients had issued: operators find and revoke them, and their records are removed some time after
 * they expire.
 */
import { dayMs } from '#certs/certificate';
import type { Clients } from '#access/clients';
import type { RevocationReason } from '#certs/revocation-list';
import { ConflictError, succeeds } from '#store/engines/engine';
import { issuedKind, withRevocation, type IssuedCertificate, type Revoked } from '#repository/issued-record';
import { issuedObjectTerm, serialTerm } from '#repository/index-terms';
import { remove, update, type Kept, type Store, type StoreChange } from '#store/store';
import { OperatorError } from '#operator-error';

/** RFC 5280 §5.3.1 in the words of KMIP (2.1 §11.50). */
const crlReasons: { readonly [reason: string]: RevocationReason } = {
  Unspecified: 'unspecified',
  KeyCompromise: 'keyCompromise',
  CACompromise: 'cACompromise',
  AffiliationChanged: 'affiliationChanged',
  Superseded: 'superseded',
  CessationOfOperation: 'cessationOfOperation',
  PrivilegeWithdrawn: 'privilegeWithdrawn',
};

export const crlReasonOf = (reason: Revoked['reason']): RevocationReason => crlReasons[reason] ?? 'unspecified';
export const operatorReasons = Object.values(crlReasons);
export const reasonNamed = (text: string): Revoked['reason'] =>
  (Object.keys(crlReasons).find((reason) => crlReasons[reason] === text) ?? 'Unspecified') as Revoked['reason'];

/**
 * By its fingerprint (SHA-256), its serial number, both in hexadecimal, or the identifier of its object. Throws
 * OperatorError.
 */
export async function findIssued(
  store: Store,
  clients: Clients,
  which: string,
): Promise<readonly Kept<IssuedCertificate>[]> {
  const hex = which.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) {
    const kept = await store.get(issuedKind, hex);
    if (kept !== undefined) return [kept];
    const client = await clients.byFingerprint(hex);
    if (client !== undefined) {
      throw new OperatorError(
        `the certificate belongs to the client ${JSON.stringify(client.name)}`,
        `kmipd client revoke ${client.name} --certificate ${hex}`,
      );
    }
  }
  const byObject = await all(store, issuedObjectTerm(store.term, which), ({ object }) => object === which);
  if (byObject.length > 0) return byObject;
  if (/^[0-9a-f]+$/.test(hex)) {
    const serial = hex.length % 2 === 0 ? hex : `0${hex}`;
    const bySerial = await all(store, serialTerm(store.term, serial), (issued) => issued.serial === serial);
    if (bySerial.length > 0) return bySerial;
  }
  throw new OperatorError(
    `certificate ${JSON.stringify(which.slice(0, 100))} not found: no fingerprint, serial number or object matches`,
    'kmipd certificate list shows them; kmipd client revoke is for those of clients themselves',
  );
}

async function all(
  store: Store,
  term: string,
  isWanted: (issued: IssuedCertificate) => boolean,
): Promise<Kept<IssuedCertificate>[]> {
  const found: Kept<IssuedCertificate>[] = [];
  for await (const kept of store.find(issuedKind, { terms: [term] })) if (isWanted(kept.value)) found.push(kept);
  return found;
}

/** A second call does nothing. Returns the record after the change. */
export async function revokeIssued(
  store: Store,
  fingerprint: string,
  revoked: Revoked,
  alongside: (issued: IssuedCertificate) => readonly StoreChange[],
): Promise<IssuedCertificate> {
  for (;;) {
    const kept = await store.get(issuedKind, fingerprint);
    if (kept === undefined) throw new OperatorError(`the certificate ${fingerprint} is not on record any more`);
    const issued = withRevocation(kept.value, revoked);
    try {
      await store.commit([...(issued === kept.value ? [] : [update(kept, issued)]), ...alongside(issued)]);
      return issued;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** Revocation lists name a certificate until it expires. Its record is kept for so much longer, for questions. */
const keptAfterEnd = 30 * dayMs;
const removedAtOnce = 100;

/** Returns how many records were removed. */
export async function removeExpired(store: Store, now: number): Promise<number> {
  let removed = 0;
  let changes: StoreChange[] = [];
  const commit = async (): Promise<void> => {
    // Another process may do the same at once: the remaining records are removed the next time.
    if (changes.length > 0 && (await succeeds(store.commit(changes)))) removed += changes.length;
    changes = [];
  };
  for await (const kept of store.find(issuedKind, { terms: [] })) {
    if (kept.value.notAfter + keptAfterEnd < now) changes.push(remove(kept));
    if (changes.length === removedAtOnce) await commit();
  }
  await commit();
  return removed;
}
