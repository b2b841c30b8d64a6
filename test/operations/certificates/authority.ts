/** A server with a certificate authority, and what is certified there. */
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createAuthority, type Authority } from '#certs/authority';
import { serverNames } from '#certs/server-names';
import { certificateAuthority } from '#server/run/certificate-authority';
import { callerOf, given, id, type Caller } from '#test/clients/caller';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { bytes, enumerated, int, struct, value } from '#test/fixtures/items';
import { keyBlock } from '#test/fixtures/key-blocks';

export interface Certifying {
  readonly fixture: Fixture;
  readonly authority: Authority;
  /** Fingerprints of what the administrator has revoked. */
  readonly revoked: Set<string>;
  caller(version: string, clientId?: string): Caller;
}

export interface CertifyingOptions {
  readonly interop?: boolean;
  /** Under which the server is dialed. */
  readonly names?: readonly string[];
  /** Of the server. */
  readonly keys?: readonly KeyObject[];
  readonly days?: number;
}

export async function openCertifying({
  interop = false,
  names = [],
  keys = [],
  days = 365,
}: CertifyingOptions = {}): Promise<Certifying> {
  const authority = await createAuthority('Test CA', { now: new Date(Date.UTC(2026, 0, 1)) });
  const revoked = new Set<string>();
  const fixture = await openFixture({
    interop,
    authority: certificateAuthority(authority, {
      hasRevoked: (fingerprint) => revoked.has(fingerprint),
      ownIdentity: () => ({ serverNames: serverNames(names), ownKeys: keys }),
      days,
    }),
  });
  return {
    ...{ fixture, authority, revoked },
    caller: (version, clientId) => callerOf(fixture.handler, fixture.session(clientId), version),
  };
}

export const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

/** Registers a public key: its identifier. */
export async function registerPublicKey(caller: Caller, key: KeyObject, ...more: Parameters<typeof given>[1][]) {
  const payload = await caller.call(
    'Register',
    enumerated('ObjectType', 'PublicKey'),
    given(caller.version, int('CryptographicUsageMask', 2), ...more),
    struct(
      'PublicKey',
      keyBlock(
        'X_509',
        bytes('KeyMaterial', hex(spki(key))),
        enumerated('CryptographicAlgorithm', 'ECDSA'),
        int('CryptographicLength', 256),
      ),
    ),
  );
  return value(payload, 'UniqueIdentifier') as string;
}

/** Registers a certificate: its identifier. */
export async function registerCertificate(caller: Caller, der: Uint8Array): Promise<string> {
  const payload = await caller.call(
    'Register',
    enumerated('ObjectType', 'Certificate'),
    given(caller.version, int('CryptographicUsageMask', 2)),
    certificateItem(der),
  );
  return value(payload, 'UniqueIdentifier') as string;
}

export const certificateItem = (der: Uint8Array) =>
  struct('Certificate', enumerated('CertificateType', 'X_509'), bytes('CertificateValue', hex(der)));

export async function getCertificate(caller: Caller, identifier: string): Promise<X509Certificate> {
  const payload = await caller.call('Get', id(identifier));
  return new X509Certificate(value(payload, 'Certificate', 'CertificateValue') as Uint8Array);
}

export const isKeyOf = (certificate: X509Certificate, key: KeyObject): boolean =>
  createPublicKey(certificate.publicKey.export({ format: 'pem', type: 'spki' })).equals(key);
