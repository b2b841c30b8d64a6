/** Changes of a client's record, as values, and the rules for them. */
import { OperatorError } from '#operator-error';

import type { BoundCertificate, ClientRecord } from './client-record.ts';
import type { QuotaName } from './quota.ts';

/** Only the named numbers are changed; null: the number of the setting. */
export interface ClientLimits {
  readonly quota: { readonly [N in QuotaName]?: number | null };
  readonly rotations?: 'on' | 'off';
}

export function revokedClient(client: ClientRecord, now: number): ClientRecord {
  return { ...withRevoked(client, now, () => true), revoked: client.revoked ?? now };
}

export function withRevoked(client: ClientRecord, now: number, which: (certificate: BoundCertificate) => boolean) {
  const certificates = client.certificates.map((certificate) =>
    which(certificate) ? { ...certificate, revoked: certificate.revoked ?? now } : certificate,
  );
  return { ...client, certificates };
}

export function limited(client: ClientRecord, { quota, rotations }: ClientLimits): ClientRecord {
  const { quota: _quota, rotations: before, ...rest } = client;
  const own = Object.entries({ ...client.quota, ...quota }).filter(([, value]) => value !== null);
  const isOff = (rotations ?? before) === 'off';
  return {
    ...rest,
    ...(own.length === 0 ? {} : { quota: Object.fromEntries(own) }),
    ...(isOff ? { rotations: 'off' as const } : {}),
  };
}

export function assertLive(client: ClientRecord): void {
  if (client.revoked === undefined) return;
  throw new OperatorError(`the client ${JSON.stringify(client.name)} is revoked`, 'add a client under another name');
}

/** A name becomes the names of files and the common name of certificates. */
export function assertName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new OperatorError(
    `the name ${JSON.stringify(name.slice(0, 80))} cannot be a client's`,
    'use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit',
  );
}
