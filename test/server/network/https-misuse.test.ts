/** What HTTPS clients should not send: XML and JSON that mean harm, HTTP that is no KMIP, and what is no HTTP. */
import { Agent } from 'node:https';
import { expect } from 'chai';
import { encode } from '#ttlv/encode';
import { asHttp, encodings, exchange, heard, post, query } from './https-requests.ts';
import { value } from '#test/fixtures/items';
import { openTlsPlace, type Holder, type Peer, type TlsPlace } from './tls-place.ts';

const xml = { 'content-type': 'text/xml' };
const json = { 'content-type': 'application/json' };
const ttlv = { 'content-type': 'application/octet-stream' };

describe('HTTPS misused', () => {
  let place: TlsPlace;
  let array: Holder;
  afterEach(() => place.close());

  async function open(): Promise<void> {
    place = await openTlsPlace({ https: true });
    array = await place.add('array');
  }

  /** A connection on which bytes are sent as they are. */
  const dial = (): Promise<Peer> => place.dial(array, { port: place.server.https });

  describe('sent XML or JSON that means harm', () => {
    const header = '<RequestMessage><RequestHeader>';
    const bodies: { name: string; type: Record<string, string>; body: string }[] = [
      {
        name: 'a document type with entities',
        type: xml,
        body: `<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${header}&b;`,
      },
      {
        name: 'an external entity',
        type: xml,
        body: '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><RequestMessage>&x;</RequestMessage>',
      },
      { name: 'an entity that nobody declared', type: xml, body: '<Name type="TextString" value="&x;"/>' },
      { name: 'half of a character', type: xml, body: '<NameValue type="TextString" value="&#xd800;"/>' },
      { name: 'elements 100,000 deep', type: xml, body: '<RequestMessage>'.repeat(3000) },
      { name: 'too many elements', type: xml, body: `<RequestMessage>${'<Name/>'.repeat(25_000)}</RequestMessage>` },
      { name: 'two messages', type: xml, body: '<RequestMessage/><RequestMessage/>' },
      { name: 'no UTF-8', type: xml, body: '\xff\xfe<\0' },
      { name: 'arrays too deep', type: json, body: '['.repeat(100_000) },
      { name: 'too many objects', type: json, body: `[${'{},'.repeat(25_000)}{}]` },
      { name: 'a prototype', type: json, body: '{"tag":"RequestMessage","__proto__":{"type":"Integer"},"value":[]}' },
      { name: 'nothing', type: json, body: '' },
      { name: 'nothing', type: xml, body: '' },
      { name: 'nothing', type: ttlv, body: '' },
    ];
    for (const { name, type, body } of bodies) {
      it(`answers ${name} in ${type['content-type']} with Invalid Message, and goes on`, async () => {
        await open();
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        const { status, body: said } = await post(place, array, Buffer.from(body, 'latin1'), { headers: type, agent });
        expect(status, said.toString()).to.equal(200);
        const read = encodings[type['content-type'] as 'text/xml'].read(said);
        expect(value(read, 'BatchItem', 'ResultReason')).to.equal(4);
        expect(
          value(await exchange(place, array, 'text/xml', query('1.4'), { agent }), 'BatchItem', 'ResultStatus'),
        ).to.equal(0);
        agent.destroy();
      });
    }
  });

  describe('sent what is no KMIP', () => {
    const good = Buffer.from(encode(query('1.4')));
    const bad: {
      name: string;
      status: number;
      says: string;
      send: (place: TlsPlace, holder: Holder) => ReturnType<typeof post>;
    }[] = [
      {
        name: 'another path',
        status: 404,
        says: 'path',
        send: (p, h) => post(p, h, good, { path: '/kmip/x', headers: ttlv }),
      },
      { name: 'GET', status: 405, says: 'POST', send: (p, h) => post(p, h, Buffer.of(), { method: 'GET' }) },
      { name: 'PUT', status: 405, says: 'POST', send: (p, h) => post(p, h, good, { method: 'PUT', headers: ttlv }) },
      { name: 'no Content-Type', status: 415, says: 'Content-Type', send: (p, h) => post(p, h, good) },
      {
        name: 'a form',
        status: 415,
        says: 'Content-Type',
        send: (p, h) => post(p, h, good, { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      },
      {
        name: 'another charset',
        status: 415,
        says: 'Content-Type',
        send: (p, h) => post(p, h, good, { headers: { 'content-type': 'text/xml; charset=utf-16' } }),
      },
      {
        name: 'a packed body',
        status: 415,
        says: 'without Content-Encoding',
        send: (p, h) => post(p, h, good, { headers: { ...xml, 'content-encoding': 'gzip' } }),
      },
      {
        name: 'a body in chunks',
        status: 411,
        says: 'Content-Length',
        send: (p, h) => post(p, h, good, { headers: { ...ttlv, 'transfer-encoding': 'chunked' } }),
      },
      {
        name: 'a body beyond the bound',
        status: 413,
        says: 'at most 65536 bytes',
        send: (p, h) => post(p, h, Buffer.alloc(3_000_000), { headers: ttlv }),
      },
      {
        name: 'a text beyond its bound',
        status: 413,
        says: 'at most 262144 bytes',
        send: (p, h) => post(p, h, Buffer.alloc(262_145, ' '), { headers: json }),
      },
    ];
    for (const { name, status, says, send } of bad) {
      it(`answers ${name} with ${status} in a few plain words, and goes on`, async () => {
        await open();
        const answer = await send(place, array);
        expect(answer.status).to.equal(status);
        expect(answer.headers['content-type']).to.equal('text/plain');
        expect(answer.headers.allow).to.equal(status === 405 ? 'POST' : undefined);
        expect(answer.body.toString())
          .to.match(new RegExp(`^${status} .*${says}.*\n$`))
          .and.to.have.length.below(200);
        expect(place.said()).to.include('an HTTP request was refused');
        const next = await exchange(place, array, 'application/octet-stream', query('1.4'));
        expect(value(next, 'BatchItem', 'ResultStatus')).to.equal(0);
      });
    }

    const noise: { name: string; sends: string | Uint8Array; status: RegExp }[] = [
      { name: 'a TTLV message', sends: good, status: /^HTTP\/1\.1 400 Bad Request\r\n/ },
      { name: 'no request line', sends: 'hello\r\n\r\n', status: /^HTTP\/1\.1 400 Bad Request\r\n/ },
      {
        name: 'no Host',
        sends: 'POST /kmip HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
        status: /^HTTP\/1\.1 400 Bad Request\r\n/,
      },
      {
        name: 'another expectation',
        sends: 'POST /kmip HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: x\r\nConnection: close\r\n\r\n',
        status: /^HTTP\/1\.1 417 /,
      },
      {
        name: 'two lengths',
        sends: 'POST /kmip HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
        status: /^HTTP\/1\.1 400 Bad Request\r\n/,
      },
      {
        name: 'a length and chunks',
        sends: 'POST /kmip HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        status: /^HTTP\/1\.1 400 Bad Request\r\n/,
      },
      {
        name: 'headers beyond their bound',
        sends: `POST /kmip HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(9000)}\r\n\r\n`,
        status: /^HTTP\/1\.1 431 /,
      },
    ];
    for (const { name, sends, status } of noise) {
      it(`closes after ${name}, with a bare status`, async () => {
        await open();
        const peer = await dial();
        peer.socket.write(sends);
        const said = await heard(peer);
        expect(said).to.match(status);
        expect(said.length).to.be.below(300);
        expect(said).to.not.match(/\bat \w|\.js/);
      });
    }

    it('answers a body that waits to be asked for, or says at once that it will not be read', async () => {
      await open();
      const peer = await dial();
      peer.socket.write(asHttp(good, 'Expect: 100-continue\r\n').subarray(0, -good.length));
      expect(await heard(peer, /\r\n\r\n/)).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
      peer.socket.write(good);
      expect(await heard(peer, /200 OK/)).to.include('HTTP/1.1 200 OK');
      const other = await dial();
      other.socket.write(
        'POST /kmip HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 9999999999\r\nExpect: 100-continue\r\n\r\n',
      );
      expect(await heard(other)).to.match(/^HTTP\/1\.1 413 /);
    });
  });
});
