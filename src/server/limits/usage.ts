/**
 * What each client stores, without reading the store at each change. A process keeps the changes of its clients in
 * memory and adds them to the clients' usage records about once a second. It knows the changes of other processes when
 * they have added them. So with several servers on one store, a client exceeds its quota by at most what the other
 * servers store for it within two seconds; with one server it does not exceed it.
 */
import { ConflictError, DamagedRecordError, succeeds } from '#store/engines/engine';
import type { Store, StoreChange } from '#store/store';
import { update } from '#store/store';
import {
  keptUsage,
  noRoom,
  plus,
  readUsage,
  sum,
  usageChange,
  type Room,
  type UsageRecord,
} from '#repository/usage-record';

/** The maximum age in milliseconds of a client's record in memory; an older one is read again. */
const maximumAge = 1000;
/** The maximum of clients whose records are written in one commit. */
const clientsPerCommit = 100;
const maximumAttempts = 10;

interface Known {
  /** The value in the store; undefined while the client is counted for the first time. */
  base: Room | undefined;
  /** The result of that count so far. */
  partial: Room;
  readAt: number;
  /** Committed changes that were not added to the store's record yet. */
  pending: Room;
  /** Changes that are being committed. */
  underWay: Room;
  /** The revision of the record when this process last read or wrote it. */
  revision: number;
  /** Whether this process changed an object, or another server the record, since the last count began. */
  isDisturbed: boolean;
}

const isNothing = ({ objects, removed, bytes }: Room): boolean => objects === 0 && removed === 0 && bytes === 0;

export interface UsageOptions {
  readonly store: Store;
  /** Requests a count of a client that has no record yet. */
  readonly count: (client: string) => void;
  /** Milliseconds that never go back. */
  readonly clock?: () => number;
}

export class Usage {
  readonly #store: Store;
  readonly #count: (client: string) => void;
  readonly #clock: () => number;
  /** At most one for each client that ever changed an object through this process. */
  readonly #clients = new Map<string, Known>();
  /** Clients with pending changes. */
  readonly #changed = new Set<string>();
  /** The last write of usage records; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();
  #isAdding = false;

  constructor({ store, count, clock = () => performance.now() }: UsageOptions) {
    this.#store = store;
    this.#count = count;
    this.#clock = clock;
  }

  /** Must be awaited before the client's `used` is read, unless it is undefined. */
  refreshed(client: string): Promise<void> | undefined {
    const known = this.#clients.get(client);
    if (known !== undefined) {
      if (this.#isAdding && known.base !== undefined) return undefined;
      if (this.#clock() - known.readAt < maximumAge) return undefined;
    }
    return this.#inTurn(() => this.#read(client));
  }

  used(client: string): Room {
    const { base, partial, pending, underWay } = this.#known(client);
    // The first count includes what is pending.
    const known = base ?? {
      objects: Math.max(0, partial.objects - pending.objects),
      removed: 0,
      bytes: Math.max(0, partial.bytes - pending.bytes),
    };
    return sum(sum(known, pending), underWay);
  }

  /** A commit begins; `settle` ends it. */
  begin(client: string, growth: Room): void {
    const known = this.#known(client);
    known.isDisturbed = true;
    known.underWay = sum(known.underWay, growth);
  }

  settle(client: string, growth: Room, isCommitted: boolean): void {
    const known = this.#known(client);
    known.isDisturbed = true;
    known.underWay = sum(known.underWay, growth, -1);
    if (!isCommitted || isNothing(growth)) return;
    known.pending = sum(known.pending, growth);
    this.#changed.add(client);
  }

  /**
   * Adds what is pending to the records of the store. Rejects with the store's error; the changes stay pending then.
   * `isLast`: also for clients that are being counted for the first time.
   */
  async write(isLast = false): Promise<void> {
    const changed: (readonly [string, Known])[] = [];
    for (const client of this.#changed) {
      const known = this.#known(client);
      if (isNothing(known.pending)) this.#changed.delete(client);
      else if (isLast || known.base !== undefined) changed.push([client, known]);
    }
    for (let at = 0; at < changed.length; at += clientsPerCommit) {
      await this.#inTurn(() => this.#add(changed.slice(at, at + clientsPerCommit)));
    }
  }

  /** The result of a count so far, which the count continues to change: the least that the client stores. */
  counting(client: string, room: Room): void {
    const known = this.#known(client);
    known.partial = room;
    known.isDisturbed = !isNothing(known.underWay);
  }

  /**
   * The client was counted, its pending changes included. Its record has `room` from now on, and what other servers add
   * meanwhile. The count is preliminary until `confirm` returns true.
   */
  async counted(client: string, room: Room): Promise<void> {
    const known = this.#known(client);
    await this.#inTurn(async () => {
      const { pending } = known;
      const [value, revision] = await this.#replace(client, room, pending.removed);
      known.pending = sum(known.pending, pending, -1);
      this.#learn(known, value, revision);
    });
  }

  /**
   * To be called when other servers have had time to add their changes from before the end of the count, which the
   * count may have seen already. Returns false when something changed since the count began, so that it may be wrong.
   * With `anyway` it is accepted nevertheless.
   */
  async confirm(client: string, now: number, anyway: boolean): Promise<boolean> {
    const known = this.#known(client);
    let isSure = false;
    await this.#inTurn(async () => {
      const kept = await keptUsage(this.#store, client);
      if (kept === undefined) return;
      if (kept.revision !== known.revision) known.isDisturbed = true;
      if (known.isDisturbed && !anyway) return;
      isSure = await succeeds(this.#store.commit([update(kept, { ...kept.value, counted: now })]));
      if (isSure) this.#learn(known, kept.value, kept.revision + 1);
    });
    return isSure;
  }

  /** Objects without records cannot be counted: their number is that of the record and `more`. */
  async #replace(client: string, room: Room, more: number): Promise<[UsageRecord, number]> {
    let before: Room | undefined;
    for (let attempts = 1; ; attempts++) {
      const current = await readUsage(this.#store, client);
      const present: Room = current === undefined || current instanceof DamagedRecordError ? noRoom : current.value;
      before ??= { ...present, removed: 0 };
      const value = plus({ ...room, removed: more, counted: 0 }, sum(present, before, -1));
      try {
        await this.#store.commit([usageChange(client, current, value)]);
        return [value, (current?.revision ?? 0) + 1];
      } catch (error) {
        if (!(error instanceof ConflictError) || attempts === maximumAttempts) throw error;
      }
    }
  }

  async #add(clients: readonly (readonly [string, Known])[]): Promise<void> {
    const changes: StoreChange[] = [];
    const added: {
      readonly known: Known;
      readonly growth: Room;
      readonly value: UsageRecord;
      readonly revision: number;
    }[] = [];
    for (const [client, known] of clients) {
      const kept = await keptUsage(this.#store, client);
      // The client is being counted for the first time.
      if (kept === undefined) continue;
      const growth = known.pending;
      // Another server's count may include these changes already: the client is counted again.
      const counted = known.base === undefined ? 0 : kept.value.counted;
      const value = { ...plus(kept.value, growth), counted };
      changes.push(update(kept, value));
      if (kept.revision !== known.revision) known.isDisturbed = true;
      added.push({ known, growth, value, revision: kept.revision + 1 });
    }
    if (changes.length === 0) return;
    this.#isAdding = true;
    try {
      await this.#store.commit(changes);
      for (const { known, growth, value, revision } of added) {
        known.pending = sum(known.pending, growth, -1);
        this.#learn(known, value, revision);
      }
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // Another server changed one of the records first. One client waits for the next write; several are written one
      // by one.
      if (clients.length > 1) for (const each of clients) await this.#add([each]);
    } finally {
      this.#isAdding = false;
    }
  }

  async #read(client: string): Promise<void> {
    const kept = await keptUsage(this.#store, client);
    const known = this.#known(client);
    if (kept !== undefined) {
      if (kept.revision !== known.revision) known.isDisturbed = true;
      return this.#learn(known, kept.value, kept.revision);
    }
    known.readAt = this.#clock();
    this.#count(client);
  }

  #learn(known: Known, value: Room, revision: number): void {
    known.base = value;
    known.revision = revision;
    known.readAt = this.#clock();
  }

  #known(client: string): Known {
    const found = this.#clients.get(client);
    if (found !== undefined) return found;
    const known: Known = {
      base: undefined,
      partial: noRoom,
      readAt: -Infinity,
      pending: noRoom,
      underWay: noRoom,
      revision: 0,
      isDisturbed: false,
    };
    this.#clients.set(client, known);
    return known;
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
