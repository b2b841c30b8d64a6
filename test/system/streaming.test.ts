/** Long streams through the built server: what comes out is right, and its memory stays flat. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { connect, type Client } from '#client/client';
import { encrypt } from '#operations/cryptography/encrypt';
import { hash } from '#operations/cryptography/hash';
import { register } from '#operations/create/register';
import { makePlace, type Place, type Running } from '#test/cli/kmipd';

const partLength = 64 * 1024;
const parts = 1024;
/** Of the first parts, in which buffers and the compiler settle. */
const settling = 256;
const allowedGrowth = 48 * 1024 * 1024;

describe('streams of 64 MiB', () => {
  let place: Place;
  let server: Running;
  let client: Client;
  before(async () => {
    place = makePlace();
    const directory = place.path('array');
    const added = await place.kmipd('client', 'add', 'array', '--out', directory);
    expect(added.status, added.stderr).to.equal(0);
    server = await place.serve();
    const [ca, cert, key] = ['ca.crt', 'array.crt', 'array.key'].map((file) => readFileSync(join(directory, file)));
    client = await connect({ port: server.port, host: '127.0.0.1', ca, cert, key } as Parameters<typeof connect>[0]);
  });
  after(async () => {
    await client.close();
    await place.remove();
  });

  /** In bytes. */
  async function memory(): Promise<number> {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', `${server.pid}`]);
    return Number(stdout) * 1024;
  }

  /** Sends each part, and compares memory after the first ones with the most that there was later. */
  async function flat(send: (data: Uint8Array, place: number) => Promise<void>): Promise<void> {
    let settled = 0;
    let most = 0;
    for (let part = 0; part < parts; part++) {
      await send(randomBytes(partLength), part);
      if (part === settling) settled = await memory();
      if (part > settling && part % 64 === 0) most = Math.max(most, await memory());
    }
    expect(most - settled, 'growth in bytes').to.be.lessThan(allowedGrowth);
  }

  it('come out of Encrypt as out of a cipher, in flat memory', async () => {
    const [key, iv] = [randomBytes(32), randomBytes(16)];
    const { uniqueIdentifier } = await client.call(register, {
      objectType: 'SymmetricKey',
      attributes: {
        instances: [
          { key: 'cryptographicUsageMask', value: 4 },
          { key: 'activationDate', value: 1 },
        ],
      },
      object: {
        objectType: 'SymmetricKey',
        keyBlock: {
          keyFormatType: 'Raw',
          keyValue: { keyMaterial: Uint8Array.from(key) },
          cryptographicAlgorithm: 'AES',
          cryptographicLength: 256,
        },
      },
    });
    const own = createCipheriv('aes-256-ctr', key, iv);
    const [expected, seen] = [createHash('sha256'), createHash('sha256')];
    let correlationValue: Uint8Array | undefined;
    await flat(async (data, part) => {
      const isLast = part === parts - 1;
      const first = {
        cryptographicParameters: { blockCipherMode: 'CTR' },
        ivCounterNonce: iv,
        initIndicator: true,
      } as const;
      const answer = await client.call(encrypt, {
        uniqueIdentifier,
        data,
        ...(part === 0 ? first : { correlationValue, finalIndicator: isLast }),
      });
      ({ correlationValue } = answer);
      seen.update(answer.data as Uint8Array);
      expected.update(own.update(data));
    });
    expect(seen.digest('hex')).to.equal(expected.digest('hex'));
  });

  it('come out of Hash as out of a hash, in flat memory', async () => {
    const expected = createHash('sha256');
    let correlationValue: Uint8Array | undefined;
    let digest: Uint8Array | undefined;
    await flat(async (data, part) => {
      expected.update(data);
      const first = { cryptographicParameters: { hashingAlgorithm: 'SHA_256' }, initIndicator: true } as const;
      const isLast = part === parts - 1;
      const answer = await client.call(hash, {
        data,
        ...(part === 0 ? first : { correlationValue, finalIndicator: isLast }),
      });
      ({ correlationValue, data: digest } = answer);
    });
    expect(Buffer.from(digest as Uint8Array).toString('hex')).to.equal(expected.digest('hex'));
  });
});
