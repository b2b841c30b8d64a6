import { readFileSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { makePlace, type Place, type Running } from './kmipd.ts';
import { until } from '#test/fixtures/timing';

describe('kmipd client test', () => {
  let place: Place;
  let server: Running;
  let credential: string[];

  before(async () => {
    place = makePlace();
    writeFileSync(place.path('password'), 'correct horse\n');
    credential = ['--username', 'array-user', '--password-file', place.path('password')];
    server = await place.serve();
    await place.kmipd('client', 'add', 'array', '--out', place.path('array'), ...credential);
  });
  after(() => place.remove());

  const test = (...options: string[]) =>
    place.kmipd(
      'client',
      'test',
      'array',
      '--dir',
      place.path('array'),
      '--server',
      `127.0.0.1:${server.port}`,
      ...options,
    );

  it('prints each step of the life of a key', async () => {
    const tested = await test();
    expect(tested.status, tested.stderr).to.equal(0);
    expect(tested.stdout.split('\n').map((line) => line.split(' ')[0])).to.deep.equal([
      ...['Connect', 'Create', 'Activate', 'Get', 'Locate', 'Revoke', 'Destroy'],
      '',
    ]);
    const listed = await place.kmipd('object', 'list', '--json');
    const states = (JSON.parse(listed.stdout) as { state: string }[]).map(({ state }) => state);
    expect(states).to.deep.equal(['Destroyed']);
  });

  it('gives a user name and password when they are set', async () => {
    expect((await test(...credential)).status).to.equal(0);
    writeFileSync(place.path('wrong'), 'wrong horse');
    const refused = await test('--username', 'array-user', '--password-file', place.path('wrong'));
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(/the server answered AuthenticationNotSuccessful/);
  });

  it('says what to do when nobody listens, the authority is another, or the client is revoked', async () => {
    const elsewhere = await place.kmipd(
      'client',
      'test',
      'array',
      '--dir',
      place.path('array'),
      '--server',
      '127.0.0.1:1',
    );
    expect(elsewhere.stderr).to.match(/ECONNREFUSED.*\nhint: is the server running there/);
    const ca = readFileSync(place.path('array/ca.crt'));
    writeFileSync(place.path('array/ca.crt'), readFileSync(place.path('array/array.crt')));
    expect((await test()).stderr).to.match(/\nhint: ca\.crt does not belong to this server/);
    writeFileSync(place.path('array/ca.crt'), ca);
    await place.kmipd('client', 'revoke', 'array');
    await until('the end of the client', async () => {
      const { stderr } = await test();
      return /\nhint: the server refuses the certificate/.test(stderr);
    });
  });

  it('refuses an address that is none', async () => {
    for (const address of ['localhost', '::1:5696', 'localhost:0', 'localhost:70000']) {
      expect((await test('--server', address)).status).to.equal(2);
    }
  });
});
