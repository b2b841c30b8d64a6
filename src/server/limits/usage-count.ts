/**
 * Counts what clients store, one client after another, with pauses for other work. It counts clients that were never
 * counted; all clients after a server ended without writing its changes; and each client once a day, so that no error
 * stays.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { creationRulesKind } from '#repository/creation-rules-record';
import { ownerTerm } from '#repository/index-terms';
import { objectKind } from '#repository/object-record';
import type { Store } from '#store/store';
import { keptUsage } from '#repository/usage-record';
import { createScheduler, type Schedule } from '#scheduler';
import type { ServerLog } from '#server/server-log';
import { SignsOfLife } from './signs-of-life.ts';
import { Usage } from './usage.ts';

export interface CountTimes {
  /** Between two writes to the store. */
  readonly write: number;
  /** Between two signs of life of a server. */
  readonly beat: number;
  /** A server without a sign for so long counts as dead. */
  readonly gone: number;
  /** Between two searches for clients that must be counted. */
  readonly look: number;
  /** The maximum age of a count. */
  readonly recount: number;
  /** The pause for other work, after each `recordsPerTurn` records. */
  readonly rest: number;
  /** Between a count and its confirmation; doubled for each repetition. */
  readonly settle: number;
}

const hour = 3_600_000;
/** Milliseconds. */
const usual: CountTimes = {
  write: 1000,
  beat: 10_000,
  gone: 60_000,
  look: hour,
  recount: 24 * hour,
  rest: 25,
  settle: 3000,
};

/**
 * The maximum of counts of a client that never stops changing objects. The last one is accepted: its error is at most
 * what changed during it.
 */
const maximumCounts = 4;

const recordsPerTurn = 500;
const clientsPerTurn = 50;

export interface UsageKeeperOptions {
  readonly store: Store;
  /** The identifiers of all clients. */
  readonly clients: () => Iterable<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: ServerLog;
  readonly times?: Partial<CountTimes>;
}

export class UsageKeeper {
  readonly usage: Usage;
  readonly #options: UsageKeeperOptions;
  readonly #times: CountTimes;
  /**
   * Clients to be counted, and counts to be confirmed: one at a time, so that a change waits for at most one of them.
   */
  readonly #waiting = new Set<string>();
  readonly #confirming = new Set<string>();
  readonly #signs: SignsOfLife;
  readonly #stopping = new AbortController();
  /** The number of counts of each client that is not confirmed yet. */
  readonly #unsure = new Map<string, number>();
  #stopJobs: (() => Promise<void>)[] = [];
  #counting: Promise<void> | undefined;
  #counted: string | undefined;
  /** Tasks that timers have started. */
  readonly #running = new Set<Promise<void>>();
  #isStarted = false;
  #trouble = '';

  constructor(options: UsageKeeperOptions) {
    this.#options = options;
    this.#times = { ...usual, ...options.times };
    this.usage = new Usage({ store: options.store, count: (client) => this.count(client) });
    this.#signs = new SignsOfLife({
      ...{ store: options.store, gone: this.#times.gone },
      onGone: () => {
        options.log.info('a server ended before it had stored the usage of its clients: it is counted again');
        for (const client of options.clients()) this.count(client);
      },
    });
  }

  /** Starts to write to the store and to count, until `stop`. */
  start(schedule: Schedule = createScheduler({ log: this.#options.log }).schedule): void {
    this.#isStarted = true;
    const { write, beat, look } = this.#times;
    const jobs: [string, number, () => Promise<void>][] = [
      ['add up what clients use', write, () => this.usage.write()],
      ['show that this server counts', beat, () => this.#signs.beat()],
      ['look for clients that are to be counted', look, () => this.#lookForOld()],
    ];
    for (const [name, interval, task] of jobs) {
      this.#stopJobs.push(schedule({ ...{ name, interval, atOnce: true }, run: () => this.#run(task) }));
    }
  }

  /** Writes what is pending. The store must stay open until it resolves. */
  async stop(): Promise<void> {
    const stopped = this.#stopJobs.splice(0).map((stop) => stop());
    this.#stopping.abort();
    await Promise.all(stopped);
    await Promise.all(this.#running);
    await this.#counting;
    try {
      await this.usage.write(true);
      await this.#signs.end();
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Counts the client when its turn comes, once `start` was called. A second call does nothing. */
  count(client: string): void {
    if (!this.#isStarted || this.#stopping.signal.aborted || client === this.#counted) return;
    this.#waiting.add(client);
    this.#work();
  }

  #work(): void {
    if (this.#stopping.signal.aborted || this.#waiting.size + this.#confirming.size === 0) return;
    this.#counting ??= this.#countAll().finally(() => {
      this.#counting = undefined;
      this.#work();
    });
  }

  /** Resolves when no client waits to be counted. */
  async settled(): Promise<void> {
    while (this.#counting !== undefined) await this.#counting;
  }

  async #countAll(): Promise<void> {
    for (;;) {
      const [confirmed] = this.#confirming;
      const [counted] = this.#waiting;
      const client = confirmed ?? counted;
      if (client === undefined || this.#stopping.signal.aborted) return;
      this.#confirming.delete(client);
      if (confirmed === undefined) this.#waiting.delete(client);
      try {
        if (confirmed !== undefined) await this.#confirm(client);
        else await this.#countOne(client);
        // Events that arrived meanwhile are handled first.
        await pause(1);
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.#complain(error);
      } finally {
        this.#counted = undefined;
      }
    }
  }

  async #countOne(client: string): Promise<void> {
    const { store } = this.#options;
    this.#counted = client;
    const room = { objects: 0, removed: 0, bytes: 0 };
    this.usage.counting(client, room);
    for await (const bytes of store.rooms(objectKind, [ownerTerm(store.term, client)])) {
      room.objects++;
      room.bytes += bytes;
      if (room.objects % recordsPerTurn === 0) await pause(this.#times.rest, undefined, this.#stopping);
    }
    room.bytes += (await store.get(creationRulesKind, client))?.room ?? 0;
    await this.usage.counted(client, { ...room });
    const counts = (this.#unsure.get(client) ?? 0) + 1;
    this.#unsure.set(client, counts);
    const confirming = setTimeout(
      () => {
        if (this.#unsure.get(client) !== counts) return;
        this.#confirming.add(client);
        this.#work();
      },
      this.#times.settle * 2 ** Math.min(counts - 1, maximumCounts),
    );
    confirming.unref();
  }

  async #confirm(client: string): Promise<void> {
    const counts = this.#unsure.get(client);
    if (counts === undefined) return;
    if (await this.usage.confirm(client, this.#options.now(), counts >= maximumCounts)) this.#unsure.delete(client);
    else this.count(client);
  }

  async #lookForOld(): Promise<void> {
    const { store, clients, now } = this.#options;
    let looked = 0;
    for (const client of [...clients()]) {
      const kept = await keptUsage(store, client);
      if (kept === undefined || now() - kept.value.counted >= this.#times.recount) this.count(client);
      if (++looked % clientsPerTurn === 0) await pause(1);
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Never rejects. */
  #run(task: () => Promise<void>): Promise<void> {
    const done = task().then(
      () => (this.#trouble = ''),
      (error: unknown) => this.#complain(error),
    );
    const tracked = done.then(() => void this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }

  /** Logs the same error once. */
  #complain(error: unknown): void {
    const trouble = String(error);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.log.error('the usage of clients cannot be counted', { error: trouble });
  }
}
