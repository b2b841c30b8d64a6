/** Logs 90, 30, 7 and 1 days before a certificate ends: the server's, the authority's, the clients'. */
import { openClients } from '#access/clients';
import { dayMs } from '#certs/certificate';
import { daysLeft, expiryWarning } from '#certs/expiry';
import { factsOf, readCertificateChain } from '#certs/inspect';
import type { Log } from '#log';
import type { Job } from '#scheduler';

import { removeExpired } from '#administration/certificates/issued';
import { readTlsIdentity } from '#administration/server-certificate';
import { usableAuthorities } from '#administration/authorities';
import type { Installation } from '#administration/installation';

export function expiryJobs(installation: Installation, log: Log): readonly Job[] {
  return [
    {
      ...{ name: 'look for certificates that end soon', interval: dayMs, atOnce: true },
      run: () => report(installation, log),
    },
    {
      ...{ name: 'remove the records of certificates that ended long ago', interval: dayMs, atOnce: true },
      where: 'one',
      async run() {
        const removed = await removeExpired(installation.store, installation.now());
        if (removed > 0) log.info(`${removed} records of certificates that ended long ago were removed`);
      },
    },
  ];
}

async function report(installation: Installation, log: Log): Promise<void> {
  const { config, store, now } = installation;
  const time = new Date(now());
  const warn = (whose: string, notAfter: Date, hint: string) => {
    const warning = expiryWarning(notAfter, time);
    if (warning === undefined) return;
    const days = daysLeft(notAfter, time);
    const message = days < 0 ? `${whose} has expired` : `${whose} ends in ${days} days`;
    log.log(warning.level, message, { notAfter, hint });
  };
  const [own] = readCertificateChain(readTlsIdentity(config).cert);
  if (own !== undefined) {
    warn(
      "the server's certificate",
      factsOf(own).notAfter,
      config.tlsCert ? 'replace its file' : 'kmipd server-cert renew',
    );
  }
  const { ca, certify } = await usableAuthorities(installation);
  for (const [whose, authority] of [
    ['the certificate of the authority', ca],
    ['the certificate of the authority for Certify', certify],
  ] as const) {
    if (authority !== undefined) warn(whose, factsOf(authority.certificate).notAfter, 'plan its replacement');
  }
  for await (const { name, revoked, certificates } of openClients({ store, now }).list()) {
    const live = certificates.filter((certificate) => certificate.revoked === undefined);
    if (revoked !== undefined || live.length === 0) continue;
    // A client that was renewed has one that lasts.
    const last = live.reduce((latest, { notAfter }) => Math.max(latest, notAfter), 0);
    warn(`the certificate of the client ${name}`, new Date(last), `kmipd client renew ${name} makes another`);
  }
}
