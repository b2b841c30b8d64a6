/**
 * The trail of this process, under MACs by a key that only the store's keyring gives. What is appended in one turn of
 * the event loop goes to the operating system in one write at the turn's end; the promise that `append` returns is
 * shared by the turn. When a write fails nothing more is accepted until writing works again: the caller refuses new
 * items while `healthy` is false.
 *
 * The record of a change is committed with the change (`pending`) and appended after it. Once the file is on disk the
 * record in the store has no more purpose, and is removed in batches, in the background.
 */
import { DiskError, diskError, isOutOfRoom } from '#store/engines/disk-error';
import { releaseRoom } from '#store/engines/kept-room';
import { create } from '#store/store';
import type { Store, StoreChange } from '#store/store';
import { mkdirSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { chainNumber, chainOfEntry } from '#audit/chain/chain';
import { endsBefore, findEnded, pinsAtOnce } from '#audit/chain/chain-opening';
import type { ChainOptions } from '#audit/chain/chain-opening';
import { ChainWriter } from '#audit/chain/chain-writer';
import type { Mark } from '#audit/chain/chain-writer';
import { formatEntry } from './entry.ts';
import type { AuditEntry } from './entry.ts';
import { groupSync } from './group-sync.ts';
import { OwnCheckpoint, findCheckpoints } from '#audit/chain/holding';
import type { Found } from '#audit/chain/holding';
import { NamedCertificates } from './named-certificates.ts';
import { pendingKind } from './pending.ts';
import { heartbeatInterval } from '#audit/chain/process-identity';
import { claimUnfinished } from './recover.ts';
import { Sweep } from './sweep.ts';
import { beginTurn } from './turn.ts';
import type { RecordedChange, Turn } from './turn.ts';

export interface AuditLog {
  info(message: string): unknown;
  warn(message: string, details?: object): unknown;
}

export interface TrailOptions extends Omit<ChainOptions, 'key'> {
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
  /**
   * Rejects with AuditError when the record could not be written. What is appended in one turn shares its fate, so that
   * one may wait for the last alone.
   */
  append(entry: AuditEntry, entryId?: string): Promise<void>;
  /** Ends the chain in order. Nothing may be appended any more. */
  close(): Promise<void>;
}

const cannotBeWritten = 'the audit trail cannot be written';

/** The trail cannot be written; the cause is the error of the operating system. */
export class AuditError extends Error {
  constructor(cause?: unknown) {
    super(cannotBeWritten, { cause });
    this.name = 'AuditError';
  }
}

/** What the MACs of a store's trails are made with. */
export const auditKey = (store: Store): KeyObject => store.derivedKey('audit trail');

/** Opens a chain of its own in the directory and completes what crashed processes left. */
export async function openTrail(options: TrailOptions): Promise<AuditTrail> {
  const { directory } = options;
  const trail = await begun(options)
    .catch((error: unknown) => {
      // On a full disk commands go on, as long as there is room that was kept for them.
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
  const trail = new Trail({ ...options, key: auditKey(store) }, found);
  await trail.begin(found);
  return trail;
}

/** Milliseconds from the first unsynced write to its sync: with the sync itself less than a second. */
const syncAfter = 800;
const retryAfter = 500;

class Trail implements AuditTrail {
  readonly #options: TrailOptions & ChainOptions;
  #writer: ChainWriter;
  #checkpoint: OwnCheckpoint;
  /** What of the chain is on disk. */
  #synced: Mark;
  readonly #named = new NamedCertificates();
  #turn: Turn | undefined;
  /** Chains of other processes that have not been seen to end. */
  #running: readonly string[];
  #failure: AuditError | undefined;
  #refused = 0;
  /** Changes by the way that their record has behind it: committed only; written; on disk, to be removed from the store. */
  #owed: RecordedChange[] = [];
  #unsynced: RecordedChange[] = [];
  readonly #sweep: Sweep;
  readonly #sync = groupSync(() => this.#flushToDisk());
  #syncTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  readonly #heartbeat: NodeJS.Timeout;
  #closed = false;
  #lastMillisecond = Number.NaN;
  #lastTime = '';

  constructor(options: TrailOptions & ChainOptions, found: Found) {
    this.#options = options;
    this.#sweep = new Sweep(options.store);
    this.#writer = new ChainWriter(options, found);
    this.#synced = this.#writer.mark;
    this.#checkpoint = new OwnCheckpoint(options.store, options.directory);
    this.#running = this.#writer.running;
    this.#heartbeat = setInterval(() => void this.#beat(), heartbeatInterval).unref();
  }

  get chain(): string {
    return this.#writer.chain;
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
    const named = entryId !== undefined || this.#named.isNews(entry, this.#writer.part);
    const text = formatEntry(this.#time(), entryId, entry, undefined, named);
    if (entryId === undefined) return this.#enqueue(text, undefined);
    return this.#enqueue(text, { id: entryId, revision: 1, text });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retryTimer);
    if (!this.healthy) await this.#retry();
    try {
      await this.#sync();
      await this.#sweep.run();
      await this.#writer.close();
      await this.#checkpoint.keep(this.#writer, this.#writer.mark, this.#options.now(), { closed: true });
    } catch (error) {
      this.#options.log.warn(`the audit chain ${this.chain} could not be closed: ${String(error)}`);
    } finally {
      clearTimeout(this.#syncTimer);
      clearTimeout(this.#retryTimer);
    }
  }

  /** Nothing is accepted before the store holds the beginning of the chain. */
  async begin(found: Found): Promise<void> {
    const { directory, now } = this.#options;
    const old = this.#writer.since === chainNumber(this.chain) ? endsBefore(directory, this.#writer.since) : [];
    const pins = [...found.ended.slice(pinsAtOnce), ...old];
    for (let at = 0; at < pins.length; at += pinsAtOnce) {
      this.#writer.write([this.#writer.event('pinned', { pins: pins.slice(at, at + pinsAtOnce) })]);
    }
    if (pins.length > 0) await this.#sync();
    await this.#checkpoint.keep(this.#writer, this.#synced, now(), { settled: found.ended });
  }

  /** Writes what the store still holds of processes that are gone. */
  async recover(): Promise<void> {
    const { store, directory, log, now } = this.#options;
    const { written, missing } = await claimUnfinished(store, directory, this.chain, now());
    this.#sweep.add(written);
    await Promise.all(
      missing.map(({ id, revision, record }) => {
        const text = formatEntry(this.#time(), id, record.entry, { at: record.time });
        return this.#enqueue(text, { id, revision, text });
      }),
    );
    if (missing.length > 0) log.warn(`completed the audit trail with ${missing.length} changes of a crashed process`);
    if (written.length + missing.length === 0) return;
    await this.#sync();
    await this.#sweep.run();
  }

  #enqueue(text: string, change: RecordedChange | undefined): Promise<void> {
    if (this.#failure !== undefined || this.#closed) {
      if (change !== undefined) this.#owed.push(change);
      this.#refused += 1;
      const refusal = Promise.reject(this.#failure ?? new AuditError('closed'));
      // Like a turn: nobody has to wait.
      refusal.catch(() => undefined);
      return refusal;
    }
    const turn = (this.#turn ??= this.#beginTurn());
    turn.records.push(text);
    if (change !== undefined) turn.changes.push(change);
    return turn.done;
  }

  #beginTurn(): Turn {
    // Not at the end of the microtasks: all requests that one poll of the sockets brought share the write.
    setImmediate(() => this.#flush());
    return beginTurn();
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
      this.#owed = this.#owed.concat(turn.changes);
      this.#refused += turn.records.length;
      turn.reject(this.#fail(error));
      return;
    }
    for (const change of turn.changes) this.#unsynced.push(change);
    if (this.#options.sync === 'always') this.#sync().then(turn.resolve, turn.reject);
    else {
      turn.resolve();
      this.#syncTimer ??= setTimeout(() => void this.#sync().catch(() => undefined), syncAfter).unref();
    }
  }

  async #flushToDisk(): Promise<void> {
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    const covered = this.#unsynced;
    this.#unsynced = [];
    const writer = this.#writer;
    const { mark } = writer;
    try {
      await writer.sync();
      if (writer === this.#writer) this.#synced = mark;
    } catch (error) {
      this.#owed = this.#owed.concat(covered, this.#unsynced.splice(0));
      throw this.#fail(error);
    }
    this.#sweep.add(covered);
    void this.#clean();
    this.#keepCheckpoint();
  }

  #keepCheckpoint(): void {
    const now = this.#options.now();
    if (this.#closed || !this.#checkpoint.isDue(this.#synced, now)) return;
    this.#checkpoint.keep(this.#writer, this.#synced, now).catch((error: unknown) => {
      this.#options.log.warn(`the store could not take a checkpoint of the audit trail yet: ${String(error)}`);
    });
  }

  async #clean(): Promise<void> {
    try {
      await this.#sweep.run();
    } catch (error) {
      this.#options.log.warn(`audit records could not be removed from the store yet: ${String(error)}`);
    }
  }

  #fail(error: unknown): AuditError {
    if (this.#failure === undefined) {
      const { directory, log } = this.#options;
      if (isOutOfRoom(error)) releaseRoom(directory);
      const cause = diskError(error, cannotBeWritten, directory);
      this.#failure = new AuditError(cause);
      if (cause instanceof DiskError) log.warn(`${cause.message}; new requests are refused`, { hint: cause.hint });
      else log.warn(`${cannotBeWritten} in ${directory}, new requests are refused: ${String(error)}`);
      this.#retryTimer = setTimeout(() => void this.#retry(), retryAfter).unref();
    }
    return this.#failure;
  }

  /** Until all that is owed is on disk, nothing new is accepted. */
  async #retry(): Promise<void> {
    try {
      do {
        // What the lost file may not hold is written again.
        if (this.#writer.lost) {
          this.#owed = this.#unsynced.splice(0).concat(this.#owed);
          this.#changeChain();
        }
        const owed = this.#owed;
        const resumed = this.#writer.event('resumed', { refused: this.#refused });
        this.#writer.write([resumed, ...owed.map((change) => change.text)]);
        this.#owed = [];
        this.#unsynced = this.#unsynced.concat(owed);
        await this.#sync();
      } while (this.#owed.length > 0);
    } catch {
      this.#retryTimer = setTimeout(() => void this.#retry(), retryAfter).unref();
      return;
    }
    this.#failure = undefined;
    this.#refused = 0;
    this.#options.log.info('the audit trail can be written again');
  }

  /** A new chain whose opening record says where the old one ended. */
  #changeChain(): void {
    const old = this.#writer;
    const { store, directory, now, log } = this.#options;
    const { last } = this.#checkpoint;
    const ended = last === undefined ? [] : [last];
    this.#writer = new ChainWriter(
      this.#options,
      { trail: old.trail, highest: chainNumber(old.chain), ended },
      old.head,
    );
    this.#synced = this.#writer.mark;
    this.#named.clear();
    this.#running = this.#writer.running;
    log.warn(`the audit chain ${old.chain} was abandoned; ${this.chain} goes on`);
    old.abandon();
    this.#checkpoint = new OwnCheckpoint(store, directory);
    this.#checkpoint.keep(this.#writer, this.#synced, now(), { settled: ended }).catch((error: unknown) => {
      log.warn(`the store could not take a checkpoint of the audit trail yet: ${String(error)}`);
    });
  }

  async #beat(): Promise<void> {
    try {
      if (!this.#writer.lost) this.#writer.touch();
      else if (this.healthy) this.#changeChain();
    } catch (error) {
      this.#fail(error);
    }
    await this.#clean();
    this.#keepCheckpoint();
    try {
      if (this.#running.length > 0) await this.#lookAfterOthers();
    } catch (error) {
      this.#options.log.warn(`an audit chain that ended could not be completed yet: ${String(error)}`);
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
