/** Our client over HTTPS, against our server, and against servers that answer badly. */
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createClient } from '#client/client';
import { openHttpsTransport, type HttpsPeer } from '#client/https-transport';
import { discoverVersions } from '#operations/server/discover-versions';
import { query } from '#operations/server/query';
import { encodings, type EncodingName } from '#protocol/encodings';
import { openTlsPlace, type Holder, type TlsPlace } from '#test/server/network/tls-place';

describe('messages over HTTPS', () => {
  let place: TlsPlace;
  let array: Holder;
  let bad: Server | undefined;
  beforeEach(async () => {
    place = await openTlsPlace({ https: true });
    array = await place.add('array');
  });
  afterEach(async () => {
    bad?.closeAllConnections();
    bad?.close();
    await place.close();
  });

  const peer = (more: Partial<HttpsPeer> = {}): HttpsPeer => ({
    ...{ host: '127.0.0.1', port: Number(place.server.https), serverName: 'localhost' },
    ...{ cert: array.cert, key: array.key, ca: place.ca },
    ...more,
  });

  async function answering(listener: RequestListener): Promise<HttpsPeer> {
    bad = createServer({ ...(await place.serverIdentity('localhost')) }, listener).listen(0, '127.0.0.1');
    await once(bad, 'listening');
    return peer({ port: (bad.address() as AddressInfo).port, timeout: 500, maximumAnswer: 1000 });
  }

  const failure = (of: Promise<unknown>): Promise<string> =>
    of.then(
      () => 'none',
      (error: Error) => error.message,
    );

  for (const encoding of Object.keys(encodings) as EncodingName[]) {
    it(`carry requests one after another on one connection, in ${encoding}`, async () => {
      const client = createClient(await openHttpsTransport(peer({ encoding })));
      const answers = await Promise.all([
        client.call(discoverVersions, { protocolVersion: [] }),
        client.call(query, { queryFunction: ['QueryServerInformation'] }),
        client.call(discoverVersions, { protocolVersion: [] }),
      ]);
      expect(answers[0]).to.deep.equal(answers[2]);
      expect(answers[1]).to.have.property('vendorIdentification', 'kmipd test');
      await client.close();
    });
  }

  it('say what a server answers that is no KMIP', async () => {
    const wrong = await openHttpsTransport(peer({ path: '/other' }));
    expect(await failure(wrong.exchange(Buffer.alloc(8)))).to.equal(
      'the server answered HTTP 404: 404 the path must be /kmip',
    );
    await wrong.close();
  });

  it('fail when a server closes, is silent, or says too much', async () => {
    const bads: [RequestListener, RegExp][] = [
      [({ socket }) => void socket.destroy(), /hang up|ECONNRESET/],
      [() => undefined, /the server did not answer within 500 ms/],
      [
        (_request, response) =>
          void response.setHeader('content-type', 'application/octet-stream').end(Buffer.alloc(100_000)),
        /at most 1000 bytes/,
      ],
    ];
    for (const [listener, says] of bads) {
      const transport = await openHttpsTransport(await answering(listener));
      expect(await failure(transport.exchange(Buffer.alloc(8)))).to.match(says);
      await transport.close();
      bad?.closeAllConnections();
      bad?.close();
    }
  });

  it('fail after the server has closed, and when nobody is there', async () => {
    const transport = await openHttpsTransport(peer());
    await place.server.close();
    expect(await failure(transport.exchange(Buffer.alloc(8)))).to.match(/closed the connection|hang up|ECONNRESET/);
    await transport.close();
    expect(await failure(openHttpsTransport(peer()))).to.include('ECONNREFUSED');
  });
});
