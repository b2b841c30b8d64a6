/**
 * How much a client may keep and ask for. The settings have the numbers for every client; a client's record has those
 * that are its own, and a tenant's record can have the same ones, for all its clients together.
 */
import type { Config } from '#config';

/** 0 sets no bound. */
export interface Quota {
  /** Destroyed ones count: their attributes stay. */
  readonly objects: number;
  /** What the records take in the store: attributes, material, index. */
  readonly bytes: number;
  /** Batch items, on and on. */
  readonly requestsPerSecond: number;
  /** Batch items beyond that, of a client that asked for less before. */
  readonly requestsBurst: number;
}

export type QuotaName = keyof Quota;

/** By the property of `Config` that has everybody's number. */
export const quotaSettings = {
  objects: 'quotaObjects',
  bytes: 'quotaBytes',
  requestsPerSecond: 'requestsPerSecond',
  requestsBurst: 'requestsBurst',
} as const satisfies { readonly [N in QuotaName]: keyof Config };

export const quotaNames = Object.keys(quotaSettings) as readonly QuotaName[];

export type QuotaConfig = Pick<Config, (typeof quotaSettings)[QuotaName]>;

/** The number that holds for a client: its own, or everybody's. */
export const quotaOf = (own: Partial<Quota> | undefined, name: QuotaName, everybody: QuotaConfig): number =>
  own?.[name] ?? everybody[quotaSettings[name]];
