/**
 * Requests that carry other formats: PKCS#10, CRMF, PEM, PKCS#12, X.509, OpenPGP, PKCS#1, PKCS#8, SEC 1 and
 * SubjectPublicKeyInfo.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequest } from '#test/certs/create-request';
import { generateKeys } from '#certs/keys';
import { Tag, type TagName } from '#protocol/tags';
import { makeCrmf } from '#test/certs/crmf';
import type { OpenSsl } from '#test/certs/openssl';
import { given } from '#test/clients/caller';
import { makeChain } from '#test/crypto/certificates/chain-of-openssl';
import { pgpCertificates } from '#test/crypto/certificates/pgp-certificates';
import { enumerated, int, request, struct, text, type OperationName, item } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import { keyBlock } from '#test/fixtures/key-blocks';

const raw = (tag: TagName, value: Uint8Array): Item => ({ tag: Tag[tag], type: ItemType.ByteString, value });
const both = (operation: OperationName, payload: (version: string) => readonly Item[]): Item[] =>
  ['1.4', '2.1'].map((version) => request(version, [item(operation, payload(version))]));

const key = (tag: 'PrivateKey' | 'PublicKey' | 'SymmetricKey', format: number, material: Uint8Array): Item =>
  struct(tag, keyBlock(format, raw('KeyMaterial', material)));
const registered = (type: number, object: Item, ...attributes: Item[]): Item[] =>
  both('Register', (version) => [
    enumerated('ObjectType', type),
    given(version, int('CryptographicUsageMask', 3), ...attributes),
    object,
  ]);
const certificate = (type: number, value: Uint8Array): Item =>
  struct('Certificate', enumerated('CertificateType', type), raw('CertificateValue', value));
const certified = (type: number, value: Uint8Array): Item[] =>
  both('Certify', () => [enumerated('CertificateRequestType', type), raw('CertificateRequest', value)]);

/** The numbers of Key Format Type and Certificate Request Type. */
const Format = { pkcs1: 3, pkcs8: 4, x509: 5, sec1: 6, pkcs12: 0x16 };
const RequestType = { crmf: 1, pkcs10: 2, pem: 3 };

/** @param passwordId of a secret that holds the password of containers, which Links name. */
export async function requestsWithFormats(passwordId: string, password: string): Promise<Item[]> {
  const requests: Item[] = [];
  const pair = await generateKeys('P-256');
  const pem = createRequest({ commonName: 'array', names: ['array.example.com', '10.0.0.7'] }, pair);
  const pkcs10 = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  requests.push(...certified(RequestType.pkcs10, pkcs10), ...certified(RequestType.pem, Buffer.from(pem)));
  for (const pgp of Object.values(pgpCertificates)) requests.push(...registered(1, certificate(2, pgp)));

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed = generateKeyPairSync('ed25519');
  const pkcs1 = rsa.privateKey.export({ type: 'pkcs1', format: 'der' });
  requests.push(...registered(4, key('PrivateKey', Format.pkcs1, pkcs1)));
  requests.push(
    ...registered(3, key('PublicKey', Format.pkcs1, rsa.publicKey.export({ type: 'pkcs1', format: 'der' }))),
  );
  requests.push(
    ...registered(4, key('PrivateKey', Format.sec1, pair.privateKey.export({ type: 'sec1', format: 'der' }))),
  );
  for (const { privateKey, publicKey } of [rsa, ed, pair]) {
    const [inner, outer] = [
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      publicKey.export({ type: 'spki', format: 'der' }),
    ];
    requests.push(...registered(4, key('PrivateKey', Format.pkcs8, inner)));
    requests.push(...registered(3, key('PublicKey', Format.x509, outer)));
  }
  return [...requests, ...byOpenSsl(passwordId, password)];
}

/** What only the openssl command makes; nothing where there is none. */
function byOpenSsl(passwordId: string, password: string): Item[] {
  if (spawnSync('openssl', ['version']).status !== 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'kmipd-formats-'));
  const path = (name: string): string => join(folder, name);
  const bytes = (...args: string[]): Buffer =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ssl: OpenSsl = {
    ...{ path, bytes, describe: () => '' },
    run: (...args) => bytes(...args).toString(),
    file(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
  };
  try {
    const link = struct(
      'Link',
      enumerated('LinkType', 'PKCS_12PasswordLink'),
      text('LinkedObjectIdentifier', passwordId),
    );
    const label = text('PKCS_12FriendlyName', 'leaf');
    const { pack, withIssuers, certificates } = makeChain(ssl, 'EC');
    const packs = [[], ['-legacy'], ['-keypbe', 'NONE', '-certpbe', 'NONE'], withIssuers];
    const containers = packs.map((options) => pack('-name', 'leaf', '-passout', `pass:${password}`, ...options));
    return [
      ...certified(RequestType.crmf, makeCrmf(ssl).requests),
      ...containers.flatMap((container) => registered(4, key('PrivateKey', Format.pkcs12, container), link, label)),
      ...certificates.flatMap((der) => registered(1, certificate(1, der))),
      ...both('Validate', () => certificates.map((der) => certificate(1, der))),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
