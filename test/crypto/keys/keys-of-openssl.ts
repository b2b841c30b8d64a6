/** Keys that OpenSSL's own command makes, of every kind that the server takes, and reads back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const openssl = (args: readonly string[], input?: Uint8Array): Buffer =>
  execFileSync('openssl', args, { ...(input === undefined ? {} : { input }), stdio: ['pipe', 'pipe', 'pipe'] });

export interface MadeKey {
  /** PKCS#8. */
  readonly privateKey: Buffer;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
}

const pairOf = (pem: Buffer): MadeKey => ({
  privateKey: openssl(['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'], pem),
  publicKey: openssl(['pkey', '-pubout', '-outform', 'DER'], pem),
});

/** `genpkey` with its options, such as `-algorithm RSA -pkeyopt rsa_keygen_bits:2048`. */
export const makeKey = (options: string): MadeKey => pairOf(openssl(['genpkey', ...options.split(' ')]));

/** From parameters that are made first: DSA and DH. */
export function makeKeyOfGroup(options: string): MadeKey {
  const directory = mkdtempSync(join(tmpdir(), 'kmipd-group-'));
  const file = join(directory, 'parameters.pem');
  try {
    openssl(['genpkey', '-genparam', ...options.split(' '), '-out', file]);
    return pairOf(openssl(['genpkey', '-paramfile', file]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A key in the forms of its own kind, as OpenSSL writes them. */
export const ownForms = {
  rsaPublic: ({ publicKey }: MadeKey): Buffer =>
    openssl(['rsa', '-pubin', '-inform', 'DER', '-RSAPublicKey_out', '-outform', 'DER'], publicKey),
  rsaPrivate: ({ privateKey }: MadeKey): Buffer =>
    openssl(['rsa', '-inform', 'DER', '-traditional', '-outform', 'DER'], privateKey),
  ecPrivate: ({ privateKey }: MadeKey): Buffer => openssl(['ec', '-inform', 'DER', '-outform', 'DER'], privateKey),
} as const;

/** The object identifier of a curve as DER. */
export const curveIdentifier = (name: string): Buffer => openssl(['ecparam', '-name', name, '-outform', 'DER']);

/** What OpenSSL reads a key as, in its own format again: the same bytes for the same key. */
export const readBackPublic = (format: 'pkcs1' | 'spki', der: Uint8Array): Buffer =>
  format === 'pkcs1'
    ? openssl(['rsa', '-RSAPublicKey_in', '-inform', 'DER', '-pubout', '-outform', 'DER'], der)
    : openssl(['pkey', '-pubin', '-inform', 'DER', '-pubout', '-outform', 'DER'], der);

export const readBackPrivate = (der: Uint8Array): Buffer =>
  openssl(['pkcs8', '-topk8', '-nocrypt', '-inform', 'DER', '-outform', 'DER'], der);

/**
 * The same of an EC private key whose encoding may lack the point: the public key that OpenSSL finds, and the secret
 * alone.
 */
export const readBackSecret = (der: Uint8Array): Buffer =>
  Buffer.concat([
    openssl(['pkey', '-inform', 'DER', '-pubout', '-outform', 'DER'], der),
    openssl(['ec', '-inform', 'DER', '-no_public', '-outform', 'DER'], der),
  ]);
