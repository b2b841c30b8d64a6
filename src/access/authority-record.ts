/**
 * The certificate authority in the store: its certificate, its key as sealed material, and the number
 * of its last revocation list.
 */
import { ConflictError } from '#store/engine';
import { jsonKind } from '#store/json-kind';
import { create, update, type Store, type StoreChange } from '#store/store';

interface AuthorityRecord {
  /** PEM. */
  readonly certificate: string;
  readonly crlNumber: number;
}

const authorityKind = jsonKind<AuthorityRecord>('ca');
const authorityId = 'ca';

/** Both in PEM. */
export interface KeptAuthority {
  readonly certificate: string;
  readonly privateKey: string;
}

export async function readAuthority(store: Store): Promise<KeptAuthority | undefined> {
  const kept = await store.get(authorityKind, authorityId);
  if (kept === undefined) return undefined;
  const material = kept.openMaterial();
  const privateKey = Buffer.from(material).toString('latin1');
  material.fill(0);
  return { certificate: kept.value.certificate, privateKey };
}

/** False when another process has kept one first: that one counts. */
export async function keepAuthority(
  store: Store,
  { certificate, privateKey }: KeptAuthority,
  alongside: readonly StoreChange[],
): Promise<boolean> {
  const record = { certificate, crlNumber: 0 };
  try {
    await store.commit([create(authorityKind, authorityId, record, Buffer.from(privateKey, 'latin1')), ...alongside]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError && error.kind === authorityKind.name) return false;
    throw error;
  }
}

/** The number of the next revocation list: larger than any before (RFC 5280 §5.2.3). Throws when there is no authority. */
export async function takeCrlNumber(store: Store, alongside: () => readonly StoreChange[]): Promise<number> {
  for (;;) {
    const kept = await store.get(authorityKind, authorityId);
    if (kept === undefined) throw new Error('the store has no certificate authority');
    const crlNumber = kept.value.crlNumber + 1;
    try {
      await store.commit([update(kept, { ...kept.value, crlNumber }), ...alongside()]);
      return crlNumber;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
