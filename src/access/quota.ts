/**
 * How much a client may store and request. The settings have the numbers for every client. A client's record has its
 * own; a tenant's record can have the same ones, for all its clients together.
 */
import type { Config } from '#config';

/** 0 sets no bound. */
export interface Quota {
  /** Destroyed objects count too: their attributes stay. */
  readonly objects: number;
  /** Bytes of the records in the store: attributes, material, index. */
  readonly bytes: number;
  /** Batch items a second, without limit of time. */
  readonly requestsPerSecond: number;
  /** Further batch items at once, for a client that used less than its rate before. */
  readonly requestsBurst: number;
}

export type QuotaName = keyof Quota;

/** The property of `Config` with the number for every client. */
export const quotaSettings = {
  objects: 'quotaObjects',
  bytes: 'quotaBytes',
  requestsPerSecond: 'requestsPerSecond',
  requestsBurst: 'requestsBurst',
} as const satisfies { readonly [N in QuotaName]: keyof Config };

export const quotaNames = Object.keys(quotaSettings) as readonly QuotaName[];

export type QuotaConfig = Pick<Config, (typeof quotaSettings)[QuotaName]>;

/** The number that holds for a client: its own, or that of the settings. */
export const quotaOf = (own: Partial<Quota> | undefined, name: QuotaName, everybody: QuotaConfig): number =>
  own?.[name] ?? everybody[quotaSettings[name]];
