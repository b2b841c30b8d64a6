/**
 * What each client's records take, known without reading the store at each change. A process keeps in memory what its
 * clients made and adds it to the clients' usage records about once a second; in between it knows of other processes
 * what they have added. So several servers on one store let a client pass its quota by at most what the others make for
 * it within two seconds; one server alone, by nothing.
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

/** A client's record is read again when it is older than this, in milliseconds. */
const maximumAge = 1000;
/** How many clients' records one commit has. */
const clientsPerCommit = 100;
const maximumAttempts = 10;

interface Known {
  /** As the store had it; undefined while the client is counted for the first time. */
  base: Room | undefined;
  /** As far as that has come. */
  partial: Room;
  readAt: number;
  /** Committed, and not yet added to the store's record. */
  pending: Room;
  /** On its way to the disk. */
  underWay: Room;
  /** What the record had when this process read or wrote it last. */
  revision: number;
  /** Whether, since the last count began, this process changed something, or another server the record. */
  isDisturbed: boolean;
}

const isNothing = ({ objects, removed, bytes }: Room): boolean => objects === 0 && removed === 0 && bytes === 0;

export interface UsageOptions {
  readonly store: Store;
  /** Has a client counted that has no record yet. */
  readonly count: (client: string) => void;
  /** Milliseconds that only go forward. */
  readonly clock?: () => number;
}

export class Usage {
  readonly #store: Store;
  readonly #count: (client: string) => void;
  readonly #clock: () => number;
  /** At most one for each client that ever changed something here. */
  readonly #clients = new Map<string, Known>();
  /** Those of whom something is pending. */
  readonly #changed = new Set<string>();
  /** What changes usage records, one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #isAdding = false;

  constructor({ store, count, clock = () => performance.now() }: UsageOptions) {
    this.#store = store;
    this.#count = count;
    this.#clock = clock;
  }

  /** To be awaited, when there is something to await, before the client's `used` is relied on. */
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
    // The first count sees what is pending, sooner or later.
    const known = base ?? {
      objects: Math.max(0, partial.objects - pending.objects),
      removed: 0,
      bytes: Math.max(0, partial.bytes - pending.bytes),
    };
    return sum(sum(known, pending), underWay);
  }

  /** A commit has begun; `settle` ends it. */
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
   * Adds what is pending to the records of the store. Rejects with the store's error, and what is pending stays so.
   * `isLast`: of clients too that are being counted for the first time.
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

  /** What a count has seen so far, and goes on to add to: the client has that at least. */
  counting(client: string, room: Room): void {
    const known = this.#known(client);
    known.partial = room;
    known.isDisturbed = !isNothing(known.underWay);
  }

  /**
   * The client was counted just now, what is pending included: its record says `room` from now on, and what other
   * servers add meanwhile. It is not sure before `confirm` says so.
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
   * To be asked when other servers have had time to add what they had made before the count ended, and which it may
   * have seen. False when something changed since it began, so that it may be wrong; `anyway` takes it nevertheless.
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

  /** Objects whose records are gone cannot be counted: their number is the record's, and so many `more`. */
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
      // One that is counted for the first time.
      if (kept === undefined) continue;
      const growth = known.pending;
      // Another server may have counted this one's changes already: it is counted again.
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
      // Another server was faster with one of them: the next time is soon enough for one client, and for many each goes
      // by itself.
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
