/**
 * The writing end of one chain. A write is whole or not at all: what a full disk cut short is cut off again, and the
 * next write takes the same places in the chain.
 */
import {
  close,
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chainNumber, closeRecords, entryId, fileName, hashLine } from './chain.ts';
import { openChain } from './chain-opening.ts';
import type { ChainOptions, KnownTrail } from './chain-opening.ts';
import { formatEvent } from '#audit/entry';
import type { Head, RecordKind } from '#audit/entry';
import { leaseDuration, thisProcess } from './process-identity.ts';
import { syncDirectory } from '#store/sync-directory';

const calls = {
  close: promisify(close),
  fdatasync: promisify(fdatasync),
};

/** A place in the chain: its last line may still have to be hashed. */
export interface Mark {
  readonly seq: number;
  readonly line: string;
  readonly part: number;
}

export class ChainWriter {
  readonly chain: string;
  /** The identity of the directory. */
  readonly trail: string;
  /** The first chain of the directory that has MACs. */
  readonly since: number;
  /** The chains of other processes that ran when this one was opened. */
  readonly running: readonly string[];
  /** Whether another process began it. */
  readonly isTakenUp: boolean;
  readonly #options: ChainOptions;
  #seq: number;
  #mac: string;
  #line: string;
  #file: number;
  #part: number;
  #size: number;
  /** Whether bytes of a write that failed may stand behind `#size`. */
  #torn = false;
  /** Files that a rotation left behind, until they are synced. */
  #retired: number[] = [];
  #entries: number;
  #touched: number;
  #lost = false;
  #syncing: Promise<void> = Promise.resolve();

  constructor(options: ChainOptions, known: KnownTrail, abandoned?: Head) {
    const opened = known.takenUp ?? openChain(options, known, abandoned);
    this.#options = options;
    this.chain = opened.chain;
    this.trail = opened.trail;
    this.since = opened.since;
    this.#mac = opened.mac;
    this.#line = opened.line;
    this.#file = opened.file;
    this.#size = opened.size;
    this.#seq = opened.seq;
    this.#part = opened.part;
    this.#entries = opened.entries;
    this.#touched = options.now();
    this.running = opened.running;
    this.isTakenUp = known.takenUp !== undefined;
    if (this.isTakenUp) this.#sayWhoWrites();
  }

  get mark(): Mark {
    return { seq: this.#seq, line: this.#line, part: this.#part };
  }

  get head(): Head {
    return this.headAt(this.mark);
  }

  headAt({ seq, line }: Mark): Head {
    return { chain: this.chain, seq, hash: hashLine(line) };
  }

  /** Changes with the file that is written: readers find in one file what records of the same file say once. */
  get part(): number {
    return this.#part;
  }

  /**
   * True when the chain must not be continued: its file is missing or failed to sync, or other processes may take it
   * for ended.
   */
  get lost(): boolean {
    return this.#lost || this.#options.now() - this.#touched > leaseDuration;
  }

  nextEntryId(): string {
    this.#entries += 1;
    return entryId(this.chain, this.#entries);
  }

  /** A record of the trail about itself, as `write` takes it. */
  event(kind: RecordKind, details?: object): string {
    return formatEvent(new Date(this.#options.now()).toISOString(), this.nextEntryId(), kind, details);
  }

  /** Hands records, as `formatEntry` opened them, to the operating system in one write. Throws with none written. */
  write(records: readonly string[]): void {
    if (this.#torn) this.#mend();
    if (this.#size >= this.#options.fileSize) this.#rotate();
    this.#put(records);
  }

  /** Resolves when all that was written before is on disk. Rejects, and the chain is lost, when that is not certain. */
  sync(): Promise<void> {
    const done = this.#sync();
    this.#syncing = done.catch(() => undefined);
    return done;
  }

  /** Shows other processes that this one still runs. Throws, and the chain is lost, when its file is not there. */
  touch(): void {
    const now = this.#options.now();
    this.#confirmPlace(this.#file, this.#part);
    futimesSync(this.#file, now / 1000, now / 1000);
    this.#touched = now;
  }

  /** Ends the chain in order. */
  close(): Promise<void> {
    return this.#leave('close');
  }

  /** Leaves the chain in order, for another process to continue. */
  rest(): Promise<void> {
    return this.#leave('rested');
  }

  async #leave(how: 'close' | 'rested'): Promise<void> {
    this.write([this.event(how)]);
    await this.sync();
    this.#release();
  }

  /** Leaves the chain without a closing record: the opening record of the next one says where it ended. */
  abandon(): void {
    try {
      for (const file of [...this.#retired, this.#file]) fdatasyncSync(file);
    } catch {
      // What failed to sync before is the reason to leave.
    }
    void this.#syncing.then(() => this.#release());
  }

  #release(): void {
    for (const file of [...this.#retired.splice(0), this.#file]) closeSync(file);
  }

  /** Others ask the last such record whether the chain is still written. */
  #sayWhoWrites(): void {
    try {
      this.write([this.event('reopened', { process: thisProcess() })]);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  async #sync(): Promise<void> {
    const retired = this.#retired;
    const [file, part] = [this.#file, this.#part];
    this.#retired = [];
    try {
      for (const each of retired) await calls.fdatasync(each);
      await calls.fdatasync(file);
      if (retired.length > 0) await syncDirectory(this.#options.directory);
      this.#confirmPlace(file, part);
    } catch (error) {
      this.#lost = true;
      for (const each of retired) this.#retired.push(each);
      throw error;
    }
    for (const each of retired) await calls.close(each);
  }

  #put(records: readonly string[]): void {
    const { lines: text, last, mac } = closeRecords(records, this.#seq, this.#mac, this.#options.key);
    try {
      const written = writeSync(this.#file, text, null, 'latin1');
      if (written < text.length) this.#putRest(Buffer.from(text, 'latin1'), written);
    } catch (error) {
      this.#torn = true;
      this.#mend();
      throw error;
    }
    this.#size += text.length;
    this.#seq += records.length;
    this.#line = last;
    this.#mac = mac;
  }

  #putRest(bytes: Buffer, written: number): void {
    while (written < bytes.length) written += writeSync(this.#file, bytes, written);
  }

  #mend(): void {
    ftruncateSync(this.#file, this.#size);
    this.#torn = false;
  }

  /** The file ends with a record that promises the next, so that a missing last file is noticed. */
  #rotate(): void {
    const path = this.#path(this.#part + 1);
    const next = openSync(path, 'a', 0o600);
    try {
      if (fstatSync(next).size > 0) throw new Error('the next file of the audit chain already exists');
      this.#put([this.event('continue')]);
    } catch (error) {
      closeSync(next);
      throw error;
    }
    this.#retired.push(this.#file);
    this.#file = next;
    this.#part += 1;
    this.#size = 0;
  }

  /** A deleted or moved file can still be written and synced: only its name shows it. */
  #confirmPlace(file: number, part: number): void {
    const named = statSync(this.#path(part), { throwIfNoEntry: false });
    const held = fstatSync(file);
    if (named?.ino === held.ino && named.dev === held.dev) return;
    this.#lost = true;
    throw new Error('the file of the audit chain was moved or removed');
  }

  #path(part: number): string {
    return join(this.#options.directory, fileName(chainNumber(this.chain), part));
  }
}
