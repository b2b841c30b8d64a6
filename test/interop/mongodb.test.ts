import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { makePlace, type Place } from '#test/cli/kmipd';
import { startMongodb, type MongodbServer } from '#test/mongodb/server';

import { runPython } from './python.ts';
import { expectThemes, type Line, type Theme } from './themes.ts';

/** The themes of mongodb.py. */
const themes: Readonly<Record<string, Theme>> = {
  round_trip: {
    test: 'makes a data key, encrypts, and decrypts in another application',
    facts: { subtype: 6, found: '4111 1111 1111 1111', 'by name': 42 },
  },
  deterministic_encryption: { test: 'encrypts alike in two applications', facts: { same: true } },
  chosen_master_key: {
    test: 'makes a data key under a master key that is there',
    facts: { characters: 36, kept: true, found: 'under it' },
  },
  rewrap: { test: 'moves a data key to another master key', facts: { moved: true, found: 'kept' } },
  unknown_master_key: { test: 'says that a master key is not there', facts: { refused: 'Item Not Found' } },
  delegated: { test: 'lets the server encrypt the data key', facts: { found: 'by the server' } },
};

describe("MongoDB's client-side field encryption", () => {
  let mongodb: MongodbServer | undefined;
  let place: Place | undefined;
  let lines: readonly Line[];

  before(async () => {
    mongodb = await startMongodb();
    place = makePlace();
    const { port } = await place.serve();
    const directory = place.path('csfle');
    const added = await place.kmipd('client', 'add', 'csfle', '--out', directory);
    expect(added.status, added.stderr).to.equal(0);
    const files = join(directory, 'csfle');
    const both = ['crt', 'key'].map((ending) => readFileSync(`${files}.${ending}`, 'latin1')).join('');
    writeFileSync(`${files}.pem`, both, { mode: 0o600 });
    lines = await runPython('mongodb.py', `${port}`, files, join(directory, 'ca.crt'), mongodb.url('encryption'));
  });
  after(async () => {
    await place?.remove();
    await mongodb?.stop();
  });

  expectThemes(themes, [], () => lines);
});
