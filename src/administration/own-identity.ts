/**
 * What identifies this server: the names under which clients connect to it, and its keys. No client may have either.
 */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';

import { addServerNames, readServerNames } from '#access/server-names-record';
import type { Authority } from '#certs/authority';
import { isOneOf, namesOfHolder, type OwnIdentity } from '#certs/certify';
import { readCertificateChain } from '#certs/inspect';
import { readPrivateKey } from '#certs/keys';
import { serverNames, type ServerNames } from '#certs/server-names';
import type { Config } from '#config';

import { OperatorError } from '#operator-error';
import type { Store } from '#store/store';

import type { Authorities } from './authorities.ts';
import { placesIn } from './places.ts';
import { readTlsIdentity, type ServerPem } from './server-certificate.ts';

export interface IdentityPorts extends Authorities {
  readonly config: Config;
  readonly store: Store;
}

/** An address that stands for all addresses of a machine does no harm among them. */
const namesOf = (config: Config, certificate: X509Certificate | undefined): string[] => [
  ...[hostname(), config.host, ...(config.serverName ?? [])],
  ...(certificate === undefined ? [] : namesIn(certificate)),
];

/**
 * A certificate from outside may have a subject that cannot be read. Clients that trust it dial its other names.
 */
function namesIn(certificate: X509Certificate): string[] {
  try {
    return namesOfHolder(certificate);
  } catch (error) {
    if (error instanceof OperatorError) return [];
    throw error;
  }
}

/** For a server that runs with this certificate, and for all servers that have used this store. */
export async function serverIdentity(
  { config, store }: Pick<IdentityPorts, 'config' | 'store'>,
  { cert, key }: ServerPem,
): Promise<OwnIdentity> {
  const [own] = readCertificateChain(cert);
  await addServerNames(store, namesOf(config, own));
  return {
    serverNames: serverNames([...(await readServerNames(store)), ...namesOf(config, own)]),
    ownKeys: [createPublicKey(readPrivateKey(key))],
  };
}

/** The same for a command, when there may be no server yet, or one on another machine. */
async function knownIdentity({ config, store, authority, certifyAuthority }: IdentityPorts): Promise<OwnIdentity> {
  const own = currentCertificate(config);
  const authorities: Authority[] = [authority, await certifyAuthority()];
  return {
    serverNames: serverNames([...(await readServerNames(store)), ...namesOf(config, own)]),
    ownKeys: [
      ...authorities.map(({ certificate }) => certificate.publicKey),
      ...(own === undefined ? [] : [own.publicKey]),
    ],
  };
}

function currentCertificate(config: Config): X509Certificate | undefined {
  if (config.tlsCert === undefined && !existsSync(placesIn(config.data).serverCertificate)) return undefined;
  return readCertificateChain(readTlsIdentity(config).cert)[0];
}

/**
 * Whether an operator may give a client this name, which becomes the Common Name of a certificate of the authority that
 * is trusted for the server, and a certificate for this key. Throws OperatorError.
 */
export async function assertNotOwn(ports: IdentityPorts, name: string, publicKey?: KeyObject): Promise<void> {
  const { serverNames: own, ownKeys } = await knownIdentity(ports);
  checkName(name, own);
  if (publicKey !== undefined) checkKey(publicKey, ownKeys);
}

/** The same for a certificate that a client brings. Throws OperatorError. */
export async function assertForeignKey(ports: IdentityPorts, publicKey: KeyObject): Promise<void> {
  checkKey(publicKey, (await knownIdentity(ports)).ownKeys);
}

function checkName(name: string, own: ServerNames): void {
  const objection = own.objectionTo(name);
  if (objection === undefined) return;
  throw new OperatorError(
    `the name ${JSON.stringify(name)} ${objection}: a certificate under it could pass for the server's`,
    'give the client another name, such as that of the product',
  );
}

function checkKey(publicKey: KeyObject, ownKeys: readonly KeyObject[]): void {
  if (!isOneOf(ownKeys, publicKey)) return;
  throw new OperatorError(
    "the key is this server's own, or that of its authority",
    'make a key pair for the client, and keep its private key there',
  );
}
