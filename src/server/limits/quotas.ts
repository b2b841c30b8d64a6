/**
 * Enforces the quotas of objects and bytes, at the one place through which every change of an object goes. Changes that
 * free space, and changes that must never wait for an operator, are made even above a quota.
 */
import { KmipError } from '#protocol/kmip-error';
import type { Growth } from '#store/store';
import type { Rule, Share } from '#repository/room-share';
import { noRoom, sum, type Room } from '#repository/usage-record';
import type { ClientFacts } from '#server/run/client-facts';
import type { ServerLog } from '#server/server-log';
import type { Usage } from './usage.ts';

/** The maximum that an operation above the quotas may add to an object: dates and a reason, without a long text. */
const smallGrowth = 4096;

/** The least milliseconds between two log lines that a client is at a quota. */
const reportInterval = 3_600_000;

export interface QuotasOptions {
  readonly usage: Usage;
  readonly clients: ClientFacts;
  readonly log: ServerLog;
  readonly now: () => number;
}

export class Quotas {
  readonly #usage: Usage;
  readonly #clients: ClientFacts;

  readonly #log: ServerLog;
  readonly #now: () => number;
  /** When the line was logged, by quota and client. */
  readonly #said = new Map<string, number>();

  constructor({ usage, clients, log, now }: QuotasOptions) {
    this.#usage = usage;
    this.#clients = clients;
    this.#log = log;
    this.#now = now;
  }

  /**
   * Makes a commit and counts it. `shares` are of its first changes, in their order.
   * @throws KmipError ServerLimitExceeded, with nothing committed; whatever `commit` throws.
   */
  async counted(
    shares: readonly Share[],
    rule: Rule,
    commit: (admit: (growths: readonly Growth[]) => void) => Promise<void>,
  ): Promise<void> {
    for (const { after } of shares) {
      const refreshed = after === undefined ? undefined : this.#usage.refreshed(after);
      if (refreshed !== undefined) await refreshed;
    }
    let begun: readonly (readonly [string, Room])[] = [];
    let isCommitted = false;
    try {
      await commit((growths) => {
        const sums = [...sumsOf(shares, growths)];
        if (rule !== 'settled') for (const [client, growth] of sums) this.#check(client, growth, rule);
        for (const [client, growth] of sums) this.#usage.begin(client, growth);
        begun = sums;
      });
      isCommitted = true;
    } finally {
      for (const [client, growth] of begun) this.#usage.settle(client, growth, isCommitted);
    }
  }

  /**
   * To be called before work that makes so many objects.
   * @throws KmipError ServerLimitExceeded.
   */
  async demandRoom(client: string, objects = 1): Promise<void> {
    await this.#usage.refreshed(client);
    this.#check(client, { objects, removed: 0, bytes: 1 }, 'held');
  }

  #check(client: string, growth: Room, rule: Rule): void {
    const used = this.#usage.used(client);
    const more = growth.objects + growth.removed;
    if (more > 0) this.#demand(client, 'objects', used.objects + used.removed, more);
    if (growth.bytes > (rule === 'free' ? smallGrowth : 0)) this.#demand(client, 'bytes', used.bytes, growth.bytes);
  }

  /** The operator must learn of it, but not at every refusal. */
  #report(client: string, quota: 'objects' | 'bytes', most: number): void {
    const key = `${quota} ${client}`;
    const said = this.#said.get(key);
    if (said !== undefined && this.#now() - said < reportInterval) return;
    this.#said.set(key, this.#now());
    const hint = 'kmipd client limit raises it, kmipd client show says what is used';
    this.#log.warn('a client is at its quota: what would pass it is refused', { client, quota, most, hint });
  }

  #demand(client: string, name: 'objects' | 'bytes', used: number, more: number): void {
    const most = this.#clients.quotaOf(client, name);
    if (most === 0 || used + more <= most) return;
    this.#report(client, name, most);
    throw new KmipError(
      'ServerLimitExceeded',
      `the quota of ${name} is ${most}; the client uses ${used}, and ${more} more are requested: the operator can raise it`,
    );
  }
}

function sumsOf(shares: readonly Share[], growths: readonly Growth[]): Map<string, Room> {
  const sums = new Map<string, Room>();
  const grow = (client: string, room: Room): void => void sums.set(client, sum(sums.get(client) ?? noRoom, room));
  shares.forEach(({ before, after, isObject, spentBy }, place) => {
    const growth = growths[place] as Growth;
    const objects = isObject ? 1 : 0;
    if (before !== undefined && before === after) {
      return grow(after, { objects: 0, removed: 0, bytes: growth.after - growth.before });
    }
    if (before !== undefined) grow(before, { objects: -objects, removed: 0, bytes: -growth.before });
    if (after !== undefined) grow(after, { objects, removed: 0, bytes: growth.after });
    if (spentBy !== undefined) grow(spentBy, { objects: 0, removed: 1, bytes: 0 });
  });
  return sums;
}
