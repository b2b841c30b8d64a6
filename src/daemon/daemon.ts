/** A server from its parts: certificate, clients, handler, listener, health, and what has to be looked at again and again. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { sep } from 'node:path';

import { openClients } from '#access/clients';
import { openDirectory } from '#access/directory';
import type { OwnIdentity } from '#certs/certify';
import { certificateAuthority } from '#server/run/certificate-authority';
import { clientFacts } from '#server/run/client-facts';
import { serveHealth } from '#server/health';
import { openDiskReserve } from '#server/limits/disk-reserve';
import { startServer } from '#server/start';
import { issuedKind } from '#repository/issued-record';
import { createWorkers } from '#workers/tasks';

import { audited } from '#administration/audited';
import { watchExpiry } from './expiry-watch.ts';
import { certifyCrlUrl } from '#administration/certificates/crl-url';
import { replaceFile } from '#administration/files';
import { serverIdentity } from '#administration/own-identity';
import {
  hasServerCertificate,
  namesLacking,
  readTlsIdentity,
  renewServerCertificate,
} from '#administration/server-certificate';
import { version } from './version.ts';
import { usableAuthorities } from '#administration/authorities';
import type { Installation } from '#administration/installation';
import { diskPlaces, placesIn, rootKeyPath } from '#administration/places';
import { watchTlsIdentity } from './certificate-watch.ts';

export interface Serving {
  /** 'HOST:PORT', with the port that was taken. */
  readonly address: string;
  /** The same of HTTPS, when it is served. */
  readonly httpsAddress?: string;
  /** What was made because it was not there. */
  readonly made: readonly string[];
  /** Resolves when the requests in flight are answered and every connection is closed. */
  stop(): Promise<void>;
}

/** Rejects with the errors of the listening sockets, OperatorError, and then leaves nothing running. */
export async function startServing(installation: Installation): Promise<Serving> {
  const { config, log, store, trail, now } = installation;
  const made = await ensureServerCertificate(installation);
  warnOfRisks(installation);
  const identity = readTlsIdentity(config);
  const certifyCrl = certifyCrlUrl(config);
  let own = await serverIdentity(installation, identity);
  await warnOfNamesakes(installation, own);
  const serverLog = log.child({ component: 'server' });
  const started: (() => void | Promise<void>)[] = [];
  let isServing = false;
  const stop = async () => {
    isServing = false;
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const directory = await openDirectory({
      ...{ store, now, log: log.child({ component: 'access' }) },
      timeout: config.directoryTimeout,
    });
    started.push(() => directory.close());
    if (config.health !== undefined) {
      const health = await serveHealth({
        host: config.healthHost,
        port: config.health,
        isReady: () => isServing && trail.healthy && directory.isCurrent,
      });
      started.push(() => health.close());
    }
    const { ca, certify } = await usableAuthorities(installation);
    const disk = await openDiskReserve({ places: diskPlaces(config), reserve: config.diskReserve, log: serverLog });
    started.push(() => disk.close());
    const workers = createWorkers();
    started.push(() => workers.close());
    const server = await startServer({
      ...{ store, now, identity, audit: trail, admission: directory, credentials: directory, log: serverLog },
      ...{ workers, disk },
      random: randomBytes,
      clients: clientFacts(directory, config),
      facts: { vendorIdentification: 'kmipd', productVersion: version(), interop: config.interop },
      ...(ca === undefined || certify === undefined
        ? {}
        : {
            authority: certificateAuthority(certify, {
              async hasRevoked(fingerprint) {
                if (directory.hasRevoked(fingerprint)) return true;
                return (await store.get(issuedKind, fingerprint))?.value.revoked !== undefined;
              },
              others: [ca],
              days: config.certifyDays,
              ownIdentity: () => own,
              ...(certifyCrl === undefined ? {} : { crlUrl: certifyCrl }),
            }),
          }),
      host: config.host,
      port: config.port,
      https: config.https,
      limits: config,
    });
    started.push(() => server.close());
    started.push(
      watchTlsIdentity(config, serverLog, (renewed) => {
        server.renew(renewed);
        serverIdentity(installation, renewed).then(
          (current) => (own = current),
          (error: unknown) => serverLog.error("the server's names cannot be kept", { error }),
        );
      }),
    );
    started.push(watchExpiry(installation, serverLog));
    await trail.append({ kind: 'administration', operation: 'serve', status: 'Success' });
    isServing = true;
    const host = isIPv6(server.host) ? `[${server.host}]` : server.host;
    return {
      address: `${host}:${server.port}`,
      ...(server.https === undefined ? {} : { httpsAddress: `${host}:${server.https}` }),
      ...{ made, stop },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ensureServerCertificate(installation: Installation): Promise<string[]> {
  const { config, trail, now, log } = installation;
  const places = placesIn(config.data);
  const { ca, certify } = await usableAuthorities(installation);
  if (ca !== undefined) replaceFile(places.authorityCertificate, ca.certificate.toString());
  if (certify !== undefined) replaceFile(places.certifyAuthorityCertificate, certify.certificate.toString());
  if (ca === undefined || certify === undefined) {
    log.error('a certificate authority cannot be read: nothing is certified', { hint: 'kmipd store check' });
  }
  if (ca === undefined && (config.tlsCert !== undefined || existsSync(places.serverCertificate))) return [];
  const { authority } = installation;
  if (config.tlsCert !== undefined || hasServerCertificate(config, authority, new Date(now()))) return [];
  const names = await audited(trail, 'server-cert renew', () =>
    renewServerCertificate(config, authority, new Date(now())),
  );
  return [`a server certificate for ${names.join(', ')}: ${places.serverCertificate}`];
}

/** A client may have been enrolled before the server was called so. */
async function warnOfNamesakes({ store, now, log }: Installation, { serverNames }: OwnIdentity): Promise<void> {
  for await (const { name, revoked } of openClients({ store, now }).list()) {
    const objection = revoked === undefined ? serverNames.objectionTo(name) : undefined;
    if (objection === undefined) continue;
    log.warn(`the client name ${name} ${objection}: its certificate could pass for the server's`, {
      hint: `give it another name: kmipd client add, kmipd object give, kmipd client revoke ${name}`,
    });
  }
}

function warnOfRisks({ config, log }: Installation): void {
  if (config.passphraseFile === undefined && rootKeyPath(config).startsWith(config.data + sep)) {
    log.warn('the root key lies beside the data: whoever gets a copy of both can read every key', {
      file: rootKeyPath(config),
      hint: 'move it to another place and name it with --root-key-file, or use --passphrase-file',
    });
  }
  const lacking = namesLacking(config);
  if (lacking.length > 0) {
    log.warn(`the server's certificate does not name ${lacking.join(', ')}`, {
      hint: config.tlsCert === undefined ? 'kmipd server-cert renew, with the same --server-name' : 'replace its file',
    });
  }
  if (config.interop) {
    log.warn('the Interop operation is served: it is for test suites, never for production');
  }
}
