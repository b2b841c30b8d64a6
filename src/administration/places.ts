/** The paths of an installation: in the data directory, or as the settings say. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Config } from '#config';
import type { Log } from '#log';
import { OperatorError } from '#operator-error';
import { defaultStoreUrl, storeDirectory } from '#store/engines/engine-table';
import { passphraseFile } from '#store/seal/passphrase';
import type { RootKeySource } from '#store/seal/root-key';
import { rootKeyFile } from '#store/seal/root-key-file';

/** Beside `ca.crt`, in the data directory and among the files of a client. */
export const certifyAuthorityFile = 'certify-ca.crt';

export const placesIn = (data: string) => ({
  audit: join(data, 'audit'),
  rootKey: join(data, 'root.key'),
  serverCertificate: join(data, 'server.pem'),
  authorityCertificate: join(data, 'ca.crt'),
  certifyAuthorityCertificate: join(data, certifyAuthorityFile),
});

/** Throws OperatorError when the store does not exist: opening LMDB would make it. */
export function assertStoreIsThere(config: Config): void {
  if (!existsSync(storeDirectory(storeUrl(config)) ?? config.data)) throw noStore(config);
}

export function noStore(config: Config): OperatorError {
  return config.store === undefined
    ? new OperatorError(
        `no store found in ${config.data}`,
        'name the data directory with --data; kmipd serve makes one',
      )
    : new OperatorError('the store is empty', 'name another with --store; kmipd serve prepares this one');
}

/** Whether the store lies in the data directory, and so belongs to it alone. */
export const isStoreInData = (config: Config): boolean => config.store === undefined;

export const storeUrl = ({ store, data }: Config): string => store ?? defaultStoreUrl(data);

/** The directories that grow while a server runs. */
export function diskPlaces(config: Config): string[] {
  const directory = storeDirectory(storeUrl(config));
  return [placesIn(config.data).audit, ...(directory === undefined ? [] : [directory])];
}

export const rootKeyPath = (config: Config): string => config.rootKeyFile ?? placesIn(config.data).rootKey;

export function rootKeySource(config: Config, log: Log): RootKeySource {
  if (config.passphraseFile !== undefined) return passphraseFile(config.passphraseFile);
  return rootKeyFile(rootKeyPath(config), { log });
}

/** Throws OperatorError when the directory has no audit trail. */
export function auditDirectory({ data }: Config): string {
  const { audit } = placesIn(data);
  if (existsSync(audit)) return audit;
  throw new OperatorError(`no audit trail found in ${data}`, 'name the data directory with --data');
}
