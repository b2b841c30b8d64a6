import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { expect } from 'chai';

import { loadConfig, settingNames, variableOf, type Flags } from '#config';
import { OperatorError } from '#operator-error';

describe('the configuration', () => {
  let data: string;

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'kmipd-config-'));
  });
  afterEach(() => rmSync(data, { recursive: true }));

  const load = (flags: Flags = {}, environment: NodeJS.ProcessEnv = {}) => loadConfig({ data, ...flags }, environment);
  const write = (content: unknown) =>
    writeFileSync(join(data, 'kmipd.json'), typeof content === 'string' ? content : JSON.stringify(content));

  it('has a default for all that a server needs', () => {
    expect(load()).to.deep.include({
      host: '127.0.0.1',
      port: 5696,
      interop: false,
      maximumMessageSize: 1024 * 1024,
      idleTimeout: 30 * 60 * 1000,
      caYears: 10,
      clientYears: 2,
      serverYears: 1,
      auditSync: 'second',
      health: undefined,
    });
    expect(loadConfig({}, {}).data).to.equal(resolve('kmipd-data'));
  });

  it('prefers the flag to the variable, the variable to the file, the file to the default', () => {
    write({ port: 1 });
    expect(load().port).to.equal(1);
    expect(load({}, { KMIPD_PORT: '2' }).port).to.equal(2);
    expect(load({ port: '3' }, { KMIPD_PORT: '2' }).port).to.equal(3);
    expect(loadConfig({}, { KMIPD_DATA: data }).port).to.equal(1);
  });

  it('takes an empty variable for none', () => {
    expect(load({}, { KMIPD_PORT: '' }).port).to.equal(5696);
  });

  it('starts the paths of the file from the data directory, others from where one is', () => {
    write({ 'root-key-file': 'keys/root', store: 'lmdb:db' });
    expect(load()).to.deep.include({ rootKeyFile: join(data, 'keys/root'), store: `lmdb:${join(data, 'db')}` });
    expect(load({ 'root-key-file': 'keys/root' }).rootKeyFile).to.equal(resolve('keys/root'));
  });

  it('reads durations and sizes with their units', () => {
    write({ 'idle-timeout': '2h', 'handshake-timeout': 1500, 'maximum-message-size': '64KiB' });
    expect(load()).to.deep.include({ idleTimeout: 7_200_000, handshakeTimeout: 1500, maximumMessageSize: 65_536 });
  });

  it('takes several server names from flags, from one variable and from an array', () => {
    expect(load({ 'server-name': ['a', 'b'] }).serverName).to.deep.equal(['a', 'b']);
    expect(load({}, { KMIPD_SERVER_NAME: 'a, ::1' }).serverName).to.deep.equal(['a', '::1']);
    write({ 'server-name': ['a', 'b'] });
    expect(load().serverName).to.deep.equal(['a', 'b']);
  });

  const refused: [string, Flags, NodeJS.ProcessEnv, unknown, RegExp][] = [
    [
      'a port beyond its bounds',
      { port: '65536' },
      {},
      {},
      /^port \(from --port\) must be an integer from 0 to 65535, not "65536"$/,
    ],
    ['a port that is no number', {}, { KMIPD_PORT: '1e3' }, {}, /^port \(from KMIPD_PORT\) must be an integer/],
    ['a port of the wrong type', {}, {}, { port: [1] }, /^port \(from .*kmipd\.json\) must be/],
    ['an unknown choice', { 'log-format': 'xml' }, {}, {}, /must be one of text, json, not "xml"/],
    ['a duration out of its bounds', { 'idle-timeout': '1ms' }, {}, {}, /must be a duration from 1s to 24h/],
    ['a unit nobody knows', { 'idle-timeout': '3 toString' }, {}, {}, /must be a duration/],
    ['a store nobody knows', { store: 'redis://x' }, {}, {}, /^store .* must be lmdb:PATH, mongodb/],
    ['an empty path', { 'root-key-file': '' }, {}, {}, /^root-key-file .* must be a path/],
    ['a flag that is neither true nor false', {}, { KMIPD_INTEROP: 'yes' }, {}, /^interop .* must be true or false/],
    ['an unknown key in the file', {}, {}, { prot: 1 }, /kmipd\.json holds an unknown setting "prot"$/],
    ['a key that every object has', {}, {}, { constructor: 1 }, /unknown setting "constructor"$/],
    ['the data directory in the file', {}, {}, { data: '.' }, /^data cannot be set in /],
    ['a file that is not JSON', {}, {}, '{', /kmipd\.json is not JSON$/],
    ['a file that is no object', {}, {}, '[]', /must hold one JSON object of settings$/],
    ['a certificate without its key', { 'tls-cert': 'x' }, {}, {}, /^tls-cert and tls-key are given together/],
    ['two sources of the root key', { 'root-key-file': 'a', 'passphrase-file': 'b' }, {}, {}, /exclude each other$/],
  ];
  for (const [what, flags, environment, file, message] of refused) {
    it(`refuses ${what}`, () => {
      write(file);
      expect(() => load(flags, environment)).to.throw(OperatorError, message);
    });
  }

  it('never shows a URL that may hold a password', () => {
    expect(() => load({ store: 'mongo://kmipd:hunter2@db' }))
      .to.throw(OperatorError)
      .with.property('message')
      .not.contains('hunter2');
    write('{ "store": "mongodb://kmipd:hunter2@db');
    expect(() => load())
      .to.throw(OperatorError)
      .with.property('message')
      .not.contains('hunter2');
  });

  it('says so when the file cannot be read', () => {
    mkdirSync(join(data, 'kmipd.json'));
    expect(() => load()).to.throw(OperatorError, /kmipd\.json cannot be read/);
  });

  it('names every variable after its flag', () => {
    expect(settingNames.map(variableOf)).to.include('KMIPD_MAXIMUM_CONNECTIONS_PER_CLIENT');
    expect(new Set(settingNames.map(variableOf)).size).to.equal(settingNames.length);
  });
});
