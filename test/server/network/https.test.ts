/**
 * KMIP over HTTPS (Additional Message Encodings 1.0 §2): each encoding, and clients that are slow, greedy or revoked.
 */
import { createHash } from 'node:crypto';
import { Agent } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { aesKey } from '#test/fixtures/batches';
import { asHttp, contentTypes, encodings, exchange, heard, post, query, type ContentType } from './https-requests.ts';
import {
  at,
  attribute,
  bool,
  bytes,
  enumerated,
  request,
  struct,
  text,
  value,
  versions,
  item,
} from '#test/fixtures/items';
import { openTlsPlace, type Holder, type Peer, type TlsPlace, type TlsPlaceOptions } from './tls-place.ts';
import { bestOf, elapsed, until } from '#test/fixtures/timing';

const xml = { 'content-type': 'text/xml' };

describe('HTTPS', () => {
  let place: TlsPlace;
  let array: Holder;
  afterEach(() => place.close());

  async function open(options?: TlsPlaceOptions): Promise<void> {
    place = await openTlsPlace({ ...options, https: true });
    array = await place.add('array');
  }

  /** A connection on which bytes are sent as they are. */
  const dial = (): Promise<Peer> => place.dial(array, { port: place.server.https });

  describe('in each encoding', () => {
    for (const type of contentTypes) {
      for (const version of versions) {
        it(`makes a key and gives it, in ${type} of ${version}`, async () => {
          await open();
          const created = await exchange(place, array, type, request(version, [item('Create', aesKey(version))]));
          const id = value(created, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string;
          const got = await exchange(
            place,
            array,
            type,
            request(version, [item('Get', [text('UniqueIdentifier', id)])]),
          );
          const material = value(
            got,
            ...(['BatchItem', 'ResponsePayload', 'SymmetricKey', 'KeyBlock', 'KeyValue', 'KeyMaterial'] as const),
          );
          expect((material as Uint8Array).length).to.equal(32);
          expect(at(got, 'ResponseHeader', 'ProtocolVersion')).to.deep.equal(
            at(request(version, []), 'RequestHeader', 'ProtocolVersion'),
          );
        });
      }

      it(`has the headers that the profile asks for, in ${type}`, async () => {
        await open();
        const { status, headers, body } = await post(place, array, encodings[type].write(query('1.4')), {
          headers: { 'content-type': type },
        });
        expect(status).to.equal(200);
        expect(headers).to.include({
          'content-type': type,
          'content-length': String(body.length),
          'cache-control': 'no-cache',
        });
      });

      it(`counts Maximum Response Size as in TTLV, in ${type}`, async () => {
        await open();
        const asked = request('1.4', [item('Query', [enumerated('QueryFunction', 'QueryOperations')])], {
          before: [{ ...enumerated('MaximumResponseSize', 0), type: 2, value: 256 }],
        });
        const answer = await exchange(place, array, type, asked);
        expect(value(answer, 'BatchItem', 'ResultReason')).to.equal(2);
      });

      it(`answers what cannot be read with Invalid Message in its version, in ${type}`, async () => {
        await open();
        const whole = encodings[type].write(query('1.3'));
        const { status, headers, body } = await post(place, array, whole.subarray(0, -8), {
          headers: { 'content-type': type },
        });
        expect(status).to.equal(200);
        expect(headers['content-type']).to.equal(type);
        const answer = encodings[type].read(body);
        expect(value(answer, 'BatchItem', 'ResultReason')).to.equal(4);
        expect(value(answer, 'ResponseHeader', 'ProtocolVersion', 'ProtocolVersionMinor')).to.equal(3);
      });
    }

    it('takes a charset that says what is true, and HTTP/1.0', async () => {
      await open();
      const body = encodings['text/xml'].write(query('1.4'));
      const said = await post(place, array, body, { headers: { 'content-type': 'Text/XML; charset="UTF-8"' } });
      expect(said.status).to.equal(200);
      const peer = await dial();
      peer.socket.write(`POST /kmip HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n`);
      peer.socket.write(body);
      expect(await heard(peer)).to.match(/^HTTP\/1\.1 200 OK\r\n[^]*<ResponseMessage>/);
    });

    it('says so when the answer holds what XML cannot carry', async () => {
      await open();
      const name = attribute(
        'Name',
        struct('AttributeValue', text('NameValue', 'a\0b'), enumerated('NameType', 'UninterpretedTextString')),
      );
      const key = item('Create', [
        enumerated('ObjectType', 'SymmetricKey'),
        struct('TemplateAttribute', ...(aesKey('1.4')[1]?.value as Item[]), name),
      ]);
      await exchange(place, array, 'application/json', request('1.4', [key]));
      const located = request('1.4', [item('Locate')]);
      const found = await exchange(place, array, 'text/xml', located);
      const id = text('UniqueIdentifier', value(found, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string);
      const asked = request('1.4', [item('GetAttributes', [id, text('AttributeName', 'Name')])]);
      const { status, body } = await post(place, array, encodings['text/xml'].write(asked), { headers: xml });
      expect([status, body.toString()]).to.deep.equal([
        406,
        '406 a text string must not contain a character that XML cannot carry: ask in another encoding\n',
      ]);
      const answer = await exchange(place, array, 'application/json', asked);
      expect(value(answer, 'BatchItem', 'ResultStatus')).to.equal(0);
    });
  });

  describe('on one connection', () => {
    it('answers one request after another, as one session: a stream goes on there, and nowhere else', async () => {
      await open();
      const [mine, another] = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
      const hash = async (
        agent: Agent | undefined,
        type: ContentType,
        data: string,
        ...more: Item[]
      ): Promise<Item> => {
        const sha256 = struct('CryptographicParameters', enumerated('HashingAlgorithm', 'SHA_256'));
        const asked = request('2.1', [item('Hash', [sha256, bytes('Data', data), ...more])]);
        return exchange(place, array, type, asked, { agent: agent ?? false });
      };
      const begun = await hash(mine, 'text/xml', '61', bool('InitIndicator', true));
      const stream = at(begun, 'BatchItem', 'ResponsePayload', 'CorrelationValue') as Item;
      expect(value(await hash(another, 'text/xml', '62', stream), 'BatchItem', 'ResultStatus')).to.equal(1);
      await hash(mine, 'application/json', '62', stream);
      const ended = await hash(mine, 'application/octet-stream', '63', stream, bool('FinalIndicator', true));
      expect(value(ended, 'BatchItem', 'ResponsePayload', 'Data')).to.deep.equal(
        createHash('sha256').update('abc').digest(),
      );
      for (const agent of [mine, another]) agent?.destroy();
    });

    it('answers requests that come all at once in their order, each after the one before', async () => {
      await open();
      const peer = await dial();
      const ids = Array.from({ length: 15 }, (_, n) => n.toString(16).padStart(4, '0'));
      peer.socket.write(Buffer.concat(ids.map((id) => asHttp(encode(query('1.4', id))))));
      const last = ids.at(-1)?.replace(/../g, '\\x$&');
      const said = await heard(peer, new RegExp(`\\x42\\0\\x93\\x08\\0\\0\\0\\x02${last}`));
      const order = [...said.matchAll(/\x42\0\x93\x08\0\0\0\x02(..)/gs)].map(([, id]) =>
        Buffer.from(id ?? '', 'latin1').toString('hex'),
      );
      expect(order).to.deep.equal(ids);
    });

    for (const [what, one] of [
      ['requests', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
      ['requests without a Host', 'GET / HTTP/1.1\r\n\r\n'],
      ['requests that expect what there is not', 'GET / HTTP/1.1\r\nHost:\r\nExpect: x\r\n\r\n'],
    ] as const) {
      it(`is closed when more than 16 ${what} wait, which the log counts once`, async () => {
        await open();
        const peer = await dial();
        peer.socket.write(one.repeat(300));
        await peer.closed();
        const lines = place.said().match(/a connection sent too many requests at once/g);
        expect(lines).to.have.length(1);
        expect(value(await exchange(place, array, 'text/xml', query('1.4')), 'BatchItem', 'ResultStatus')).to.equal(0);
      });
    }

    it('answers what was whole before what is no HTTP, and closes', async () => {
      await open();
      const peer = await dial();
      peer.socket.write(Buffer.concat([asHttp(encode(query('1.4', '07'))), Buffer.from('nonsense\r\n\r\n')]));
      const said = await heard(peer);
      expect(said.match(/HTTP\/1\.1 \d+/g)?.[0]).to.equal('HTTP/1.1 200');
      expect(said).to.not.match(/^HTTP\/1\.1 400/);
    });

    it('answers what a client asked before it closed its own side', async () => {
      await open();
      const peer = await place.dial(array, { port: place.server.https, allowHalfOpen: true } as object);
      peer.socket.end(Buffer.concat([asHttp(encode(query('1.4'))), asHttp(encode(query('1.4')))]));
      expect((await heard(peer)).match(/HTTP\/1\.1 200/g)).to.have.length(2);
    });

    it('reads no further for a client that does not read its answers', async () => {
      await open();
      const peer = await dial();
      peer.socket.pause();
      const functions = [1, 2, 3, 4].map((each) => enumerated('QueryFunction', each));
      const items = Array.from({ length: 50 }, () => item('Query', functions));
      const one = asHttp(encode(request('1.4', items)), `X-Long: ${'y'.repeat(5000)}\r\n`);
      for (let n = 0; n < 4000; n++) peer.socket.write(one);
      for (let before = -1; before !== peer.socket.writableLength; await wait(500)) before = peer.socket.writableLength;
      expect(peer.socket.writableLength).to.be.above(1_000_000);
      expect(value(await exchange(place, array, 'text/xml', query('1.4')), 'BatchItem', 'ResultStatus')).to.equal(0);
    });

    const drips: { name: string; sends: Buffer }[] = [
      { name: 'nothing', sends: Buffer.of() },
      { name: 'a request line byte by byte', sends: asHttp(Buffer.alloc(1000)) },
      { name: 'a body byte by byte', sends: asHttp(Buffer.alloc(1000)) },
    ];
    for (const { name, sends } of drips) {
      it(`closes one that sends ${name} when the idle time is over`, async () => {
        await open({ limits: { idleTimeout: 600 } });
        const started = performance.now();
        const peer = await dial();
        peer.socket.resume();
        let sent = name.includes('body') ? sends.indexOf('\r\n\r\n') + 4 : 0;
        peer.socket.write(sends.subarray(0, sent));
        const drip = setInterval(() => peer.socket.write(sends.subarray(sent, ++sent)), 50);
        // A byte that is on its way then is answered with a reset, which closes it no less.
        peer.socket.on('error', () => undefined);
        if (!peer.socket.closed) await new Promise((resolve) => peer.socket.once('close', resolve));
        clearInterval(drip);
        expect(performance.now() - started).to.be.within(590, 30_000);
        expect(place.said()).to.include('an idle connection was closed');
      });
    }
  });

  describe('as to who may connect', () => {
    /** What the server answers; its end may come before the client's handshake is over. */
    async function heardOf(dialled: Promise<Peer>): Promise<string> {
      const peer = await dialled.catch(() => undefined);
      peer?.socket.write(asHttp(encode(query('1.4'))));
      return peer === undefined ? '' : await heard(peer);
    }

    it('refuses a stranger and one without a certificate before a byte is read, and writes it down', async () => {
      await open();
      const stranger = await place.issue('stranger');
      for (const holder of [stranger, undefined]) {
        expect(await heardOf(place.dial(holder, { port: place.server.https }))).to.equal('');
      }
      expect(place.said()).to.match(/refused.*unknown[^]*refused.*no certificate/);
    });

    it('knows the same client as the other port, and its objects', async () => {
      await open();
      const created = await exchange(place, array, 'text/xml', request('1.4', [item('Create', aesKey('1.4'))]));
      const id = value(created, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier');
      const peer = await place.dial(array);
      peer.socket.write(encode(request('1.4', [item('Locate')])));
      expect((await peer.next())?.toString('latin1')).to.include(id);
    });

    it('cuts the sessions of a client that is revoked, within two seconds', async () => {
      await open();
      let clients = 0;
      const cutting = async (): Promise<number> => {
        const name = `revoked-${++clients}`;
        const peer = await place.dial(await place.add(name), { port: place.server.https });
        peer.socket.write(asHttp(encode(query('1.4'))));
        await heard(peer, /200 OK/);
        return elapsed(async () => {
          await place.clients.revoke(name);
          await peer.closed();
        });
      };
      expect(await bestOf(2000, cutting)).to.be.below(2000);
    });

    it('counts a client, and all connections, over both ports', async () => {
      await open({ limits: { maximumConnectionsPerClient: 2, maximumConnections: 3 } });
      const other = await place.add('other');
      await Promise.all([dial(), place.dial(array)]);
      expect(await heardOf(dial())).to.equal('');
      expect(place.said()).to.include('too many connections');
      // The one that was refused may still have its place.
      await until('a place of its own', async () => {
        const peer = await place.dial(other).catch(() => undefined);
        peer?.socket.write(encode(query('1.4')));
        return (await peer?.next()) !== undefined;
      });
      const drops = await place.dial(other, { port: place.server.https }).catch((error: Error) => error);
      expect(drops).to.be.an('error');
      expect(place.said()).to.include('too many are open');
    });
  });

  it('stops after the requests in flight, and says that it closes', async () => {
    let release = (): void => undefined;
    let arrive = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const asked = new Promise<void>((resolve) => (arrive = resolve));
    await open({
      services: (services) => ({
        ...services,
        audit: {
          chain: services.audit.chain,
          healthy: true,
          pending: (entry) => services.audit.pending(entry),
          close: () => services.audit.close(),
          append: async (...record) => {
            arrive();
            await gate;
            await services.audit.append(...record);
          },
        },
      }),
    });
    const [busy, idle] = [await dial(), await dial()];
    busy.socket.write(asHttp(encode(query('1.4'))));
    await asked;
    const stopped = place.server.close();
    expect(await heard(idle)).to.equal('');
    release();
    expect(await heard(busy)).to.match(/^HTTP\/1\.1 200 OK\r\n[^]*connection: close/i);
    await stopped;
  });
});
