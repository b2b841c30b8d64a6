/** Somebody who can write every file of the trail, but has neither the root key nor the seal of the store. */
import { spawn } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { chainName, closeRecords, fileName, hashLine, noHash, parseRecord } from '#audit/chain/chain';
import { readCheckpoints } from '#audit/chain/checkpoint';
import { formatEntry, formatEvent } from '#audit/entry';
import type { AuditRecord, Head } from '#audit/entry';
import { show } from '#audit/show';
import { verify } from '#audit/verify';
import type { Broken } from '#audit/verify';
import { linkRecord } from './old-chain.ts';
import { dataDirectory, get } from './trail-fixture.ts';
import type { Fixture } from './trail-fixture.ts';

const strangersKey = createSecretKey(randomBytes(32));
const writer = fileURLToPath(new URL('trail-writer.js', import.meta.url));

describe('an attacker who can write the files of the trail', () => {
  let fixture: Fixture;
  const path = (number: number, part = 1): string => join(fixture.directory, fileName(number, part));
  const linesOf = (number: number): string[] =>
    readFileSync(path(number), 'latin1')
      .split(/(?<=\n)/)
      .filter(Boolean);
  const put = (number: number, lines: readonly string[]): void => writeFileSync(path(number), lines.join(''));

  beforeEach(async () => {
    fixture = await dataDirectory();
  });

  afterEach(() => fixture.end());

  async function makeChains(count: number): Promise<void> {
    for (let made = 0; made < count; made += 1) {
      const trail = await fixture.open();
      for (let index = 0; index < 5; index += 1) await trail.append({ ...get, objects: [`object-${index}`] });
      await trail.close();
    }
  }

  /** All links computed again by the rule of before: what this attacker can do without a key. */
  function relink(number: number, change: (record: Record<string, unknown>, index: number) => void): Head {
    const chain = parseRecord(linesOf(number)[0] ?? '')?.chain ?? '';
    let before = noHash;
    let seq = 0;
    const lines = linesOf(number).map((line, index) => {
      const {
        mac: _mac,
        prev: _prev,
        seq: _seq,
        chain: _chain,
        ...record
      } = JSON.parse(line) as Record<string, unknown>;
      delete record['trail'];
      delete record['since'];
      change(record, index);
      seq += 1;
      const linked = linkRecord(JSON.stringify(record).slice(0, -1), chain, seq, before);
      before = hashLine(linked);
      return linked;
    });
    put(number, lines);
    return { chain, seq, hash: before };
  }

  const asDestroy = (record: Record<string, unknown>, index: number): void => {
    if (index === 2) record['operation'] = 'Destroy';
  };

  const attacks: readonly (readonly [what: string, attack: () => void])[] = [
    ['cuts the newest chain behind a record, its closing record with it', () => put(3, linesOf(3).slice(0, 4))],
    ['cuts the closing record off the newest chain', () => put(3, linesOf(3).slice(0, -1))],
    [
      'cuts the newest chain and closes it again',
      () => {
        const lines = linesOf(3).slice(0, 4);
        const last = parseRecord(lines[3] ?? '') as AuditRecord;
        put(3, [
          ...lines,
          closeRecords([formatEvent(last.time, 'x-1', 'close')], 4, last.mac ?? '', strangersKey).last,
        ]);
      },
    ],
    ['cuts the newest chain in the midst of a line', () => truncateSync(path(3), readFileSync(path(3)).length - 10)],
    ['empties the newest chain', () => truncateSync(path(3), 0)],
    ['removes the newest chain', () => rmSync(path(3))],
    ['removes the two newest chains', () => [2, 3].forEach((number) => rmSync(path(number)))],
    ['removes all chains', () => [1, 2, 3].forEach((number) => rmSync(path(number)))],
    ['puts the newest chain in the place of the one before', () => renameSync(path(3), path(2))],
    [
      'swaps two chains',
      () => {
        const [second, third] = [linesOf(2), linesOf(3)];
        put(2, third);
        put(3, second);
      },
    ],
    ['changes a record in the newest chain and links all after it again', () => void relink(3, asDestroy)],
    [
      'changes a record and links everything in the directory again',
      () => {
        let predecessor = relink(1, asDestroy);
        for (const number of [2, 3]) {
          predecessor = relink(number, (record, index) => {
            if (index > 0) return;
            record['predecessor'] = predecessor;
            delete record['pins'];
          });
        }
      },
    ],
    [
      'changes a record and makes all MACs again under a key of his own',
      () => {
        let mac = '';
        put(
          3,
          linesOf(3).map((line, index) => {
            const { mac: _mac, seq: _seq, ...record } = JSON.parse(line) as Record<string, unknown>;
            asDestroy(record, index);
            const closed = closeRecords([JSON.stringify(record).slice(0, -1)], index, mac, strangersKey);
            mac = closed.mac;
            return closed.last;
          }),
        );
      },
    ],
    [
      'inserts a record and counts the others on',
      () => {
        const lines = linesOf(3);
        const later = lines.slice(3).map((line) => line.replace(/"seq":(\d+)/, (_, seq) => `"seq":${Number(seq) + 1}`));
        put(3, [...lines.slice(0, 3), (lines[2] ?? '').replace('"seq":3', '"seq":4'), ...later]);
      },
    ],
    [
      'leaves a record out and counts the others back',
      () => {
        const lines = linesOf(3);
        const later = lines.slice(3).map((line) => line.replace(/"seq":(\d+)/, (_, seq) => `"seq":${Number(seq) - 1}`));
        put(3, [...lines.slice(0, 2), ...later]);
      },
    ],
    [
      'adds a chain that says nonsense of others',
      () => {
        const opening = { kind: 'open', chain: '4-0', predecessor: { chain: '', seq: 1 }, ended: 5, pins: [null, 'x'] };
        const record = JSON.stringify({ time: new Date().toISOString(), entry: '4-0-0', ...opening }).slice(0, -1);
        put(4, [closeRecords([record], 0, '', strangersKey).last]);
      },
    ],
    [
      'puts an older copy of the directory back',
      () => {
        put(3, linesOf(3).slice(0, 1));
      },
    ],
  ];

  for (const [what, attack] of attacks) {
    it(`is found when he ${what}, before and after the next start`, async () => {
      await makeChains(3);
      expect(await fixture.check()).to.not.have.property('broken');
      attack();
      const { broken } = await fixture.check();
      expect(broken, 'before').to.have.property('why');
      const { file, line } = broken as Broken;
      const trail = await fixture.open();
      await trail.append(get);
      expect((await fixture.check()).broken, 'while it runs').to.include({ file, line });
      await trail.close();
      expect((await fixture.check()).broken, 'after').to.include({ file, line });
    });
  }

  it('cannot have a removed chain replaced by a new one of its number', async () => {
    await makeChains(3);
    rmSync(path(3));
    await makeChains(1);
    expect(fixture.files()).to.deep.equal([fileName(1, 1), fileName(2, 1), fileName(4, 1)]);
    expect(fixture.log.join()).to.match(/the audit chain 3-\w+ was cut off or removed: the store saw record 7/);
    expect((await fixture.check()).broken).to.include({ file: fileName(3, 1), why: 'the file is missing' });
  });

  it('is found when he cuts a chain that was killed, behind its last checkpoint', async () => {
    const child = spawn(process.execPath, [writer, fixture.data, 'killed', '4000'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'close');
    const [checkpoint] = await readCheckpoints(fixture.store);
    expect(checkpoint?.seq).to.be.above(100);
    expect(await fixture.check()).to.not.have.property('broken');
    const last = fixture.files().length;
    for (let part = last; part > 1; part -= 1) rmSync(path(1, part));
    expect((await fixture.check()).broken).to.have.property('why');
    put(1, linesOf(1).slice(0, 50));
    const why = new RegExp(`cut off: the store saw record ${checkpoint?.seq}`);
    expect((await fixture.check()).broken?.why).to.match(why);
    await (await fixture.open()).close();
    expect((await fixture.check()).broken?.why).to.match(/cut off: .* saw record/);
  });

  it('cannot add to a chain that was killed: what he adds is named, and never shown', async () => {
    const child = spawn(process.execPath, [writer, fixture.data, 'killed', '8'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'close');
    const lines = linesOf(1);
    const last = parseRecord(lines.at(-1) ?? '') as AuditRecord;
    const forged = formatEntry(last.time, undefined, { ...get, operation: 'Destroy', objects: ['forged'] });
    put(1, [...lines, closeRecords([forged], last.seq, last.mac ?? '', strangersKey).last]);
    expect((await fixture.check()).broken).to.include({
      line: lines.length + 1,
      why: 'changed: its MAC does not match',
    });
    put(1, lines);
    appendFileSync(path(1), `${forged},"seq":${last.seq + 1}}\n`);
    expect((await fixture.check()).broken).to.include({ line: lines.length + 1 });
    await (await fixture.open()).close();
    expect(await fixture.check()).to.not.have.property('broken');
    for await (const { objects } of show(fixture.directory)) expect(objects ?? []).to.not.include('forged');
  });

  it('leaves the store with few checkpoints, however many chains there were', async () => {
    await makeChains(12);
    expect(await readCheckpoints(fixture.store)).to.have.length(1);
    const trail = await fixture.open();
    expect((await readCheckpoints(fixture.store)).map(({ chain }) => chain)).to.deep.equal([trail.chain]);
  });

  it('needs the store too to hide the newest chain, and is found when he removes a checkpoint alone', async () => {
    await makeChains(2);
    const witness = { ...fixture.witness, checkpoints: async () => [] };
    expect((await verify(fixture.directory, Date.now(), witness)).broken).to.include({
      file: fileName(2, 1),
      why: 'the store has no checkpoint of this chain: it was removed there',
    });
  });

  it('tells trails of several directories on one store apart', async () => {
    await makeChains(2);
    const other = join(fixture.data, 'audit-of-another-machine');
    await (await fixture.open({ directory: other })).close();
    const witness = { ...fixture.witness, isOwn: false };
    expect(await verify(fixture.directory, Date.now(), witness)).to.not.have.property('broken');
    expect(await verify(other, Date.now(), witness)).to.not.have.property('broken');
    rmSync(join(other, fileName(1, 1)));
    expect(await verify(fixture.directory, Date.now(), witness)).to.not.have.property('broken');
    expect((await verify(other, Date.now(), witness)).broken?.why).to.equal('the file is missing');
  });

  describe('with chains of before there were MACs', () => {
    const time = '2026-01-02T03:04:05.006Z';

    function makeOldChain(number: number, predecessor?: Head): Head {
      const chain = chainName(number, Buffer.alloc(8, number));
      const details = { ...(predecessor === undefined ? {} : { predecessor }), ended: [], running: [] };
      const records = [
        formatEvent(time, `${chain}-0`, 'open', details),
        ...[1, 2, 3].map((index) => formatEntry(time, `${chain}-${index}`, { ...get, objects: [`object-${index}`] })),
        formatEvent(time, `${chain}-4`, 'close'),
      ];
      let hash = predecessor?.hash ?? noHash;
      const lines = records.map((record, index) => {
        const line = linkRecord(record, chain, index + 1, hash);
        hash = hashLine(line);
        return line;
      });
      mkdirSync(fixture.directory, { recursive: true });
      put(number, lines);
      return { chain, seq: records.length, hash };
    }

    it('finds them right by their own rule, and shows them', async () => {
      makeOldChain(2, makeOldChain(1));
      expect(await fixture.check()).to.deep.equal({ records: 10, chains: 2, open: [], old: 2 });
      await makeChains(1);
      expect(await fixture.check()).to.deep.include({ chains: 3, open: [], old: 2 });
      const shown: AuditRecord[] = [];
      for await (const record of show(fixture.directory, { object: 'object-2' })) shown.push(record);
      expect(shown.map(({ chain }) => chain.slice(0, 2))).to.deep.equal(['1-', '2-', '3-']);
    });

    const oldAttacks: readonly (readonly [what: string, attack: () => void])[] = [
      ['cuts an old chain', () => put(1, linesOf(1).slice(0, 3))],
      ['cuts the newest old chain', () => put(2, linesOf(2).slice(0, 3))],
      [
        'links the old chains again',
        () => {
          const predecessor = relink(1, asDestroy);
          makeOldChain(2, predecessor);
        },
      ],
      ['makes an old chain of a new one', () => void relink(3, asDestroy)],
    ];
    for (const [what, attack] of oldAttacks) {
      it(`is found when he ${what} after the first chain with MACs`, async () => {
        makeOldChain(2, makeOldChain(1));
        await makeChains(2);
        expect(await fixture.check()).to.not.have.property('broken');
        attack();
        expect((await fixture.check()).broken).to.have.property('why');
      });
    }
  });
});
