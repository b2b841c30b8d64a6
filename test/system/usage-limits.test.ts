/**
 * Usage Limits are exact (KMIP 2.1 §4.59), for every number of clients: many connections, and two processes on one
 * store.
 */
import { expect } from 'chai';
import type { Client } from '#client/client';
import { create } from '#operations/create/create';
import { encrypt } from '#operations/cryptography/encrypt';
import { getAttributes } from '#operations/attributes/get-attributes';
import { KmipError } from '#protocol/kmip-error';
import { aesKey } from '#test/client/aes-key';
import { makePlace, type Place } from '#test/cli/kmipd';
import { startServerProcess, type ServerProcess } from '#test/fixtures/server-process';

const allowed = 10_000;
const tried = 20_000;
const connectionsToEach = 8;

describe('Usage Limits', () => {
  let place: Place;
  const running: ServerProcess[] = [];
  before(() => (place = makePlace()));
  after(async () => {
    for (const server of running) await server.end();
    await place.remove();
  });

  /** As the client of one name, so many connections to each of two processes. */
  async function clients(): Promise<Client[]> {
    const servers = [];
    for (let each = 0; each < 2; each++) servers.push(await startServerProcess(place, 'array'));
    running.push(...servers);
    const connected = servers.flatMap((server) => Array.from({ length: connectionsToEach }, () => server.connect()));
    return Promise.all(connected);
  }

  it(`let exactly ${allowed} of ${tried} uses pass, tried on ${2 * connectionsToEach} connections to two processes`, async () => {
    const added = await place.kmipd('client', 'add', 'array', '--out', place.path('array'));
    expect(added.status, added.stderr).to.equal(0);
    const all = await clients();
    const [first] = all as [Client];
    const limits = { usageLimitsTotal: BigInt(allowed), usageLimitsUnit: 'Object' };
    const { uniqueIdentifier } = await first.call(
      create,
      aesKey({ key: 'activationDate', value: 1 }, { key: 'usageLimits', value: limits }),
    );
    const request = {
      uniqueIdentifier,
      cryptographicParameters: { blockCipherMode: 'ECB' },
      data: new Uint8Array(16),
    } as const;
    const outcomes = new Map<string, number>();
    let left = tried;
    const tryOn = async (client: Client): Promise<void> => {
      while (left-- > 0) {
        const outcome = await client.call(encrypt, request).then(
          () => 'Success',
          (error: unknown) => (error instanceof KmipError ? error.reason : String(error)),
        );
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(all.map(tryOn));
    expect(Object.fromEntries(outcomes)).to.deep.equal({ Success: allowed, PermissionDenied: tried - allowed });
    const { attributes = [] } = await first.call(getAttributes, { uniqueIdentifier });
    const kept = attributes.find(({ key }) => key === 'usageLimits');
    expect(kept?.value).to.have.property('usageLimitsCount', 0n);
    for (const client of all) await client.close();
  });
});
