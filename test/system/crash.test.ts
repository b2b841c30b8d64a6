/**
 * The built server is killed in mid-load, again and again, on the embedded store. What it acknowledged must be there
 * with its attributes, what it did not must be there whole or not at all, and the audit trail must know of every
 * change.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { show } from '#audit/show';
import type { Client } from '#client/client';
import { activate } from '#operations/life-cycle/activate';
import { create } from '#operations/create/create';
import { destroy } from '#operations/life-cycle/destroy';
import { get } from '#operations/fetch/get';
import { getAttributes } from '#operations/attributes/get-attributes';
import { locate } from '#operations/server/locate';
import { revoke } from '#operations/life-cycle/revoke';
import { KmipError } from '#protocol/kmip-error';
import { makePlace, type Place } from '#test/cli/kmipd';
import { aesKey } from '#test/client/aes-key';
import { startServerProcess, type ServerProcess } from '#test/fixtures/server-process';
import { until } from '#test/fixtures/timing';

const kills = 20;
const connections = 4;

const states = ['PreActive', 'Active', 'Deactivated', 'Destroyed'] as const;
type State = (typeof states)[number];
/** What brings an object into each state. */
const operationInto: { readonly [S in State]: string } = {
  PreActive: 'Create',
  Active: 'Activate',
  Deactivated: 'Revoke',
  Destroyed: 'Destroy',
};

/** An object as far as the client knows: a state that was asked for but not acknowledged may have come about. */
interface Known {
  readonly name: string;
  readonly group: string;
  readonly material: string;
  state: State;
  asked?: State | undefined;
}

describe('a server that is killed in mid-load', () => {
  let place: Place;
  before(() => (place = makePlace()));
  after(async () => {
    for (const server of running) await server.end('SIGKILL');
    await place.remove();
  });

  const running: ServerProcess[] = [];
  async function start(): Promise<ServerProcess> {
    const server = await startServerProcess(place, 'array');
    running.push(server);
    return server;
  }

  it(`has what it acknowledged after each of ${kills} kills, nothing half, and an audit trail without a gap`, async () => {
    expect((await place.kmipd('client', 'add', 'array', '--out', place.path('array'))).status).to.equal(0);
    const held = new Map<string, State>();
    let acknowledged = 0;
    for (let run = 0; run < kills; run++) {
      const server = await start();
      const clients = await Promise.all(Array.from({ length: connections }, () => server.connect()));
      const known = new Map<string, Known>();
      const group = `run-${run}`;
      const loads = clients.map((client, each) => load(client, known, { group, prefix: `${run}-${each}` }));
      await until('a key of each connection', () => known.size >= connections);
      await wait(20 + ((run * 37) % 200));
      expect(await server.end('SIGKILL')).to.equal(null);
      await Promise.all(loads);

      const again = await start();
      const client = await again.connect();
      for (const [id, state] of await examined(client, known, group)) held.set(id, state);
      await client.close();
      acknowledged += known.size;
      await again.end(run % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
    }
    expect(acknowledged).to.be.above(kills * connections);

    const last = await start();
    expect(await last.end()).to.equal(0);
    const verified = await place.kmipd('audit', 'verify');
    expect(verified.status, verified.stderr).to.equal(0);
    const changes = await recordedChanges(join(place.data, 'audit'));
    for (const [id, state] of held) {
      for (const each of states.slice(0, states.indexOf(state) + 1)) {
        expect(changes.has(`${operationInto[each]} ${id}`), `${operationInto[each]} ${id}`).to.equal(true);
      }
    }
  });

  /** Makes keys and takes them through their lives until the connection breaks. */
  async function load(client: Client, known: Map<string, Known>, { group, prefix }: { group: string; prefix: string }) {
    try {
      for (let n = 0; ; n++) {
        const name = `key-${prefix}-${n}`;
        const key = aesKey(
          { key: 'name', value: { nameValue: name, nameType: 'UninterpretedTextString' } },
          { key: 'objectGroup', value: group },
        );
        const { uniqueIdentifier } = await client.call(create, key);
        const object: Known = { name, group, material: await materialOf(client, uniqueIdentifier), state: 'PreActive' };
        known.set(uniqueIdentifier, object);
        const step = async (state: State, change: () => Promise<unknown>): Promise<void> => {
          object.asked = state;
          await change();
          object.state = state;
        };
        if (n % 2 === 0) continue;
        await step('Active', () => client.call(activate, { uniqueIdentifier }));
        if (n % 4 === 1) continue;
        const revocationReason = { revocationReasonCode: 'CessationOfOperation' } as const;
        await step('Deactivated', () => client.call(revoke, { uniqueIdentifier, revocationReason }));
        await step('Destroyed', () => client.call(destroy, { uniqueIdentifier }));
      }
    } catch (error) {
      if (error instanceof KmipError) throw error;
    }
  }

  async function materialOf(client: Client, uniqueIdentifier: string): Promise<string> {
    const { object } = await client.call(get, { uniqueIdentifier });
    const value = 'keyBlock' in object ? object.keyBlock?.keyValue : undefined;
    const material = value !== undefined && 'keyMaterial' in value ? value.keyMaterial : undefined;
    return material instanceof Uint8Array ? Buffer.from(material).toString('hex') : 'none';
  }

  /** Holds the server to what the client knows; gives the state of every object that is there, acknowledged or not. */
  async function examined(client: Client, known: Map<string, Known>, group: string): Promise<Map<string, State>> {
    const found = new Map<string, State>();
    // On-line and destroyed objects.
    const request = { storageStatusMask: 1 | 4, attributes: [{ key: 'objectGroup', value: group }] } as const;
    const { uniqueIdentifier: ids = [] } = await client.call(locate, request);
    expect(ids).to.include.members([...known.keys()]);
    for (const id of ids) {
      const { attributes = [] } = await client.call(getAttributes, { uniqueIdentifier: id });
      const one = (key: string): unknown => attributes.find((each) => each.key === key)?.value;
      const state = one('state') as State;
      found.set(id, state);
      const object = known.get(id);
      if (object !== undefined) expect([object.state, object.asked], id).to.include(state);
      expect(one('name')).to.have.property('nameValue').that.matches(/^key-/);
      if (object !== undefined) expect(one('name')).to.have.property('nameValue', object.name);
      expect(
        [one('cryptographicAlgorithm'), one('cryptographicLength'), one('cryptographicUsageMask')],
        id,
      ).to.deep.equal(['AES', 256, 12]);
      if (state === 'Destroyed') continue;
      const material = await materialOf(client, id);
      expect(material, id).to.have.length(64);
      if (object !== undefined) expect(material === object.material, `the material of ${id}`).to.equal(true);
    }
    return found;
  }

  /** 'Create ID' for each change that the trail knows, as it was written at the time or completed after a crash. */
  async function recordedChanges(directory: string): Promise<Set<string>> {
    const changes = new Set<string>();
    for await (const { operation, objects = [], status } of show(directory)) {
      if (status === 'Success') for (const id of objects) changes.add(`${operation} ${id}`);
    }
    return changes;
  }
});
