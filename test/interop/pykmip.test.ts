import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { makePlace, type Place } from '#test/cli/kmipd';

import { runPython } from './python.ts';
import { expectThemes, type Line, type Theme, type Unmet } from './themes.ts';

const versions = ['1.0', '1.1', '1.2', '1.3', '1.4', '2.0'];

/** The themes of pykmip.py. */
const themes: Readonly<Record<string, Theme>> = {
  create: {
    test: 'creates a key, reads it and its attributes',
    facts: {
      ...{ algorithm: 'AES', length: 256, bytes: 32 },
      attributes: {
        Name: ['created'],
        'Cryptographic Algorithm': ['AES'],
        'Cryptographic Length': [256],
        'Cryptographic Usage Mask': [0x1c],
        State: ['PRE_ACTIVE'],
      },
    },
  },
  register_symmetric_key: { test: 'registers a key and reads it', facts: { same: true, algorithm: 'AES' } },
  register_secret_data: { test: 'registers secret data', facts: { PASSWORD: 'PASSWORD', SEED: 'SEED' } },
  register_opaque_object: { test: 'registers an opaque object', facts: { same: true, type: ['OPAQUE_DATA'] } },
  application_specific_information: {
    test: 'keeps Application Specific Information, and locates by it',
    facts: {
      value: ['{"application_namespace": "ssl", "application_data": "www.example.com"}'],
      located: true,
    },
  },
  get_attribute_list: { test: 'lists the attributes of a key', facts: { missing: [] } },
  get_all_attributes: { test: 'reads all attributes of a key', facts: { missing: [], unread: [] } },
  locate: {
    test: 'locates by one attribute and by several, and nothing else',
    facts: {
      ...{ name: [0], length: [1], several: [1], contradiction: [], 'other type': [], nothing: [] },
      ...{ state: [0, 1], 'at most one': 1 },
    },
  },
  life_cycle: {
    test: 'activates, revokes and destroys, in this order only',
    facts: {
      states: ['PRE_ACTIVE', 'ACTIVE', 'DEACTIVATED', 'DESTROYED'],
      ...{ again: 'PERMISSION_DENIED', active: 'PERMISSION_DENIED', destroyed: 'ILLEGAL_OPERATION' },
    },
    facts2: {
      states: ['PRE_ACTIVE', 'ACTIVE', 'DEACTIVATED', 'DESTROYED'],
      ...{ again: 'WRONG_KEY_LIFECYCLE_STATE', active: 'WRONG_KEY_LIFECYCLE_STATE', destroyed: 'OBJECT_DESTROYED' },
    },
  },
  compromise: {
    test: 'tells of a compromise and its date',
    facts: { state: 'COMPROMISED', date: { 'Compromise Occurrence Date': [1] } },
  },
  check: { test: 'checks what a key may be used for', facts: { allowed: true } },
  change_attributes: {
    test: 'modifies and deletes an attribute',
    facts: { modified: { Name: ['after'] }, deleted: {} },
  },
  set_attribute: { test: 'sets an attribute, which then counts', since: '2.0', facts: { refused: 'SENSITIVE' } },
  credentials: {
    test: 'gives a user name and password beside its certificate',
    facts: { right: 16, wrong: 'AUTHENTICATION_NOT_SUCCESSFUL' },
  },
  older_tls: { test: 'speaks TLS 1.2 as well', facts: { default: 'TLSv1.3', older: 'TLSv1.2' } },
  refusals: {
    test: 'learns why it is refused',
    facts: {
      ...{ get: 'ITEM_NOT_FOUND', attributes: 'ITEM_NOT_FOUND', destroy: 'ITEM_NOT_FOUND', length: 'INVALID_FIELD' },
    },
    facts2: {
      ...{ get: 'OBJECT_NOT_FOUND', attributes: 'OBJECT_NOT_FOUND', destroy: 'OBJECT_NOT_FOUND' },
      length: 'INVALID_ATTRIBUTE_VALUE',
    },
  },
  query: {
    test: 'queries the server',
    facts: { status: 'SUCCESS', vendor: 'kmipd', 'knows Create': true, 'knows Symmetric Key': true },
  },
  discover_versions: {
    test: 'discovers the versions',
    since: '1.1',
    facts: { versions: ['2.1', '2.0', '1.4', '1.3', '1.2', '1.1', '1.0'] },
  },
  create_key_pair: {
    test: 'creates a key pair',
    facts: { PUBLIC_KEY: [2048, 'PKCS_1'], PRIVATE_KEY: [2048, 'PKCS_1'] },
  },
  register_key_pair: { test: 'registers a key pair', facts: { PUBLIC_KEY: true, PRIVATE_KEY: true } },
  register_certificate: { test: 'registers a certificate', facts: { same: true } },
  register_split_key: { test: 'registers a part of a split key', facts: { same: true, parts: 3 } },
  get_wrapped: {
    test: 'gets a key wrapped by another',
    since: '1.1',
    facts: { wrapped: '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5', by: 'ENCRYPT' },
  },
  rekey: { test: 'renews a key', facts: { other: true, named: { Name: ['renewed'] }, old: 'ACTIVE' } },
  derive_key: { test: 'derives a key', facts: { bytes: 16 } },
  encrypt: { test: 'encrypts and decrypts', since: '1.2', facts: { hidden: true, same: true } },
  sign: { test: 'signs and verifies', since: '1.2', facts: { right: 'VALID', wrong: 'INVALID' } },
  mac: {
    test: 'makes a MAC',
    since: '1.2',
    facts: { mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7' },
  },
};

const unmet: readonly Unmet[] = [
  {
    ...{ theme: 'get_all_attributes', version: '1.0' },
    why: 'PyKMIP wants a Key Format Type in each Digest, and 1.0 has none',
    error: /unpack requires a buffer/,
  },
  {
    ...{ theme: 'get_all_attributes', version: '2.0' },
    why: 'PyKMIP cannot read attributes that 2.0 demands, Always Sensitive being the first',
    error: /Unrecognized attribute type: Tags.ALWAYS_SENSITIVE/,
  },
  {
    theme: 'get_wrapped',
    why: 'PyKMIP reads a wrapped Key Value as a structure, which is a Byte String (1.4 section 2.1.3)',
    error: /Tried to read Base.type: expected 1, received 8/,
  },
  {
    ...{ theme: 'rekey', version: '2.0' },
    why: 'PyKMIP sends a Template-Attribute, even an empty one, and 2.0 has none',
    error: /Template-Attribute/i,
  },
];

describe('PyKMIP', () => {
  let place: Place;
  let port: number;

  before(async () => {
    place = makePlace();
    ({ port } = await place.serve());
  });
  after(() => place.remove());

  for (const version of versions) {
    describe(`in ${version}`, () => {
      let lines: readonly Line[];

      before(async () => {
        const directory = place.path(version);
        const [name, password] = [`operator ${version}`, place.path(`password ${version}`)];
        writeFileSync(password, randomBytes(16).toString('hex'));
        const credential = ['--username', name, '--password-file', password];
        const added = await place.kmipd('client', 'add', `pykmip-${version}`, '--out', directory, ...credential);
        expect(added.status, added.stderr).to.equal(0);
        const files = [join(directory, `pykmip-${version}`), join(directory, 'ca.crt'), name, password];
        lines = await runPython('pykmip.py', `${port}`, version, ...files);
      });

      expectThemes(themes, unmet, () => lines, version);
    });
  }
});
