/**
 * A server for one run of the test cases: with Interop, on a data directory that is removed, and with one client that
 * is new.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openClients } from '#access/clients';
import { makeCredential } from '#access/credentials';
import { createLog } from '#log';
import { loadConfig, type Flags } from '#config';
import type { Peer } from '#client/tls-transport';
import type { UsernameAndPassword } from '#conformance/credentials';

import { boundCertificate, makeClientFiles } from '#administration/clients/client-files';
import { startServing } from '#daemon/serving';
import { openInstallation } from '#administration/installation';

export interface OwnServer {
  /** Where it is, its HTTPS when a setting asked for that, and as whom to connect. */
  readonly peer: Peer;
  stop(): Promise<void>;
}

/**
 * @param flags settings other than the usual ones. The environment has no say: it may name a store in use.
 * @param known what the client may authenticate with besides its certificate.
 */
export async function startOwnServer(
  flags: Flags = {},
  known: readonly UsernameAndPassword[] = [],
): Promise<OwnServer> {
  const data = await mkdtemp(join(tmpdir(), 'kmipd-conformance-'));
  const config = loadConfig({ data, host: '127.0.0.1', port: '0', interop: true, ...flags }, {});
  const log = createLog({ level: 'error', format: config.logFormat });
  const installation = await openInstallation({ config, log }, true);
  const { store, now, authority } = installation;
  const name = 'conformance';
  const { certificate, files } = await makeClientFiles(name, installation, {
    keyType: 'P-256',
    p12Format: 'modern',
  });
  // A password that is outside of our bounds makes its cases fail, not the run.
  const made = await Promise.allSettled(known.map(({ username, password }) => makeCredential(username, password)));
  await openClients({ store, now }).add(name, {
    certificates: [boundCertificate(certificate, authority)],
    credentials: made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
  });
  const serving = await startServing(installation);
  const contentOf = (file: string): string => String(files.find((each) => each.name === file)?.content);
  const address = serving.httpsAddress ?? serving.address;
  return {
    peer: {
      host: '127.0.0.1',
      port: Number(address.slice(address.lastIndexOf(':') + 1)),
      cert: contentOf(`${name}.crt`),
      key: contentOf(`${name}.key`),
      ca: contentOf('ca.crt'),
    },
    async stop() {
      await serving.stop();
      await installation.close();
      await rm(data, { recursive: true });
    },
  };
}
