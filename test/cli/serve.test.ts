import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { launcher, makePlace, type Place, type Running } from './kmipd.ts';
import { bestOf, elapsed, until } from '#test/fixtures/timing';

describe('kmipd serve', () => {
  let place: Place;

  beforeEach(() => {
    place = makePlace();
  });
  afterEach(() => place.remove());

  const serve = (...args: string[]) => place.serve(...args);
  const addClient = (name: string) => place.kmipd('client', 'add', name, '--out', place.path(name));
  const file = (name: string) => readFileSync(place.path(name), 'latin1');
  const dial = (port: number, name: string) => place.dial(port, name);

  const closed = (socket: TLSSocket) =>
    new Promise<void>((resolve) => {
      socket.on('error', () => undefined).on('close', () => resolve());
      socket.resume();
    });

  const isOpenAfter = (socket: TLSSocket, milliseconds: number) =>
    Promise.race([
      closed(socket).then(() => false),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(true), milliseconds)),
    ]);

  it('makes all that it needs at the first start, says so, and what to do next', async () => {
    const server = await serve();
    const said = server.stderr();
    for (const what of [
      'an LMDB store',
      'a root key',
      'a certificate authority',
      'a server certificate for localhost',
    ]) {
      expect(said).to.include(`made ${what}`);
    }
    expect(said).to.match(/^next, in another shell: npx kmipd client add my-array --out \.\/my-array --data /m);
    expect(said).to.match(/warn .*the root key lies beside the data/);
    expect(readdirSync(place.data).sort()).to.deep.equal([
      'audit',
      'ca.crt',
      'certify-ca.crt',
      'lmdb',
      'root.key',
      'server.pem',
    ]);
    expect(statSync(place.data).mode & 0o777).to.equal(0o700);
    for (const secret of ['root.key', 'server.pem']) {
      expect(statSync(`${place.data}/${secret}`).mode & 0o777).to.equal(0o600);
    }
  });

  it('says the next command with what else names the store', async () => {
    const [store, passphrase] = [`lmdb:${place.path('a store')}`, place.path('passphrase')];
    writeFileSync(passphrase, 'a good passphrase');
    const server = await serve('--store', store, '--passphrase-file', passphrase);
    expect(server.stderr()).to.include(`made an LMDB store in ${place.path('a store')}\n`);
    expect(server.stderr()).to.include(
      `next, in another shell: npx kmipd client add my-array --out ./my-array --data ${place.data} ` +
        `--store '${store}' --passphrase-file ${passphrase}\n`,
    );
  });

  it('warns of a name that its certificate does not have, until that is renewed', async () => {
    expect(await (await serve('--server-name', 'kms.example.org')).end()).to.equal(0);
    const names = ['--server-name', 'kms.example.org', '--server-name', 'late.example.org'];
    const later = await serve(...names);
    expect(later.stderr()).to.match(
      /warn .*certificate does not name late\.example\.org hint="kmipd server-cert renew/,
    );
    expect(await later.end()).to.equal(0);
    await place.kmipd('server-cert', 'renew', ...names);
    expect((await serve(...names)).stderr()).to.not.match(/does not name/);
  });

  it('starts again with what it made, and makes nothing', async () => {
    const first = await serve();
    expect(await first.end()).to.equal(0);
    const [certificate, root] = [file('data/server.pem'), file('data/root.key')];
    const second = await serve();
    expect(second.stderr()).to.not.match(/^made /m);
    expect([file('data/server.pem'), file('data/root.key')]).to.deep.equal([certificate, root]);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with status 0 on ${signal}`, async () => {
      const server = await serve();
      expect(await server.end(signal)).to.equal(0);
    });
  }

  it('is what npm start runs, and hands its signal on', async () => {
    const server = await place.start('npm', ['start', '--', '--port', '0']);
    expect(await server.end()).to.equal(0);
    const refused = connect({ port: server.port, host: '127.0.0.1' });
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');
  });

  it('has a thread pool larger than the default', async function () {
    if (!existsSync('/proc/self/task')) this.skip();
    const threads = ({ pid }: Running) => readdirSync(`/proc/${pid}/task`).length;
    const usual = threads(await serve());
    const larger = await place.start(process.execPath, [launcher, 'serve', '--port', '0'], {
      UV_THREADPOOL_SIZE: '20',
    });
    expect(threads(larger) - usual).to.equal(12);
  });

  it('prints the bare line that scripts wait for in a log of JSON, and all else as JSON', async () => {
    const server = await serve('--log-format', 'json');
    const lines = server.stderr().trim().split('\n');
    const bare = lines.filter((line) => !line.startsWith('{'));
    expect(bare).to.deep.equal([`listening on 127.0.0.1:${server.port}`]);
    for (const line of lines)
      if (line.startsWith('{')) expect(JSON.parse(line)).to.include.keys('time', 'level', 'message');
  });

  it('knows at once who was added while it runs, and cuts within two seconds who was revoked', async () => {
    const server = await serve();
    await addClient('array');
    const socket = await dial(server.port, 'array');
    expect(await isOpenAfter(socket, 300)).to.equal(true);
    socket.destroy();
    let clients = 0;
    let name = 'array';
    const cutting = async (): Promise<number> => {
      name = `array-${++clients}`;
      await addClient(name);
      const end = closed(await dial(server.port, name));
      await place.kmipd('client', 'revoke', name);
      return elapsed(() => end);
    };
    expect(await bestOf(2000, cutting)).to.be.below(2000);
    await closed(await dial(server.port, name));
    await server.says(/a connection was refused .*reason="client revoked"/);
  });

  it('closes a session that brings no certificate, and goes on', async () => {
    const server = await serve();
    await addClient('array');
    const socket = connect({ port: server.port, host: '127.0.0.1', servername: 'localhost', ca: file('array/ca.crt') });
    await closed(socket);
    expect(await isOpenAfter(await dial(server.port, 'array'), 300)).to.equal(true);
  });

  it('shows a renewed certificate without a restart, to new sessions', async () => {
    const server = await serve();
    await addClient('array');
    const before = await dial(server.port, 'array');
    const renewed = await place.kmipd('server-cert', 'renew', '--server-name', 'kms.example.org');
    expect(renewed.status, renewed.stderr).to.equal(0);
    await until('the new certificate', async () => {
      const after = await dial(server.port, 'array');
      return after.getPeerX509Certificate()?.checkHost('kms.example.org') === 'kms.example.org';
    });
    expect(before.getPeerX509Certificate()?.checkHost('kms.example.org')).to.equal(undefined);
    expect(await isOpenAfter(before, 100)).to.equal(true);
  });

  it('goes on with its certificate when the new one cannot be used', async () => {
    const server = await serve();
    await addClient('array');
    writeFileSync(`${place.data}/server.pem`, 'broken');
    await server.says(/new certificate cannot be used; the one before stays/);
    expect(await isOpenAfter(await dial(server.port, 'array'), 100)).to.equal(true);
  });

  it('serves a certificate from outside', async () => {
    await place.kmipd('server-cert', 'renew', '--server-name', 'outside.example.org');
    const outside = place.path('outside.pem');
    writeFileSync(outside, file('data/server.pem'));
    rmSync(`${place.data}/server.pem`);
    const server = await serve('--tls-cert', outside, '--tls-key', outside);
    await addClient('array');
    const socket = await dial(server.port, 'array');
    expect(socket.getPeerX509Certificate()?.checkHost('outside.example.org')).to.equal('outside.example.org');
    expect(existsSync(`${place.data}/server.pem`)).to.equal(false);
  });

  it('puts names that were asked for into the certificate', async () => {
    await serve('--server-name', 'kms.example.org', '--server-name', '192.0.2.7');
    const { X509Certificate } = await import('node:crypto');
    const certificate = new X509Certificate(
      file('data/server.pem').slice(file('data/server.pem').indexOf('-----BEGIN CERT')),
    );
    expect(certificate.checkHost('kms.example.org')).to.equal('kms.example.org');
    for (const address of ['192.0.2.7', '127.0.0.1', '::1']) expect(certificate.checkIP(address)).to.equal(address);
    expect(certificate.checkHost('localhost')).to.equal('localhost');
  });

  it('tells whether it lives and is ready, and nothing else', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    await serve('--health', String(port));
    const status = async (path: string) => {
      const request = get({ port, path, host: '127.0.0.1' });
      const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect(await status('/live')).to.equal(200);
    expect(await status('/ready')).to.equal(200);
    expect(await status('/')).to.equal(404);
  });

  it('refuses to start without its root key, with a hint, and makes no other', async () => {
    await (await serve()).end();
    rmSync(`${place.data}/root.key`);
    const refused = await place.kmipd('serve', '--port', '0');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(/the root key file .* is missing\nhint: /);
    expect(existsSync(`${place.data}/root.key`)).to.equal(false);
    writeFileSync(`${place.data}/root.key`, '0'.repeat(64));
    expect((await place.kmipd('serve', '--port', '0')).stderr).to.match(/is not the one of this store\nhint: /);
  });

  it('says what to do when the port is in use', async () => {
    const server = await serve();
    const refused = await place.kmipd('serve', '--port', String(server.port));
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(/the port \d+ of 127\.0\.0\.1 is in use\nhint: /);
    const unhealthy = await place.kmipd('serve', '--port', '0', '--health', String(server.port));
    expect(unhealthy.status).to.equal(1);
    expect(unhealthy.stderr).to.include(`the port ${server.port} of 127.0.0.1 is in use`);
    const nowhere = await place.kmipd('serve', '--port', '0', '--host', '192.0.2.1');
    expect(nowhere.stderr).to.match(/cannot listen on 192\.0\.2\.1: not an address of this machine\nhint: /);
  });

  it('takes its root key from a passphrase', async () => {
    const passphrase = place.path('passphrase');
    writeFileSync(passphrase, 'a good passphrase\n');
    const server = await serve('--passphrase-file', passphrase);
    expect(server.stderr()).to.not.match(/root key/);
    await server.end();
    expect(existsSync(`${place.data}/root.key`)).to.equal(false);
    writeFileSync(passphrase, 'another passphrase\n');
    const refused = await place.kmipd('client', 'list', '--passphrase-file', passphrase);
    expect(refused.stderr).to.match(/the passphrase is not the one of this store\nhint: /);
  });

  it('warns of Interop', async () => {
    expect((await serve('--interop')).stderr()).to.match(/warn .*the Interop operation is served/);
  });
});
