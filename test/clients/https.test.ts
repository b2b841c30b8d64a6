/** A client that sends its messages over HTTPS. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, enumerated, request, versions, item } from '#test/fixtures/items';
import { decode, encode } from '#ttlv/index';
import { aes, given } from './caller.ts';
import { serve, type Connected } from './connected.ts';

describe('a client over HTTPS', () => {
  let fixture: Fixture;
  let server: Connected;
  beforeEach(async () => {
    fixture = await openFixture();
    server = await serve(fixture);
  });
  afterEach(async () => {
    await server.close();
    await fixture.close();
  });

  for (const version of versions) {
    it(`https-ttlv: POST /kmip takes a message of ${version} and answers with one`, async () => {
      const socket = await server.connectHttps();
      const body = encode(
        request(version, [item('Create', [enumerated('ObjectType', 'SymmetricKey'), given(version, ...aes())])]),
      );
      const sent = httpRequest({
        ...{ method: 'POST', path: '/kmip', createConnection: () => socket },
        headers: { host: 'localhost', 'content-type': 'application/octet-stream', 'content-length': body.length },
      });
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      expect(response.statusCode).to.equal(200);
      expect(response.headers).to.include({ 'content-type': 'application/octet-stream', 'cache-control': 'no-cache' });
      const answer = Buffer.concat((await response.toArray()) as Buffer[]);
      expect(response.headers['content-length']).to.equal(String(answer.length));
      expect(at(decode(answer), 'BatchItem', 'ResultStatus')?.value).to.equal(0);
      socket.destroy();
    });
  }
});
