/**
 * What the trail of a process does beside its writing: it keeps checkpoints in the store, removes from the store the
 * records that are on disk in a file, and completes what other processes left when they crashed.
 */
import { chainNumber } from '#audit/chain/chain';
import { endsBefore, findEnded, pinsAtOnce, type ChainOptions } from '#audit/chain/chain-opening';
import { OwnCheckpoint, type Found } from '#audit/chain/holding';
import { runningBeside } from '#audit/chain/shared-chain';
import { heartbeatInterval } from '#audit/chain/process-identity';
import { createScheduler, type Schedule } from '#scheduler';
import type { Store } from '#store/store';
import { formatEntry, type Pinned } from './entry.ts';
import type { Leftover } from './pending.ts';
import { claimUnfinished } from './recover.ts';
import { Sweep } from './sweep.ts';
import type { AuditLog, TrailWriting } from './trail-writing.ts';

export interface UpkeepOptions extends Pick<ChainOptions, 'directory' | 'now' | 'shared'> {
  readonly store: Store;
  readonly log: AuditLog;
  /** Runs the repeated work; a scheduler of its own when absent. */
  readonly schedule?: Schedule;
}

export class TrailUpkeep {
  readonly #options: UpkeepOptions;
  readonly #writing: TrailWriting;
  readonly #sweep: Sweep;
  #checkpoint: OwnCheckpoint;
  /** Chains of other processes that have not been seen to end. */
  #running: readonly string[];
  readonly #stopJobs: readonly (() => Promise<void>)[];
  #stopped = false;

  constructor(options: UpkeepOptions, writing: TrailWriting) {
    const { store, directory } = options;
    this.#options = options;
    this.#writing = writing;
    this.#sweep = new Sweep(store);
    this.#checkpoint = new OwnCheckpoint(store, directory);
    this.#running = writing.writer.running;
    const { schedule = createScheduler({ log: options.log }).schedule } = options;
    this.#stopJobs = [
      // Apart from the other job, which waits for the store: a chain that is not touched seems abandoned.
      schedule({
        ...{ name: 'show that the audit chain is in use', interval: heartbeatInterval },
        run: () => writing.touch(),
      }),
      schedule({ name: 'complete the audit trail', interval: heartbeatInterval, run: () => this.#complete() }),
    ];
  }

  /** What the next chain has to say of this one. */
  get ended(): readonly Pinned[] {
    const { last } = this.#checkpoint;
    return last === undefined ? [] : [last];
  }

  /** Nothing is accepted before the store holds the beginning of the chain. */
  async begin(found: Found): Promise<void> {
    const { directory } = this.#options;
    const { writer } = this.#writing;
    if (writer.isTakenUp) return this.#goOn(found);
    const old = writer.since === chainNumber(writer.chain) ? endsBefore(directory, writer.since) : [];
    await this.#settle(found, [...found.ended.slice(pinsAtOnce), ...old]);
  }

  /** A chain that is continued says in a record what a new chain says in its opening record. */
  async #goOn(found: Found): Promise<void> {
    const { writer } = this.#writing;
    const crashed = runningBeside(this.#options, writer.chain).ended.filter(({ chain }) =>
      found.ended.some((checkpoint) => checkpoint.chain === chain),
    );
    if (crashed.length > 0) writer.write([writer.event('ended', { ended: crashed })]);
    // A checkpoint must not be ahead of the disk.
    await this.#writing.sync();
    if (found.ended.length > 0) await this.#settle(found, found.ended);
  }

  /** Writes down what the store says of ended chains, and then removes it there. */
  async #settle(found: Found, pins: readonly Pinned[]): Promise<void> {
    const { writer } = this.#writing;
    for (let at = 0; at < pins.length; at += pinsAtOnce) {
      writer.write([writer.event('pinned', { pins: pins.slice(at, at + pinsAtOnce) })]);
    }
    if (pins.length > 0) await this.#writing.sync();
    const { now } = this.#options;
    await this.#checkpoint.keep(this.#writing.writer, this.#writing.synced, now(), { settled: found.ended });
  }

  /** Writes the records in the store of processes that have ended. @param isInUse whether this one may commit. */
  async recover({ isInUse }: { readonly isInUse: boolean }): Promise<void> {
    const { store, directory, log, now } = this.#options;
    const { chain } = this.#writing.writer;
    const { written, missing } = await claimUnfinished(store, directory, { chain, isInUse }, now());
    this.#sweep.add(written);
    await Promise.all(
      missing.map(({ id, revision, record }) => {
        const text = formatEntry(new Date(now()).toISOString(), id, record.entry, { at: record.time });
        return this.#writing.enqueue(text, { id, revision, text });
      }),
    );
    if (missing.length > 0) log.warn(`completed the audit trail with ${missing.length} changes of a crashed process`);
    if (written.length + missing.length === 0) return;
    await this.#writing.sync();
    await this.#sweep.run();
  }

  /** The records of these changes are on disk in a file: the store needs them no longer. */
  durable(changes: readonly Leftover[]): void {
    this.#sweep.add(changes);
    void this.#clean();
    this.#keepCheckpoint();
  }

  /** Another chain is written from now on. */
  chainChanged(): void {
    const { store, directory, now } = this.#options;
    const settled = this.ended;
    this.#running = this.#writing.writer.running;
    this.#checkpoint = new OwnCheckpoint(store, directory);
    this.#checkpoint.keep(this.#writing.writer, this.#writing.synced, now(), { settled }).catch(this.#notKept);
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stopJobs) void stop();
  }

  /** After `stop`: leaves the chain in order. Everything that was written is on disk. */
  async finish(): Promise<void> {
    await this.#sweep.run();
    const { writer } = this.#writing;
    const { now, shared = false } = this.#options;
    // Others may have taken it for abandoned already.
    if (shared && writer.lost) return writer.abandon();
    await (shared ? writer.rest() : writer.close());
    await this.#checkpoint.keep(writer, writer.mark, now(), { left: shared ? 'resting' : 'closed' });
  }

  async #complete(): Promise<void> {
    await this.#clean();
    this.#keepCheckpoint();
    try {
      if (this.#running.length > 0) await this.#lookAfterOthers();
    } catch (error) {
      this.#options.log.warn(`an audit chain that ended could not be completed yet: ${String(error)}`);
    }
  }

  /** A crash that could not be distinguished from a running process at the opening can be recognised later. */
  async #lookAfterOthers(): Promise<void> {
    const { ended, running } = findEnded(this.#options, this.#running);
    this.#running = running;
    if (ended.length === 0) return;
    await this.#writing.enqueue(this.#writing.writer.event('ended', { ended }), undefined);
    await this.recover({ isInUse: true });
  }

  async #clean(): Promise<void> {
    try {
      await this.#sweep.run();
    } catch (error) {
      this.#options.log.warn(`audit records could not be removed from the store yet: ${String(error)}`);
    }
  }

  #keepCheckpoint(): void {
    const now = this.#options.now();
    const { writer, synced } = this.#writing;
    if (this.#stopped || !this.#checkpoint.isDue(synced, now)) return;
    this.#checkpoint.keep(writer, synced, now).catch(this.#notKept);
  }

  readonly #notKept = (error: unknown): void => {
    this.#options.log.warn(`the store could not take a checkpoint of the audit trail yet: ${String(error)}`);
  };
}
