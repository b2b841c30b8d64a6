import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { makePlace, type Place } from './kmipd.ts';

describe('kmipd root-key and data-key', () => {
  let place: Place;

  beforeEach(async () => {
    place = makePlace();
    await place.kmipd('client', 'add', 'array', '--out', place.path('array'));
  });
  afterEach(() => place.remove());

  const listed = async (...options: string[]) => (await place.kmipd('client', 'list', ...options)).stdout;

  it('replaces the root key in its file', async () => {
    const before = readFileSync(`${place.data}/root.key`);
    const changed = await place.kmipd('root-key', 'change');
    expect(changed.status, changed.stderr).to.equal(0);
    expect(readFileSync(`${place.data}/root.key`).equals(before)).to.equal(false);
    expect(await listed()).to.include('array');
    writeFileSync(`${place.data}/root.key`, before);
    expect((await place.kmipd('client', 'list')).stderr).to.match(/is not the one of this store\nhint: /);
  });

  it('moves the root key to another file, then to a passphrase, and back', async () => {
    const [elsewhere, passphrase] = [place.path('root'), place.path('passphrase')];
    writeFileSync(passphrase, 'a good passphrase');
    const moved = await place.kmipd('root-key', 'change', '--new-root-key-file', elsewhere);
    expect(moved.stderr).to.include(`from now on: --root-key-file ${elsewhere}`);
    expect(await listed('--root-key-file', elsewhere)).to.include('array');
    const options = ['--root-key-file', elsewhere, '--new-passphrase-file', passphrase];
    expect((await place.kmipd('root-key', 'change', ...options)).status).to.equal(0);
    expect(await listed('--passphrase-file', passphrase)).to.include('array');
    const back = ['--passphrase-file', passphrase, '--new-root-key-file', place.path('again')];
    expect((await place.kmipd('root-key', 'change', ...back)).status).to.equal(0);
    expect(await listed('--root-key-file', place.path('again'))).to.include('array');
  });

  it('goes on serving while keys are changed and rotated', async () => {
    const server = await place.serve();
    await place.dial(server.port, 'array');
    expect((await place.kmipd('root-key', 'change')).status).to.equal(0);
    const rotated = await place.kmipd('data-key', 'rotate');
    expect(rotated.status, rotated.stderr).to.equal(0);
    expect(rotated.stderr).to.match(/^\d+ records are sealed under a new data key, and the old ones are deleted$/m);
    expect(rotated.stdout).to.equal('');
    await place.kmipd('client', 'add', 'later', '--out', place.path('later'));
    await place.dial(server.port, 'later');
    expect(await server.end()).to.equal(0);
    expect(server.stderr()).to.not.match(/ error /);
  });
});

describe('kmipd audit', () => {
  let place: Place;

  before(async () => {
    place = makePlace();
    await place.kmipd('client', 'add', 'array', '--out', place.path('array'));
    await place.kmipd('client', 'revoke', 'nobody');
    await place.kmipd('client', 'revoke', 'array');
  });
  after(() => place.remove());

  it('shows commands that succeeded and that failed, and needs no root key for it', async () => {
    const shown = await place.kmipd('audit', 'show', '--root-key-file', place.path('none'));
    const said = shown.stdout.split('\n').filter((line) => line.includes(' administration '));
    expect(said.map((line) => line.replace(/^\S+ administration /, '').replace(/ client=.*/, ''))).to.deep.equal([
      'ca create Success',
      'ca create Success',
      'client add Success',
      'client revoke OperationFailed OperatorError',
      'client revoke Success',
    ]);
  });

  it('filters by client, operation, result and time', async () => {
    const count = async (...options: string[]) => {
      const { stdout } = await place.kmipd('audit', 'show', '--json', ...options);
      const records = stdout.split('\n').filter((line) => line !== '');
      return records.map((line) => JSON.parse(line) as { operation?: string }).filter((record) => record.operation)
        .length;
    };
    expect(await count('--operation', 'client revoke')).to.equal(2);
    expect(await count('--operation', 'client revoke', '--result', 'Success')).to.equal(1);
    expect(await count('--client', 'array')).to.equal(2);
    expect(await count('--until', '2001-01-01')).to.equal(0);
    expect((await place.kmipd('audit', 'show', '--since', 'yesterday')).status).to.equal(2);
  });

  it('does not call a trail right whose MACs and checkpoints it could not look at', async () => {
    const keyless = await place.kmipd('audit', 'verify', '--root-key-file', place.path('none'));
    expect(keyless.status).to.equal(1);
    expect(keyless.stdout).to.equal('');
    expect(keyless.stderr).to.match(
      /could not be checked whole, since the store could not be opened: the root key file .*none is missing\nhint: .*--root-key-file/,
    );
    const storeless = await place.kmipd('audit', 'verify', '--store', `lmdb:${place.path('nothing')}`);
    expect(storeless.status).to.equal(1);
    expect(storeless.stderr).to.match(/could not be checked whole, since the store could not be opened: /);
    expect(existsSync(place.path('nothing'))).to.equal(false);
  });

  it('has one file for all commands', async () => {
    for (let times = 0; times < 3; times++) await place.kmipd('client', 'list');
    expect(readdirSync(`${place.data}/audit`).filter((name) => name.endsWith('.jsonl'))).to.have.length(1);
  });

  it('finds the newest chain cut or removed, though its writer ended in order', async () => {
    await place.kmipd('client', 'list');
    const newest = readdirSync(`${place.data}/audit`).sort().at(-1) ?? '';
    const file = `${place.data}/audit/${newest}`;
    const whole = readFileSync(file, 'latin1');
    expect((await place.kmipd('audit', 'verify')).status).to.equal(0);
    writeFileSync(
      file,
      whole
        .split(/(?<=\n)/)
        .slice(0, 1)
        .join(''),
    );
    const cut = await place.kmipd('audit', 'verify');
    expect(cut.status).to.equal(1);
    expect(cut.stderr).to.match(/jsonl, line 1: cut off: the store saw record \d+/);
    rmSync(file);
    expect((await place.kmipd('audit', 'verify')).stderr).to.match(/the file is missing/);
    writeFileSync(file, whole);
    expect((await place.kmipd('audit', 'verify')).status).to.equal(0);
  });

  it('verifies the trail, and names the first record that was changed', async () => {
    const right = await place.kmipd('audit', 'verify');
    expect(right.stdout).to.match(/^\d+ records in \d+ chains are right$/m);
    const [first = ''] = readdirSync(`${place.data}/audit`).sort();
    const file = `${place.data}/audit/${first}`;
    writeFileSync(file, readFileSync(file, 'latin1').replace('"client add"', '"client bad"'));
    const broken = await place.kmipd('audit', 'verify');
    expect(broken.status).to.equal(1);
    expect(broken.stderr).to.match(/the audit trail is broken: .*, line \d+: /);
  });

  it('says so when there is no trail', async () => {
    const none = await place.kmipd('audit', 'verify', '--data', place.path('none'));
    expect(none.stderr).to.match(/no audit trail found in .*none\nhint: /);
    expect(existsSync(place.path('none'))).to.equal(false);
  });
});
