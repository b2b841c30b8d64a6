/** A real store in a directory of its own: LMDB under the seal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { BoundCertificate } from '#access/client-record';
import { openEngine } from '#store/engines/engine-table';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import type { Store } from '#store/store';

export interface StoreFixture {
  /** Opens the same store once more, as another process would. */
  open(): Promise<Store>;
  remove(): Promise<void>;
}

export function storeFixture(): StoreFixture {
  const directory = mkdtempSync(join(tmpdir(), 'kmipd-access-'));
  const opened: Store[] = [];
  return {
    async open() {
      const engine = await openEngine(undefined, directory);
      const store = await openStore({ engine, rootKey: rootKeyFile(join(directory, 'root.key')) });
      opened.push(store);
      return store;
    },
    async remove() {
      for (const store of opened) await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** What a record keeps of a certificate; `digit` tells one from another. */
export function bound(digit: string, more: Partial<BoundCertificate> = {}): BoundCertificate {
  return {
    fingerprint: digit.repeat(64),
    serial: digit.repeat(4),
    subject: `CN=${digit}`,
    notBefore: 1000,
    notAfter: 2_000_000,
    issuedHere: true,
    ...more,
  };
}
