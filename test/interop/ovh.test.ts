import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { makePlace, type Place } from '#test/cli/kmipd';
import { buildGoProgram } from '#test/go-program';

import { expectThemes, linesOf, type Line, type Theme } from './themes.ts';

/** What the client offers in Discover Versions, and what it then speaks. */
const offers = [
  ['1.0', '1.0'],
  ['1.1', '1.1'],
  ['1.2', '1.2'],
  ['1.3', '1.3'],
  ['all', '1.4'],
] as const;

/** The themes of the program in `ovh/`. */
const themes: Readonly<Record<string, Theme>> = {
  create: { test: 'creates a key and reads it', facts: { type: 'SymmetricKey', bytes: 32 } },
  register: {
    test: 'registers keys, transparent too, a password and an opaque object',
    facts: { key: true, transparent: true, password: true, opaque: true },
  },
  attributes: {
    test: 'adds, modifies and deletes attributes, one of its own too',
    facts: { added: 'first', echo: 'second', modified: 'second', deleted: null, custom: 42 },
  },
  all_attributes: { test: 'reads all attributes', facts: { several: true, unlisted: [] } },
  locate: {
    test: 'locates what it asks for, and nothing else',
    facts: { name: [0], length: [1], contradiction: [], nothing: [], 'at most one': 1 },
  },
  life_cycle: {
    test: 'activates, revokes and destroys, in this order only',
    facts: {
      states: ['Active', 'Compromised', 'DestroyedCompromised'],
      ...{ active: 'PermissionDenied', destroyed: 'IllegalOperation' },
    },
  },
  chain: { test: 'creates, activates and gets in one request', facts: { items: 3, same: true } },
  stopped_batch: { test: 'sees that a batch was stopped', facts: { error: 'Batch count mismatch' } },
  continued_batch: { test: 'goes on after a failed item', facts: { first: 'ItemNotFound', second: '' } },
  query: { test: 'queries the server', facts: { vendor: 'kmipd', create: true, keys: true } },
  clone: { test: 'shares its objects between connections', facts: { shared: true } },
  create_key_pair: { test: 'creates key pairs', facts: { RSA: true, ECDSA: true } },
  register_keys: { test: 'registers key pairs in all formats', facts: { different: [] } },
  register_certificate: { test: 'registers a certificate', facts: { same: true } },
  rekey: { test: 'renews a key', facts: { other: true } },
  rekey_key_pair: { test: 'renews a key pair', since: '1.1', facts: { other: true } },
  lease: { test: 'obtains a lease', facts: { long: true } },
  usage_allocation: { test: 'has usage allocated', facts: { refused: 'PermissionDenied' } },
  archive: { test: 'archives an object and recovers it', facts: { away: 'ObjectArchived' } },
  encrypt: { test: 'encrypts and decrypts', since: '1.2', facts: { hidden: true, same: true } },
  sign_data: {
    test: 'signs and has verified',
    since: '1.2',
    facts: { 'a contract': 'Valid', another: 'Invalid' },
  },
  // The client's signer sends Digested Data, which came with 1.4.
  sign: { test: 'signs a digest, and verifies by itself', since: '1.4', facts: { right: true } },
  export: { test: 'exports a key', since: '1.4', facts: { type: 'SymmetricKey' } },
  import: { test: 'imports what it exported', since: '1.4', facts: { same: true } },
};

describe('ovh/kmip-go', () => {
  let place: Place | undefined;
  let program: string;
  let address: string;
  let directory: string;

  before(async () => {
    program = await buildGoProgram('test/interop/ovh', 'the tests of ovh/kmip-go need Go: install golang');
    place = makePlace();
    directory = place.path('ovh');
    const { port } = await place.serve();
    address = `127.0.0.1:${port}`;
    const added = await place.kmipd('client', 'add', 'ovh', '--out', directory);
    expect(added.status, added.stderr).to.equal(0);
  });
  after(() => place?.remove());

  for (const [offered, version] of offers) {
    describe(`that offers ${offered}`, () => {
      let lines: readonly Line[];

      before(async () => {
        const files = [join(directory, 'ovh'), join(directory, 'ca.crt')];
        const { stdout } = await promisify(execFile)(program, [address, offered, ...files]);
        lines = linesOf(stdout);
      });

      expectThemes({ negotiate: { test: `speaks ${version}`, facts: { version } } }, [], () => lines, version);
      expectThemes(themes, [], () => lines, version);
    });
  }
});
