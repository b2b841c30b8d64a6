/** A server from its parts: certificate, clients, message core, listener, health, and its jobs. */
import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';

import { openDirectory } from '#access/directory';
import { usableAuthorities } from '#administration/authorities';
import { certifyCrlUrl } from '#administration/certificates/crl-url';
import type { Installation } from '#administration/installation';
import { serverIdentity } from '#administration/own-identity';
import { diskPlaces } from '#administration/places';
import { readTlsIdentity } from '#administration/server-certificate';
import { issuedKind } from '#repository/issued-record';
import { createScheduler, type Scheduler } from '#scheduler';
import { serveHealth } from '#server/health';
import { openDiskReserve } from '#server/limits/disk-reserve';
import { certificateAuthority } from '#server/run/certificate-authority';
import { clientFacts } from '#server/run/client-facts';
import { startServer } from '#server/start';
import { createWorkers } from '#workers/tasks';

import { certificateWatch } from './certificate-watch.ts';
import { expiryJobs } from './expiry.ts';
import { logEvents } from './debug-log.ts';
import { ensureServerCertificate, warnOfNamesakes, warnOfRisks } from './start-checks.ts';
import { version } from './version.ts';

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

/** Rejects with the errors of the listening sockets or OperatorError, and then leaves nothing running. */
export async function startServing(
  installation: Installation,
  scheduler: Scheduler = createScheduler({ log: installation.log }),
): Promise<Serving> {
  const { config, log, store, trail, now } = installation;
  const { schedule } = scheduler;
  const made = await ensureServerCertificate(installation);
  warnOfRisks(installation);
  const identity = readTlsIdentity(config);
  const certifyCrl = certifyCrlUrl(config);
  let own = await serverIdentity(installation, identity);
  await warnOfNamesakes(installation, own);
  const serverLog = log.child({ component: 'server' });
  const started: (() => void | Promise<void>)[] = [logEvents(serverLog)];
  let isServing = false;
  const stop = async () => {
    isServing = false;
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const directory = await openDirectory({
      ...{ store, now, log: log.child({ component: 'access' }) },
      ...{ timeout: config.directoryTimeout, schedule },
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
    const disk = await openDiskReserve({
      places: diskPlaces(config),
      reserve: config.diskReserve,
      log: serverLog,
      schedule,
    });
    started.push(() => disk.close());
    const workers = createWorkers();
    started.push(() => workers.close());
    const server = await startServer({
      ...{ store, now, identity, audit: trail, admission: directory, credentials: directory, log: serverLog },
      ...{ workers, disk, schedule },
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
    const jobs = [
      certificateWatch(config, serverLog, (renewed) => {
        server.renew(renewed);
        serverIdentity(installation, renewed).then(
          (known) => (own = known),
          (error: unknown) => serverLog.error("the server's names cannot be kept", { error }),
        );
      }),
      ...expiryJobs(installation, serverLog),
    ];
    for (const job of jobs) started.push(schedule(job));
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
