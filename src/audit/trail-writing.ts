/**
 * Brings the records of the trail to disk. The records of one turn of the event loop are one write, and one sync covers
 * every write before it. When either fails, nothing more is accepted until all that is owed is on disk. A chain that
 * cannot be written on is followed by another one, whose opening record says where the old one ended.
 */
import { chainNumber } from '#audit/chain/chain';
import type { ChainOptions, KnownTrail } from '#audit/chain/chain-opening';
import { ChainWriter, type Mark } from '#audit/chain/chain-writer';
import { auditFlushChannel, microsecondsSince, startOf, type AuditFlushEvent } from '#observer';
import { DiskError, diskError, isOutOfRoom } from '#store/engines/disk-error';
import { releaseRoom } from '#store/engines/kept-room';
import { groupSync } from './group-sync.ts';
import { beginTurn, type RecordedChange, type Turn } from './turn.ts';

export interface AuditLog {
  info(message: string): unknown;
  warn(message: string, details?: object): unknown;
}

export interface WritingOptions extends ChainOptions {
  readonly log: AuditLog;
  /** 'always': a record is done when it is on disk. 'second': when the operating system has it. */
  readonly sync: 'second' | 'always';
}

export interface WritingListener {
  /** What the opening record of the next chain is to say of the one before. */
  ended(): KnownTrail['ended'];
  /** Called when the trail continues in another chain. */
  changed(): void;
  /** The records of these changes are on disk. */
  durable(changes: readonly RecordedChange[]): void;
}

export const cannotBeWritten = 'the audit trail cannot be written';

/** The trail cannot be written; the cause is the error of the operating system. */
export class AuditError extends Error {
  constructor(cause?: unknown) {
    super(cannotBeWritten, { cause });
    this.name = 'AuditError';
  }
}

/** Milliseconds from the first unsynced write to its sync: with the sync itself less than a second. */
const syncAfter = 800;
const retryAfter = 500;

export class TrailWriting {
  readonly #options: WritingOptions;
  readonly #listener: WritingListener;
  #writer: ChainWriter;
  /** What of the chain is on disk. */
  #synced: Mark;
  #turn: Turn | undefined;
  #failure: AuditError | undefined;
  /** Records that were refused since the failure. */
  #refused = 0;
  /** Changes whose records are in no file. */
  #owed: RecordedChange[] = [];
  /** Changes whose records are written, but perhaps not on disk yet. */
  #unsynced: RecordedChange[] = [];
  readonly #sync = groupSync(() => this.#flushToDisk());
  #syncTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WritingOptions, known: KnownTrail, listener: WritingListener) {
    this.#options = options;
    this.#listener = listener;
    this.#writer = new ChainWriter(options, known);
    this.#synced = this.#writer.mark;
  }

  /** Another one after `changed`. */
  get writer(): ChainWriter {
    return this.#writer;
  }

  get synced(): Mark {
    return this.#synced;
  }

  get healthy(): boolean {
    return this.#failure === undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The record is written at the end of the turn, whose promise is returned: nobody has to wait for it. */
  enqueue(text: string, change: RecordedChange | undefined): Promise<void> {
    if (this.#failure !== undefined || this.#closed) {
      if (change !== undefined) this.#owed.push(change);
      this.#refused += 1;
      const refusal = Promise.reject(this.#failure ?? new AuditError('closed'));
      refusal.catch(() => undefined);
      return refusal;
    }
    const turn = (this.#turn ??= this.#beginTurn());
    turn.records.push(text);
    if (change !== undefined) turn.changes.push(change);
    return turn.done;
  }

  /** Resolves when all that was written before is on disk. */
  sync(): Promise<void> {
    return this.#sync();
  }

  /** Shows other processes that this one still runs. Begins another chain when that is no longer certain. */
  touch(): void {
    try {
      if (!this.#writer.lost) this.#writer.touch();
      else if (this.healthy) this.#changeChain();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Writes the remaining records; accepts no more. */
  async end(): Promise<void> {
    this.#flush();
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    if (!this.healthy) await this.#retry();
  }

  /** After `end`: nothing is written any more. */
  stop(): void {
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#retryTimer);
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
    const start = startOf(auditFlushChannel);
    const records = mark.seq - this.#synced.seq;
    const report = (outcome: AuditFlushEvent['outcome']): void => {
      if (start > 0) auditFlushChannel.publish({ outcome, records, microseconds: microsecondsSince(start) });
    };
    try {
      await writer.sync();
      if (writer === this.#writer) this.#synced = mark;
    } catch (error) {
      this.#owed = this.#owed.concat(covered, this.#unsynced.splice(0));
      report('failed');
      throw this.#fail(error);
    }
    report('durable');
    this.#listener.durable(covered);
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

  #changeChain(): void {
    const old = this.#writer;
    const known = { trail: old.trail, highest: chainNumber(old.chain), ended: this.#listener.ended() };
    this.#writer = new ChainWriter(this.#options, known, old.head);
    this.#synced = this.#writer.mark;
    this.#options.log.warn(`the audit chain ${old.chain} was abandoned; ${this.#writer.chain} goes on`);
    old.abandon();
    this.#listener.changed();
  }
}
