/**
 * The trail of this process, under MACs by a key that only the store's keyring gives. What is appended in one turn of
 * the event loop goes to the operating system in one write at the turn's end; the promise that `append` returns is
 * shared by the turn. When a write fails nothing more is accepted until writing works again: the caller refuses new
 * items while `healthy` is false.
 *
 * The record of a change is committed with the change (`pending`) and appended after it. Once the file is on disk the
 * record in the store has no more purpose, and is removed in batches, in the background.
 */
import { mkdirSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { chainOfEntry } from '#audit/chain/chain';
import { findCheckpoints, type Found } from '#audit/chain/holding';
import { takeUpChain } from '#audit/chain/shared-chain';
import { diskError, isOutOfRoom } from '#store/engines/disk-error';
import { releaseRoom } from '#store/engines/kept-room';
import { create, type Store, type StoreChange } from '#store/store';
import { formatEntry, type AuditEntry } from './entry.ts';
import { NamedCertificates } from './named-certificates.ts';
import { pendingKind } from './pending.ts';
import { TrailUpkeep, type UpkeepOptions } from './trail-upkeep.ts';
import { cannotBeWritten, TrailWriting, type WritingOptions } from './trail-writing.ts';

export interface TrailOptions extends Omit<WritingOptions, 'key'>, UpkeepOptions {}

export interface AuditTrail {
  /** The name of the chain that is written. */
  readonly chain: string;
  /** False while no record can be written: then new items must be refused. */
  readonly healthy: boolean;
  /** The record of a change, for its commit. After the commit the same entry is appended with this identifier. */
  pending(entry: AuditEntry): { readonly change: StoreChange; readonly entryId: string };
  /**
   * Rejects with AuditError when the record could not be written. What is appended in one turn shares its fate, so that
   * one may wait for the last alone.
   */
  append(entry: AuditEntry, entryId?: string): Promise<void>;
  /** Ends the chain in order. Nothing may be appended any more. */
  close(): Promise<void>;
}

/** What the MACs of a store's trails are made with. */
export const auditKey = (store: Store): KeyObject => store.derivedKey('audit trail');

/** Opens its own chain in the directory, or continues a shared one, and completes the records of crashed processes. */
export async function openTrail(options: TrailOptions): Promise<AuditTrail> {
  const { directory } = options;
  const trail = await begun(options)
    .catch((error: unknown) => {
      // On a full disk commands continue, while there is space that was reserved for them.
      if (isOutOfRoom(error) && releaseRoom(directory)) return begun(options);
      throw error;
    })
    .catch((error: unknown) => {
      throw diskError(error, cannotBeWritten, directory);
    });
  await trail.recover();
  return trail;
}

async function begun(options: TrailOptions): Promise<Trail> {
  const { store, directory, log, now } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const found = await findCheckpoints(store, directory, now());
  for (const { chain, seq } of found.lost) {
    log.warn(`the audit chain ${chain} was cut off or removed: the store saw record ${seq}; run kmipd audit verify`);
  }
  const keyed = { ...options, key: auditKey(store) };
  const takenUp = options.shared === true ? await takeUpChain(keyed, store, found.resting) : undefined;
  const trail = new Trail(keyed, { ...found, takenUp });
  await trail.begin(found);
  return trail;
}

class Trail implements AuditTrail {
  readonly #options: UpkeepOptions & WritingOptions;
  readonly #writing: TrailWriting;
  readonly #upkeep: TrailUpkeep;
  readonly #named = new NamedCertificates();
  #lastMillisecond = Number.NaN;
  #lastTime = '';

  constructor(options: UpkeepOptions & WritingOptions, found: Found) {
    this.#options = options;
    this.#writing = new TrailWriting(options, found, {
      ended: () => this.#upkeep.ended,
      changed: () => {
        this.#named.clear();
        this.#upkeep.chainChanged();
      },
      durable: (changes) => this.#upkeep.durable(changes),
    });
    this.#upkeep = new TrailUpkeep(options, this.#writing);
  }

  get chain(): string {
    return this.#writing.writer.chain;
  }

  get healthy(): boolean {
    return this.#writing.healthy;
  }

  pending(entry: AuditEntry): { readonly change: StoreChange; readonly entryId: string } {
    const entryId = this.#writing.writer.nextEntryId();
    const value = { time: this.#time(), entry, owners: [chainOfEntry(entryId)] };
    return { change: create(pendingKind, entryId, value), entryId };
  }

  append(entry: AuditEntry, entryId?: string): Promise<void> {
    const named = entryId !== undefined || this.#named.isNews(entry, this.#writing.writer.part);
    const text = formatEntry(this.#time(), entryId, entry, undefined, named);
    if (entryId === undefined) return this.#writing.enqueue(text, undefined);
    return this.#writing.enqueue(text, { id: entryId, revision: 1, text });
  }

  begin(found: Found): Promise<void> {
    return this.#upkeep.begin(found);
  }

  recover(): Promise<void> {
    return this.#upkeep.recover({ isInUse: false });
  }

  async close(): Promise<void> {
    if (this.#writing.closed) return;
    this.#upkeep.stop();
    await this.#writing.end();
    try {
      await this.#writing.sync();
      await this.#upkeep.finish();
    } catch (error) {
      this.#options.log.warn(`the audit chain ${this.chain} could not be closed: ${String(error)}`);
    } finally {
      this.#writing.stop();
    }
  }

  /** Of this millisecond: a text that many records share. */
  #time(): string {
    const now = this.#options.now();
    if (now !== this.#lastMillisecond) {
      this.#lastMillisecond = now;
      this.#lastTime = new Date(now).toISOString();
    }
    return this.#lastTime;
  }
}
