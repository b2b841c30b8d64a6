/**
 * The certificate that this server shows: `server.pem` in the data directory, key and certificates in one file, so that
 * a renewal is one rename; or what --tls-cert and --tls-key name.
 */
import { existsSync, statSync } from 'node:fs';
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { hostname } from 'node:os';

import { issueServerCertificate, type Authority } from '#certs/authority';
import { yearsAfter } from '#certs/certificate';
import { daysLeft } from '#certs/expiry';
import { assertKeyMatches, factsOf, readCertificateChain } from '#certs/inspect';
import { alternativeNames } from '#certs/names';
import { generateKeys, readPrivateKey, writePrivateKey } from '#certs/keys';
import type { Config } from '#config';
import type { Log } from '#log';
import type { TlsIdentity } from '#server/network/tls-options';

import { maximumPemFile, readInput, replaceFile } from '#cli/files';
import { placesIn } from '#cli/workplace';

/** An own certificate that ends within so many days is replaced when the server starts. */
const renewWithin = 30;

/** Reads and checks the certificate and key to serve with. Throws OperatorError or OperatorError. */
export function readTlsIdentity(config: Config): TlsIdentity {
  const [cert = '', key = ''] = filesOf(config).map((path) => readInput(path, maximumPemFile).toString('latin1'));
  const [own] = readCertificateChain(cert);
  if (own !== undefined) assertKeyMatches(own, readPrivateKey(key));
  return { cert, key };
}

function filesOf(config: Config): readonly [certificate: string, privateKey: string] {
  const { serverCertificate } = placesIn(config.data);
  return [config.tlsCert ?? serverCertificate, config.tlsKey ?? serverCertificate];
}

const watchInterval = 1000;

/**
 * Calls with what is in the files whenever they have changed. While they do not fit together, as in the midst of being
 * replaced, the server goes on with what it has. Gives the function that stops it.
 */
export function watchTlsIdentity(config: Config, log: Log, onChange: (identity: TlsIdentity) => void): () => void {
  let seen = marksOf(config);
  const timer = setInterval(() => {
    const marks = marksOf(config);
    if (marks === seen) return;
    seen = marks;
    try {
      onChange(readTlsIdentity(config));
      log.info("the server's certificate was renewed");
    } catch (error) {
      log.warn("the server's new certificate cannot be used; the one before stays", { error: String(error) });
    }
  }, watchInterval);
  timer.unref();
  return () => clearInterval(timer);
}

/** Tells a file from what it was before, without reading it; one that cannot be looked at is as good as missing. */
const marksOf = (config: Config): string => filesOf(config).map(markOf).join();

function markOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'missing';
  }
}

/** Whether there is an own certificate of this authority that lasts for a while. */
export function hasServerCertificate(config: Config, authority: Authority, now: Date): boolean {
  if (!existsSync(placesIn(config.data).serverCertificate)) return false;
  const [own] = readCertificateChain(readTlsIdentity(config).cert);
  return (
    own !== undefined && own.checkIssued(authority.certificate) && daysLeft(factsOf(own).notAfter, now) > renewWithin
  );
}

/** Those of `--server-name` that the certificate lacks, as when they came after it was made. */
export function namesLacking(config: Config): string[] {
  const [own] = readCertificateChain(readTlsIdentity(config).cert);
  const isThere = (name: string) => (isIP(name) === 0 ? own?.checkHost(name) : own?.checkIP(name)) !== undefined;
  return (config.serverName ?? []).filter((name) => !isThere(name));
}

/** Issues a new one, for the names of the one before and those of `--server-name`; gives the names. */
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

/** The addresses that stand for all of a machine's are no name that anybody dials. */
const everywhere = ['0.0.0.0', '::', ''];

function standardNames({ host }: Config): string[] {
  const names = ['localhost', '127.0.0.1', '::1', hostname()].filter(fitsCertificate);
  return everywhere.includes(host) ? names : [...names, host];
}

/** A machine may be called what no certificate can hold. */
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
