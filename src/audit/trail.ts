/**
 * The trail of this process. What is appended in one turn of the event loop goes to the operating system in one write
 * at the turn's end; the promise that `append` returns is shared by the turn. When a write fails nothing more is
 * accepted until writing works again: the caller refuses new items while `healthy` is false.
 *
 * The record of a change is committed with the change (`pending`) and appended after it. Once the file is on disk the
 * record in the store has no more purpose, and is removed in batches, in the background.
 */
import { ConflictError } from '#store/engine';
import { create } from '#store/store';
import type { Store, StoreChange } from '#store/store';
import { findEnded } from './chain-opening.ts';
import type { ChainOptions } from './chain-opening.ts';
import { ChainWriter } from './chain-writer.ts';
import { formatEntry } from './entry.ts';
import type { AuditEntry } from './entry.ts';
import { chainOfEntry } from './chain.ts';
import { pendingKind } from './pending.ts';
import { HEARTBEAT } from './process-identity.ts';
import { claimUnfinished } from './recover.ts';
import type { Leftover } from './recover.ts';

export interface AuditLog {
  info(message: string): unknown;
  warn(message: string): unknown;
}

export interface TrailOptions extends ChainOptions {
  readonly store: Store;
  readonly log: AuditLog;
  /** 'always': `append` resolves when its record is on disk. 'second': when the operating system has it. */
  readonly sync: 'second' | 'always';
}

export interface AuditTrail {
  /** The name of the chain that is written. */
  readonly chain: string;
  /** False while nothing can be written: new items are to be refused. */
  readonly healthy: boolean;
  /** The record of a change, for its commit. After the commit the same entry is appended with this identifier. */
  pending(entry: AuditEntry): { readonly change: StoreChange; readonly entryId: string };
  /** Rejects with AuditError when the record could not be written. */
  append(entry: AuditEntry, entryId?: string): Promise<void>;
  /** Ends the chain in order. Nothing may be appended any more. */
  close(): Promise<void>;
}

/** The trail cannot be written; the cause is the error of the operating system. */
export class AuditError extends Error {
  constructor(cause?: unknown) {
    super('the audit trail cannot be written', { cause });
    this.name = 'AuditError';
  }
}

/** Opens a chain of its own in the directory and completes what crashed processes left. */
export async function openTrail(options: TrailOptions): Promise<AuditTrail> {
  const trail = new Trail(options);
  await trail.recover();
  return trail;
}

interface WrittenChange extends Leftover {
  readonly text: string;
}

interface Turn {
  readonly records: string[];
  readonly changes: WrittenChange[];
  readonly done: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** Milliseconds from the first unsynced write to its sync: with the sync itself less than a second. */
const SYNC_AFTER = 800;
const RETRY_AFTER = 500;
const SWEEP_BATCH = 500;

class Trail implements AuditTrail {
  readonly #options: TrailOptions;
  #writer: ChainWriter;
  #turn: Turn | undefined;
  /** Chains of other processes that have not been seen to end. */
  #running: readonly string[];
  #failure: AuditError | undefined;
  #refused = 0;
  /** Changes by the way that their record has behind it: committed only; written; on disk, to be removed from the store. */
  #owed: WrittenChange[] = [];
  #unsynced: WrittenChange[] = [];
  #settled: Leftover[] = [];
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;
  #sweeping: Promise<void> | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  readonly #heartbeat: NodeJS.Timeout;
  #closed = false;
  #lastMillisecond = Number.NaN;
  #lastTime = '';

  constructor(options: TrailOptions) {
    this.#options = options;
    this.#writer = new ChainWriter(options);
    this.#running = this.#writer.running;
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT).unref();
  }

  get chain(): string {
    return this.#writer.head.chain;
  }

  get healthy(): boolean {
    return this.#failure === undefined;
  }

  pending(entry: AuditEntry): { readonly change: StoreChange; readonly entryId: string } {
    const entryId = this.#writer.nextEntryId();
    const value = { time: this.#time(), entry, owners: [chainOfEntry(entryId)] };
    return { change: create(pendingKind, entryId, value), entryId };
  }

  append(entry: AuditEntry, entryId?: string): Promise<void> {
    const text = formatEntry(this.#time(), entryId ?? this.#writer.nextEntryId(), entry);
    return this.#enqueue(text, entryId === undefined ? undefined : { id: entryId, revision: 1, text });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retryTimer);
    if (!this.healthy) this.#retry();
    try {
      await this.#sync();
      await this.#sweep();
      await this.#writer.close();
    } catch (error) {
      this.#options.log.warn(`the audit chain ${this.chain} could not be closed: ${String(error)}`);
    } finally {
      clearTimeout(this.#syncTimer);
      clearTimeout(this.#retryTimer);
    }
  }

  /** Writes what the store still holds of processes that are gone. */
  async recover(): Promise<void> {
    const { store, directory, log, now } = this.#options;
    const { written, missing } = await claimUnfinished(store, directory, this.chain, now());
    this.#settled.push(...written);
    await Promise.all(
      missing.map(({ id, revision, record }) => {
        const text = formatEntry(this.#time(), id, record.entry, { at: record.time });
        return this.#enqueue(text, { id, revision, text });
      }),
    );
    if (missing.length > 0) log.warn(`completed the audit trail with ${missing.length} changes of a crashed process`);
    if (written.length + missing.length === 0) return;
    await this.#sync();
    await this.#sweep();
  }

  #enqueue(text: string, change: WrittenChange | undefined): Promise<void> {
    if (this.#failure !== undefined || this.#closed) {
      if (change !== undefined) this.#owed.push(change);
      this.#refused += 1;
      return Promise.reject(this.#failure ?? new AuditError('closed'));
    }
    const turn = (this.#turn ??= this.#beginTurn());
    turn.records.push(text);
    if (change !== undefined) turn.changes.push(change);
    return turn.done;
  }

  #beginTurn(): Turn {
    setImmediate(() => this.#flush());
    const { promise: done, resolve, reject } = withResolvers();
    // A failure shows in `healthy` also to those who do not wait.
    done.catch(() => undefined);
    return { records: [], changes: [], done, resolve, reject };
  }

  #flush(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#turn = undefined;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#writer.lost) this.#changeChain();
      this.#writer.write(turn.records);
    } catch (error) {
      this.#owed.push(...turn.changes);
      this.#refused += turn.records.length;
      turn.reject(this.#fail(error));
      return;
    }
    this.#unsynced.push(...turn.changes);
    if (this.#options.sync === 'always') this.#sync().then(turn.resolve, turn.reject);
    else {
      turn.resolve();
      this.#syncTimer ??= setTimeout(() => void this.#sync().catch(() => undefined), SYNC_AFTER).unref();
    }
  }

  /** Resolves when all that was written before the call is on disk. */
  #sync(): Promise<void> {
    if (this.#syncing === undefined) {
      this.#syncing = this.#runSync().finally(() => (this.#syncing = undefined));
      return this.#syncing;
    }
    this.#nextSync ??= this.#syncing
      .catch(() => undefined)
      .then(() => {
        this.#nextSync = undefined;
        return this.#sync();
      });
    return this.#nextSync;
  }

  async #runSync(): Promise<void> {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    const covered = this.#unsynced;
    this.#unsynced = [];
    try {
      await this.#writer.sync();
    } catch (error) {
      this.#owed.push(...covered, ...this.#unsynced.splice(0));
      throw this.#fail(error);
    }
    this.#settled.push(...covered);
    void this.#sweep();
  }

  /** Removes from the store what the files have. */
  #sweep(): Promise<void> {
    this.#sweeping ??= this.#runSweep().finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  async #runSweep(): Promise<void> {
    const { store, log } = this.#options;
    while (this.#settled.length > 0) {
      const batch = this.#settled.slice(0, SWEEP_BATCH);
      try {
        await removeAll(store, batch);
      } catch (error) {
        log.warn(`audit records in the store could not be removed yet: ${String(error)}`);
        return;
      }
      this.#settled.splice(0, batch.length);
    }
  }

  #fail(error: unknown): AuditError {
    if (this.#failure === undefined) {
      this.#failure = new AuditError(error);
      this.#options.log.warn(`the audit trail cannot be written, new requests are refused: ${String(error)}`);
      this.#retryTimer = setTimeout(() => this.#retry(), RETRY_AFTER).unref();
    }
    return this.#failure;
  }

  /** Nothing is accepted in between, so that the owed records come first. */
  #retry(): void {
    const { log } = this.#options;
    const owed = this.#owed;
    try {
      if (this.#writer.lost) this.#changeChain();
      this.#writer.write([
        this.#writer.event('resumed', { refused: this.#refused }),
        ...owed.map((change) => change.text),
      ]);
    } catch {
      this.#retryTimer = setTimeout(() => this.#retry(), RETRY_AFTER).unref();
      return;
    }
    this.#owed = [];
    this.#unsynced.push(...owed);
    this.#failure = undefined;
    this.#refused = 0;
    log.info('the audit trail can be written again');
    this.#sync().catch(() => undefined);
  }

  /** A new chain whose opening record says where the old one ended. */
  #changeChain(): void {
    const old = this.#writer;
    this.#writer = new ChainWriter(this.#options, old.head);
    this.#running = this.#writer.running;
    this.#options.log.warn(`the audit chain ${old.head.chain} was abandoned; ${this.chain} goes on`);
    old.abandon();
  }

  async #beat(): Promise<void> {
    try {
      if (this.#failure === undefined && this.#writer.lost) this.#changeChain();
      this.#writer.touch();
      void this.#sweep();
      if (this.#running.length > 0) await this.#lookAfterOthers();
    } catch (error) {
      this.#options.log.warn(`the audit chain could not be looked after: ${String(error)}`);
    }
  }

  /** A crash that could not be told from a running process at the opening can be told later. */
  async #lookAfterOthers(): Promise<void> {
    const { ended, running } = findEnded(this.#options, this.#running);
    this.#running = running;
    if (ended.length === 0) return;
    await this.#enqueue(this.#writer.event('ended', { ended }), undefined);
    await this.recover();
  }

  #time(): string {
    const now = this.#options.now();
    if (now !== this.#lastMillisecond) {
      this.#lastMillisecond = now;
      this.#lastTime = new Date(now).toISOString();
    }
    return this.#lastTime;
  }
}

async function removeAll(store: Store, batch: readonly Leftover[]): Promise<void> {
  const changes = batch.map(({ id, revision }) => ({ kind: pendingKind, id, revision, removed: true }) as const);
  try {
    await store.commit(changes);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    // One of them is gone, as when a commit whose outcome was unknown had failed: the others are removed alone.
    for (const change of changes) await store.commit([change]).catch(ignoreConflict);
  }
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ConflictError)) throw error;
}

function withResolvers(): { promise: Promise<void>; resolve(): void; reject(error: unknown): void } {
  let resolve = (): void => undefined;
  let reject = (_error: unknown): void => undefined;
  const promise = new Promise<void>((onDone, onFailure) => {
    resolve = onDone;
    reject = onFailure;
  });
  return { promise, resolve, reject };
}
