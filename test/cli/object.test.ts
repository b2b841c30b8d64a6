import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

import { expect } from 'chai';

import { attribute, bytes, enumerated, request, struct, text, value, aesTemplate, item } from '#test/fixtures/items';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { createFramer } from '#ttlv/framer';
import type { Item } from '#ttlv/item';

import { makePlace, type Place, type Running } from './kmipd.ts';

const [createOperation, getOperation] = [0x01, 0x0a];

const createNamed = (name: string): Item =>
  request('1.4', [
    item(createOperation, [
      enumerated('ObjectType', 'SymmetricKey'),
      aesTemplate(
        attribute(
          'Name',
          struct('AttributeValue', text('NameValue', name), enumerated('NameType', 'UninterpretedTextString')),
        ),
        attribute('x-secret', bytes('AttributeValue', '00 11 22')),
      ),
    ]),
  ]);

describe('kmipd object, beside a running server', () => {
  let place: Place;
  let server: Running;
  let id: string;
  let material: Buffer;

  async function exchange(client: string, message: Item): Promise<Item> {
    const socket = await place.dial(server.port, client);
    const framer = createFramer({ maximumBytes: 1024 * 1024 });
    socket.write(encode(message));
    const messages: Uint8Array[] = [];
    while (messages.length === 0) messages.push(...framer.push((await once(socket, 'data'))[0] as Buffer));
    socket.destroy();
    return decode(messages[0] as Uint8Array);
  }

  const get = (client: string) =>
    exchange(client, request('1.4', [item(getOperation, [text('UniqueIdentifier', id)])]));
  const statusOf = (answer: Item) => value(answer, 'BatchItem', 'ResultStatus');

  before(async () => {
    place = makePlace();
    server = await place.serve();
    for (const name of ['old-array', 'new-array']) await place.kmipd('client', 'add', name, '--out', place.path(name));
    const created = await exchange('old-array', createNamed('volume\u001b[2J'));
    id = value(created, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string;
    await exchange('new-array', createNamed('other'));
    const got = await get('old-array');
    material = Buffer.from(
      value(got, 'BatchItem', 'ResponsePayload', 'SymmetricKey', 'KeyBlock', 'KeyValue', 'KeyMaterial') as Uint8Array,
    );
  });
  after(() => place.remove());

  it('lists the objects of all clients, or of one', async () => {
    const all = await place.kmipd('object', 'list');
    expect(all.stdout.split('\n')[0]).to.match(/^ID +CLIENT +TYPE +STATE +ALGORITHM +LENGTH +NAMES$/);
    expect(all.stdout).to.include(`${id}  old-array  SymmetricKey  Pre-Active  AES        256     volume?[2J`);
    const listed = async (...options: string[]) =>
      JSON.parse((await place.kmipd('object', 'list', '--json', ...options)).stdout) as {
        id: string;
        client: string;
      }[];
    expect(await listed()).to.have.length(2);
    expect(await listed('--client', 'old-array')).to.deep.equal([
      {
        ...{ id, client: 'old-array', type: 'SymmetricKey', state: 'Pre-Active', algorithm: 'AES', length: 256 },
        names: ['volume\u001b[2J'],
      },
    ]);
    expect(await listed('--state', 'Active')).to.deep.equal([]);
    expect((await place.kmipd('object', 'list', '--client', 'nobody')).stderr).to.match(/client "nobody" not found/);
  });

  it('shows the attributes of an object, never its material', async () => {
    const shown = await place.kmipd('object', 'show', id);
    expect(shown.status, shown.stderr).to.equal(0);
    expect(shown.stdout).to.match(/^Client old-array \([0-9a-f-]{36}\)$/m);
    expect(shown.stdout).to.match(/^CryptographicLength Integer 256$/m);
    expect(shown.stdout).to.include('001122');
    for (const encoding of ['hex', 'base64'] as const) {
      expect(shown.stdout.toLowerCase()).to.not.include(material.toString(encoding).toLowerCase());
    }
    expect((await place.kmipd('object', 'show', 'nothing')).stderr).to.match(/object "nothing" not found\nhint: /);
  });

  it('gives an object to another client, with its next request', async () => {
    expect(statusOf(await get('new-array'))).to.equal(1);
    const given = await place.kmipd('object', 'give', id, '--to', 'new-array');
    expect(given.status, given.stderr).to.equal(0);
    expect(statusOf(await get('new-array'))).to.equal(0);
    expect(statusOf(await get('old-array'))).to.equal(1);
    const listed = await place.kmipd('object', 'list', '--client', 'new-array');
    expect(listed.stdout).to.include(id);
  });

  it('gives nothing to a client that is revoked or absent', async () => {
    await place.kmipd('client', 'revoke', 'old-array');
    for (const name of ['old-array', 'nobody']) {
      expect((await place.kmipd('object', 'give', id, '--to', name)).status).to.equal(1);
    }
    expect(statusOf(await get('new-array'))).to.equal(0);
  });

  it('stands in the audit trail with identifiers only', async () => {
    const shown = await place.kmipd('audit', 'show', '--object', id, '--operation', 'object give');
    expect(shown.stdout.trim().split('\n')).to.have.length(1);
    expect(shown.stdout).to.match(/ administration object give Success client=\S+ object=\S+$/m);
    const trail = readdirSync(`${place.data}/audit`).map((name) =>
      readFileSync(`${place.data}/audit/${name}`, 'latin1'),
    );
    expect(trail.join('')).to.not.match(/old-array|new-array|volume/);
  });
});
