/**
 * The certificate authorities in the store: the certificate of each, its key as sealed material, and the number of its
 * last revocation list. `ca` signs servers and the clients that operators enroll; `certify-ca` signs what clients have
 * certified. Neither signs the other, so a client that trusts `ca` for the server does not trust certificates of
 * `certify-ca`.
 */
import { ConflictError } from '#store/engines/engine';
import { jsonKind } from '#store/json-kind';
import { create, update, type Store, type StoreChange } from '#store/store';

interface AuthorityRecord {
  /** PEM. */
  readonly certificate: string;
  readonly crlNumber: number;
}

export const authorityKind = jsonKind<AuthorityRecord>('ca');
export type AuthorityId = 'ca' | 'certify-ca';

/** Both in PEM. */
export interface KeptAuthority {
  readonly certificate: string;
  readonly privateKey: string;
}

export async function readAuthority(store: Store, id: AuthorityId = 'ca'): Promise<KeptAuthority | undefined> {
  const kept = await store.get(authorityKind, id);
  if (kept === undefined) return undefined;
  const material = kept.openMaterial();
  const privateKey = Buffer.from(material).toString('latin1');
  material.fill(0);
  return { certificate: kept.value.certificate, privateKey };
}

/** False when another process has stored one first: that one is valid. */
export async function keepAuthority(
  store: Store,
  { certificate, privateKey }: KeptAuthority,
  alongside: readonly StoreChange[],
  id: AuthorityId = 'ca',
): Promise<boolean> {
  const record = { certificate, crlNumber: 0 };
  try {
    await store.commit([create(authorityKind, id, record, Buffer.from(privateKey, 'latin1')), ...alongside]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError && error.kind === authorityKind.name) return false;
    throw error;
  }
}

/**
 * The numbers of the next revocation lists, in the order of `ids`: each larger than any before (RFC 5280 §5.2.3).
 * Throws when an authority is missing.
 */
export async function takeCrlNumbers(
  store: Store,
  ids: readonly AuthorityId[],
  alongside: () => readonly StoreChange[],
): Promise<readonly number[]> {
  for (;;) {
    const kept = await Promise.all(ids.map((id) => store.get(authorityKind, id)));
    const changes = kept.map((each, place) => {
      if (each === undefined) throw new Error(`the store has no certificate authority ${ids[place]}`);
      return update(each, { ...each.value, crlNumber: each.value.crlNumber + 1 });
    });
    try {
      await store.commit([...changes, ...alongside()]);
      return changes.map((change) => ('value' in change ? (change.value as AuthorityRecord).crlNumber : 0));
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
