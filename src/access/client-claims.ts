/**
 * Finds clients by their unique values, and assigns such values. A claim says which client has a name, a fingerprint or
 * a user name. The records of clients decide: a client is found even if its claim is lost or damaged.
 */
import { OperatorError } from '#operator-error';
import { DamagedRecordError } from '#store/engines/engine';
import { create, replaceDamaged, update, type Kept, type Store, type StoreChange } from '#store/store';

import { claimIdOf, claimKind, clientKind, type Claim, type ClientRecord, type UniqueField } from './client-record.ts';

export interface ClaimsOptions {
  readonly store: Store;
  readonly now: () => number;
}

export interface Claims {
  /** Throws DamagedRecordError when the client's record is damaged. */
  find(field: UniqueField, value: string): Promise<Kept<ClientRecord> | undefined>;
  /** Throws OperatorError when no client has the name, and DamagedClientError when its record cannot be read. */
  findNamed(name: string): Promise<Kept<ClientRecord>>;
  /** The change that assigns the value to the client. Throws OperatorError when another client has it. */
  claim(field: UniqueField, value: string, client: string): Promise<StoreChange>;
}

/**
 * A crash has left a claim that is older than this and has no client; the commit of a younger one may be in progress.
 */
const claimGrace = 60_000;

export function openClaims({ store, now }: ClaimsOptions): Claims {
  const claimId = (field: UniqueField, value: string) => claimIdOf(store, field, value);

  /** Throws DamagedRecordError when the client's record is damaged. */
  async function find(field: UniqueField, value: string): Promise<Kept<ClientRecord> | undefined> {
    const existing = await undamaged(store.get(claimKind, claimId(field, value)));
    const kept = existing && (await store.get(clientKind, existing.value.client));
    return kept && holds(kept.value, field, value) ? kept : await search(field, value);
  }

  /** Searches without a claim: a client whose claim is lost or damaged must be found, or it could not be revoked. */
  async function search(
    field: UniqueField,
    value: string,
    damaged?: (error: DamagedRecordError) => void,
  ): Promise<Kept<ClientRecord> | undefined> {
    const all = store.find(clientKind, { terms: [] }, damaged);
    for await (const kept of all) if (holds(kept.value, field, value)) return kept;
    return undefined;
  }

  async function findNamed(name: string): Promise<Kept<ClientRecord>> {
    let kept: Kept<ClientRecord> | undefined;
    try {
      kept = await find('name', name);
    } catch (error) {
      if (error instanceof DamagedRecordError && error.kind === clientKind.name)
        throw new DamagedClientError(name, error);
      throw error;
    }
    if (kept !== undefined) return kept;
    throw new OperatorError(`client ${JSON.stringify(name)} not found`, 'kmipd client list shows the names');
  }

  /** Assigns the value to the client. Throws when another client has it. */
  async function claim(field: UniqueField, value: string, client: string): Promise<StoreChange> {
    const id = claimId(field, value);
    const fresh = { client, made: now() };
    let before: Kept<Claim> | undefined;
    try {
      before = await store.get(claimKind, id);
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      let someAreDamaged = false;
      const holder = await search(field, value, () => (someAreDamaged = true));
      if (holder === undefined && !someAreDamaged) return replaceDamaged(claimKind, error, fresh);
      throw takenError(field, value, holder?.value ?? 'damaged', client);
    }
    if (before === undefined) return create(claimKind, id, fresh);
    const holder = await undamaged(store.get(clientKind, before.value.client), 'damaged' as const);
    if (holder === 'damaged') throw takenError(field, value, holder, client);
    const held = holder !== undefined && holds(holder.value, field, value);
    if (!held && now() - before.value.made > claimGrace) return update(before, fresh);
    throw takenError(field, value, holder?.value, client);
  }

  return { find, findNamed, claim };
}

/** The record of the client with this name cannot be read. */
export class DamagedClientError extends OperatorError {
  readonly client: string;
  readonly damaged: DamagedRecordError;

  constructor(client: string, damaged: DamagedRecordError) {
    super(
      `the record of the client ${JSON.stringify(client)} (${damaged.id}) is damaged, and every server refuses the client`,
      'restore the store from a backup; or kmipd client revoke, and kmipd client add under another name',
    );
    this.client = client;
    this.damaged = damaged;
  }
}

/** The record that was read, or `instead` for a damaged one. */
async function undamaged<T, I = undefined>(reading: Promise<T>, instead?: I): Promise<T | I> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DamagedRecordError) return instead as I;
    throw error;
  }
}

export function holds(client: ClientRecord, field: UniqueField, value: string): boolean {
  if (field === 'name') return client.name === value;
  if (field === 'username') return client.credentials.some(({ username }) => username === value);
  return client.certificates.some(({ fingerprint }) => fingerprint === value);
}

function takenError(
  field: UniqueField,
  value: string,
  holder: ClientRecord | 'damaged' | undefined,
  asking: string,
): OperatorError {
  const what = { name: 'name', fingerprint: 'certificate with the fingerprint', username: 'user name' }[field];
  const whose =
    holder === undefined
      ? 'is being given to a client at this moment'
      : holder === 'damaged'
        ? 'belongs to a client whose record is damaged'
        : holder.id === asking
          ? "is this client's already"
          : field === 'name'
            ? 'is taken'
            : `belongs to the client ${JSON.stringify(holder.name)}`;
  const hint =
    field === 'name' ? 'choose another; kmipd client renew, sign and bind give a client more certificates' : undefined;
  return new OperatorError(`the ${what} ${field === 'fingerprint' ? value : JSON.stringify(value)} ${whose}`, hint);
}
