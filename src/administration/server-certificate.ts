/**
 * The certificate that this server shows: `server.pem` in the data directory, key and certificates in one file, so that
 * a renewal is one rename; or what --tls-cert and --tls-key name.
 */
import { existsSync } from 'node:fs';
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { hostname } from 'node:os';

import { issueServerCertificate, type Authority } from '#certs/authority';
import { yearsAfter } from '#certs/certificate';
import { daysLeft } from '#certs/expiry';
import { assertKeyMatches, factsOf, readCertificateChain } from '#certs/inspect';
import { alternativeNames } from '#certs/certificate-names';
import { generateKeys, readPrivateKey, writePrivateKey } from '#certs/keys';
import type { Config } from '#config';

import { maximumPemFile, readInput, replaceFile } from './files.ts';
import { placesIn } from './places.ts';

/** When the server starts, its own certificate is replaced if it expires within so many days. */
const renewWithin = 30;

/** In PEM. */
export interface ServerPem {
  readonly cert: string;
  readonly key: string;
}

/** Reads and checks the certificate and key to serve with. Throws OperatorError. */
export function readTlsIdentity(config: Config): ServerPem {
  const [cert = '', key = ''] = filesOf(config).map((path) => readInput(path, maximumPemFile).toString('latin1'));
  const [own] = readCertificateChain(cert);
  if (own !== undefined) assertKeyMatches(own, readPrivateKey(key));
  return { cert, key };
}

export function filesOf(config: Config): readonly [certificate: string, privateKey: string] {
  const { serverCertificate } = placesIn(config.data);
  return [config.tlsCert ?? serverCertificate, config.tlsKey ?? serverCertificate];
}

/** Whether the server has a certificate of this authority that is valid for some time. */
export function hasServerCertificate(config: Config, authority: Authority, now: Date): boolean {
  if (!existsSync(placesIn(config.data).serverCertificate)) return false;
  const [own] = readCertificateChain(readTlsIdentity(config).cert);
  return (
    own !== undefined && own.checkIssued(authority.certificate) && daysLeft(factsOf(own).notAfter, now) > renewWithin
  );
}

/** The names of `--server-name` that the certificate lacks, for example because they were added later. */
export function namesLacking(config: Config): string[] {
  const [own] = readCertificateChain(readTlsIdentity(config).cert);
  const isThere = (name: string) => (isIP(name) === 0 ? own?.checkHost(name) : own?.checkIP(name)) !== undefined;
  return (config.serverName ?? []).filter((name) => !isThere(name));
}

/** Issues a new one, with the names of the one before and those of `--server-name`; returns the names. */
export async function renewServerCertificate(config: Config, authority: Authority, now: Date): Promise<string[]> {
  const { serverCertificate } = placesIn(config.data);
  const names = [
    ...new Set([...standardNames(config), ...namesBefore(serverCertificate), ...(config.serverName ?? [])]),
  ];
  const { publicKey, privateKey } = await generateKeys('P-256');
  const certificate = issueServerCertificate(
    authority,
    { names, publicKey },
    {
      now,
      notAfter: yearsAfter(now, config.serverYears),
      ...(config.crlUrl === undefined ? {} : { crlUrl: config.crlUrl }),
    },
  );
  replaceFile(serverCertificate, `${writePrivateKey(privateKey)}${certificate}${authority.certificate}`);
  return names;
}

/** The addresses that stand for all addresses of a machine: no client dials them. */
const everywhere = ['0.0.0.0', '::', ''];

function standardNames({ host }: Config): string[] {
  const names = ['localhost', '127.0.0.1', '::1', hostname()].filter(fitsCertificate);
  return everywhere.includes(host) ? names : [...names, host];
}

/** A machine may have a name that a certificate cannot hold. */
function fitsCertificate(name: string): boolean {
  try {
    alternativeNames([name]);
    return true;
  } catch {
    return false;
  }
}

function namesBefore(path: string): string[] {
  if (!existsSync(path)) return [];
  const [own] = readCertificateChain(readInput(path, maximumPemFile).toString('latin1'));
  const entries = own?.subjectAltName?.split(', ') ?? [];
  return entries.flatMap((entry) => {
    const [, name] = /^(?:DNS|IP Address):([\w.:*-]+)$/.exec(entry) ?? [];
    return name === undefined ? [] : isIPv6(name) ? new SocketAddress({ address: name, family: 'ipv6' }).address : name;
  });
}
