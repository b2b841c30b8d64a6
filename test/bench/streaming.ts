/** One stream of a service, part after part on one connection: how long it takes, and what memory it takes. */
import { randomBytes } from 'node:crypto';
import { connect } from '#client/client';
import { encrypt } from '#operations/cryptography/encrypt';
import { hash } from '#operations/cryptography/hash';
import type { Identities } from './identities.ts';
import { ask, type Child } from './load.ts';

const partLength = 64 * 1024;
const parts = 16 * 1024;

export interface Streamed {
  readonly bytes: number;
  readonly milliseconds: number;
  /** Of the server's memory, from a sixteenth of the stream to its end, in bytes. */
  readonly growth: number;
}

/** 1 GiB through Encrypt (AES-CTR) or Hash (SHA-256). */
export async function stream(
  { server, port }: Child,
  { ca, client: { cert, key } }: Identities,
  operation: 'Encrypt' | 'Hash',
  uniqueIdentifier: string,
): Promise<Streamed> {
  const client = await connect({ host: '127.0.0.1', serverName: 'localhost', port, ca, cert, key });
  const memory = async (): Promise<number> => (await ask<{ memory: number }>(server, { memory: true })).memory;
  const data = randomBytes(partLength);
  let correlationValue: Uint8Array | undefined;
  let settled = 0;
  const start = performance.now();
  for (let part = 0; part < parts; part++) {
    const place = part === 0 ? { initIndicator: true } : { correlationValue, finalIndicator: part === parts - 1 };
    const answer =
      operation === 'Encrypt'
        ? await client.call(encrypt, {
            uniqueIdentifier,
            cryptographicParameters: { blockCipherMode: 'CTR', randomIV: true },
            data,
            ...place,
          })
        : await client.call(hash, { cryptographicParameters: { hashingAlgorithm: 'SHA_256' }, data, ...place });
    ({ correlationValue } = answer);
    if (part === parts / 16) settled = await memory();
  }
  const milliseconds = performance.now() - start;
  const growth = (await memory()) - settled;
  await client.close();
  return { bytes: parts * partLength, milliseconds, growth };
}
