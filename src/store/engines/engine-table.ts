/**
 * THE table of engines: no other file says what a store URL means. A new engine is one file and one row. Each
 * engine is loaded when it is opened.
 */
import { join, resolve } from 'node:path';
import type { Engine } from './engine.ts';

export interface EngineLog {
  warn(message: string): unknown;
}

/** Every function but `parse` gets a URL that `parse` returned. */
export interface EngineRow {
  /** How its URLs are written, for help and errors. */
  readonly forms: readonly string[];
  /** The name of the store for people: 'an LMDB store in PATH'. */
  describe(url: string): string;
  /** The URL with absolute paths; undefined for a URL of another engine. */
  parse(url: string, base: string): string | undefined;
  /** The URL without its secrets. */
  redact(url: string): string;
  /** The directory on this machine that holds the store. */
  directory?(url: string): string;
  open(url: string, log: EngineLog | undefined): Promise<Engine>;
}

const lmdbScheme = 'lmdb:';
const lmdbPath = (url: string): string => url.slice(lmdbScheme.length);

/** The first is the default. */
const engines: readonly EngineRow[] = [
  {
    forms: ['lmdb:PATH'],
    describe: (url) => `an LMDB store in ${lmdbPath(url)}`,
    parse: (url, base) =>
      url.startsWith(lmdbScheme) && url.length > lmdbScheme.length
        ? `${lmdbScheme}${resolve(base, lmdbPath(url))}`
        : undefined,
    redact: (url) => url,
    directory: lmdbPath,
    async open(url, log) {
      const { openLmdb } = await import('./lmdb.ts');
      return openLmdb(lmdbPath(url), log);
    },
  },
  {
    forms: ['mongodb://...', 'mongodb+srv://...'],
    describe: () => 'a MongoDB store',
    // The driver checks the rest.
    parse: (url) => (/^mongodb(\+srv)?:\/\/./s.test(url) ? url : undefined),
    // It may hold a password.
    redact: () => 'mongodb://...',
    async open(url) {
      const { openMongodb } = await import('./mongodb.ts');
      return openMongodb(url);
    },
  },
];

const forms = engines.flatMap((row) => row.forms);
/** The form of a store URL: 'lmdb:PATH, mongodb://... or ...'. */
export const storeUrlRule = `${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}`;

interface Found {
  readonly row: EngineRow;
  readonly url: string;
}

function find(url: string, base: string): Found | undefined {
  for (const row of engines) {
    const parsed = row.parse(url, base);
    if (parsed !== undefined) return { row, url: parsed };
  }
  return undefined;
}

/** Throws for an invalid URL. The URL may hold a password: the error does not repeat it. */
function found(url: string): Found {
  const one = find(url, '.');
  if (one === undefined) throw new Error(`the URL of the store is ${storeUrlRule}`);
  return one;
}

/** The store when no URL is set: LMDB in the data directory. */
export const defaultStoreUrl = (dataDirectory: string): string => `${lmdbScheme}${join(dataDirectory, 'lmdb')}`;

/** With absolute paths, from `base`; undefined for an invalid URL. */
export const parseStoreUrl = (url: string, base: string): string | undefined => find(url, base)?.url;

/** The URL as it may be shown. */
export function redactedStoreUrl(store: string): string {
  const { row, url } = found(store);
  return row.redact(url);
}

export function describeStore(store: string): string {
  const { row, url } = found(store);
  return row.describe(url);
}

/** Undefined for a store on another machine. */
export function storeDirectory(store: string): string | undefined {
  const { row, url } = found(store);
  return row.directory?.(url);
}

/** @param store absent: the default store of the data directory. */
export async function openEngine(store: string | undefined, dataDirectory: string, log?: EngineLog): Promise<Engine> {
  const { row, url } = found(store ?? defaultStoreUrl(dataDirectory));
  return row.open(url, log);
}
