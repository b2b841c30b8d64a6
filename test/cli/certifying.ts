/** A client of a running kmipd that has certificates made: PKCS#10 in, an X.509 certificate out. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createClient, type Client } from '#client/client';
import { openTlsTransport } from '#client/tls-transport';
import { certify } from '#operations/certificates/certify';
import { get } from '#operations/fetch/get';
import type { Place, Running } from './kmipd.ts';

export interface Made {
  readonly object: string;
  readonly certificate: X509Certificate;
}

/** With the files that `client add NAME --out NAME` made. */
export async function clientOf(place: Place, server: Running, name: string): Promise<Client> {
  const file = (ending: string): string => readFileSync(place.path(`${name}/${ending}`), 'utf8');
  const transport = await openTlsTransport({
    ...{ host: 'localhost', port: server.port, ca: file('ca.crt') },
    ...{ cert: file(`${name}.crt`), key: file(`${name}.key`) },
  });
  return createClient(transport);
}

export async function certified(client: Client, request: string): Promise<Made> {
  const { uniqueIdentifier: object } = await client.call(certify, {
    certificateRequestType: 'PEM',
    certificateRequestValue: Buffer.from(request),
  });
  const got = await client.call(get, { uniqueIdentifier: object });
  if (got.object.objectType !== 'Certificate') throw new Error('no certificate was made');
  return { object, certificate: new X509Certificate(got.object.certificateValue) };
}

export const fingerprintOf = ({ fingerprint256 }: X509Certificate): string =>
  fingerprint256.replaceAll(':', '').toLowerCase();
