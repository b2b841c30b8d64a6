/** HTTPS as an operator turns it on, spoken to by curl. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { names } from '#protocol/names';
import { encode } from '#ttlv/encode';
import { writeJson } from '#ttlv/json';
import { readXml } from '#ttlv/xml';
import { makePlace, type Place, type Running } from './kmipd.ts';

const query = `<RequestMessage>
  <RequestHeader>
    <ProtocolVersion>
      <ProtocolVersionMajor type="Integer" value="1"/>
      <ProtocolVersionMinor type="Integer" value="4"/>
    </ProtocolVersion>
    <BatchCount type="Integer" value="1"/>
  </RequestHeader>
  <BatchItem>
    <Operation type="Enumeration" value="Query"/>
    <RequestPayload><QueryFunction type="Enumeration" value="QueryOperations"/></RequestPayload>
  </BatchItem>
</RequestMessage>`;

describe('kmipd serve --https', () => {
  let place: Place;
  beforeEach(() => (place = makePlace()));
  afterEach(() => place.remove());

  /** The line comes right after the one that `serve` waits for. */
  async function httpsPort(server: Running): Promise<string> {
    const line = /^https listening on 127\.0\.0\.1:(\d+)$/m;
    await server.says(line);
    return line.exec(server.stderr())?.[1] as string;
  }

  /** What curl says, or nothing when there is no curl. */
  function curl(port: string, type: string, body: string): Promise<string | undefined> {
    const file = (name: string): string => place.path(`array/${name}`);
    const args = ['--silent', '--show-error', '--include', '--max-time', '60', '--noproxy', '*'];
    args.push('--cacert', file('ca.crt'), '--cert', file('array.crt'), '--key', file('array.key'));
    args.push('--header', `Content-Type: ${type}`, '--header', 'Cache-Control: no-cache');
    args.push('--data-binary', `@${body}`, `https://localhost:${port}/kmip`);
    return new Promise((resolve, reject) => {
      execFile('curl', args, { encoding: 'latin1' }, (error, stdout, stderr) => {
        if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') resolve(undefined);
        else if (error !== null) reject(new Error(stderr));
        else resolve(stdout);
      });
    });
  }

  it('answers curl in each encoding, on a port of its own', async function () {
    const server = await place.serve('--https', '0');
    await place.kmipd('client', 'add', 'array', '--out', place.path('array'));
    const port = await httpsPort(server);
    expect(Number(port)).to.not.equal(server.port);
    const item = readXml(query, names);
    const bodies = {
      'application/octet-stream': { content: encode(item), says: /\x42\0\x7f\x05\0\0\0\x04\0{8}/ },
      'text/xml': { content: query, says: /<ResultStatus type="Enumeration" value="Success"\/>/ },
      'application/json': {
        content: writeJson(item, names),
        says: /"ResultStatus","type":"Enumeration","value":"Success"/,
      },
    };
    for (const [type, { content, says }] of Object.entries(bodies)) {
      writeFileSync(place.path('body'), content);
      const said = await curl(port, type, place.path('body'));
      if (said === undefined) this.skip();
      expect(said)
        .to.match(/^HTTP\/1\.1 200 OK\r\n/)
        .and.to.match(says);
      expect(said)
        .to.match(new RegExp(`^content-type: ${type}\r$`, 'm'))
        .and.to.match(/^cache-control: no-cache\r$/m);
    }
    expect(await server.end()).to.equal(0);
  });

  it('is off unless it is asked for', async () => {
    expect((await place.serve()).stderr()).to.not.include('https');
  });

  it('says which port is in use, and leaves nothing running', async () => {
    const { port } = await place.serve();
    const other = makePlace();
    const { status, stderr } = await other.kmipd('serve', '--port', '0', '--https', String(port));
    expect([status, stderr]).to.satisfy(
      () => status === 1 && stderr.includes(`the port ${port} of 127.0.0.1 is in use`),
    );
    await other.remove();
  });
});
