/** Before a server starts: its certificate is made when it is missing, and risks are logged. */
import { existsSync } from 'node:fs';
import { sep } from 'node:path';

import { openClients } from '#access/clients';
import { audited } from '#administration/audited';
import { usableAuthorities } from '#administration/authorities';
import { replaceFile } from '#administration/files';
import type { Installation } from '#administration/installation';
import { placesIn, rootKeyPath } from '#administration/places';
import { hasServerCertificate, namesLacking, renewServerCertificate } from '#administration/server-certificate';
import type { OwnIdentity } from '#certs/certify';

/** @returns what it made, as texts for the operator. */
export async function ensureServerCertificate(installation: Installation): Promise<string[]> {
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

/** A client may have been enrolled before the server got its name. */
export async function warnOfNamesakes({ store, now, log }: Installation, { serverNames }: OwnIdentity): Promise<void> {
  for await (const { name, revoked } of openClients({ store, now }).list()) {
    const objection = revoked === undefined ? serverNames.objectionTo(name) : undefined;
    if (objection === undefined) continue;
    log.warn(`the client name ${name} ${objection}: its certificate could pass for the server's`, {
      hint: `give it another name: kmipd client add, kmipd object give, kmipd client revoke ${name}`,
    });
  }
}

export function warnOfRisks({ config, log }: Installation): void {
  if (config.passphraseFile === undefined && rootKeyPath(config).startsWith(config.data + sep)) {
    log.warn('the root key lies beside the data: a copy of both is enough to read every key', {
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
