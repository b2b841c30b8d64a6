import { join } from 'node:path';
import type { Engine } from './engine.ts';

/**
 * Opens the engine that a store URL names: `lmdb:PATH`, `mongodb://...` or `mongodb+srv://...`; without one LMDB in
 * `lmdb` in the default directory. Each engine is loaded when it is asked for.
 */
export async function openEngine(
  url: string | undefined,
  defaultDirectory: string,
  log?: { warn(message: string): unknown },
): Promise<Engine> {
  if (url !== undefined && /^mongodb(\+srv)?:\/\//.test(url)) {
    const { openMongodb } = await import('./mongodb.ts');
    return openMongodb(url);
  }
  const path = url === undefined ? join(defaultDirectory, 'lmdb') : /^lmdb:(.+)$/s.exec(url)?.[1];
  // The URL may hold a password and is not repeated.
  if (path === undefined) throw new Error('the URL of the store is lmdb:PATH, mongodb://... or mongodb+srv://...');
  const { openLmdb } = await import('./lmdb.ts');
  return openLmdb(path, log);
}
