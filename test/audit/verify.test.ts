import { createSecretKey, randomBytes } from 'node:crypto';
import { appendFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { closeRecords, fileName, hashLine, noMac, parseRecord } from '#audit/chain/chain';
import { formatEntry, formatEvent } from '#audit/entry';
import type { AuditRecord } from '#audit/entry';
import { thisProcess } from '#audit/chain/process-identity';
import { auditKey } from '#audit/trail';
import { verify } from '#audit/verify';
import type { Verdict } from '#audit/verify';
import { dataDirectory, get } from './trail-fixture.ts';
import type { Fixture } from './trail-fixture.ts';

const FIRST = fileName(1, 1);
const SECOND = fileName(2, 1);
const THIRD = fileName(3, 1);

const strangersKey = createSecretKey(randomBytes(32));

describe('verify', () => {
  let fixture: Fixture;

  /** Chain 1 and 3 in one file each, chain 2 in three, all of them closed; 11, 31 and 11 records. */
  beforeEach(async () => {
    fixture = await dataDirectory();
    for (const [count, fileSize] of [
      [9, 1e6],
      [27, 2_700],
      [9, 1e6],
    ] as const) {
      const trail = await fixture.open({ fileSize });
      for (let index = 0; index < count; index += 1) await trail.append({ ...get, objects: [`object-${index}`] });
      await trail.close();
    }
  });

  afterEach(() => fixture.end());

  const check = (): Promise<Verdict> => fixture.check();
  const linesOf = (file: string): string[] => fixture.read(file).split(/(?<=\n)/);

  function edit(file: string, change: (lines: string[]) => void): void {
    const lines = linesOf(file);
    change(lines);
    writeFileSync(join(fixture.directory, file), lines.join(''));
  }

  function parse(line: string | undefined): AuditRecord {
    const record = parseRecord(line ?? '');
    if (record === undefined) throw new Error('no record');
    return record;
  }

  /** A record that follows these lines, by somebody who has not the key. */
  function forge(lines: readonly string[]): string {
    const last = parse(lines.at(-1));
    return closeRecords([formatEntry(last.time, undefined, get)], last.seq, last.mac ?? '', strangersKey).last;
  }

  it('finds nothing wrong with what was written', async () => {
    expect(fixture.files()).to.deep.equal([FIRST, SECOND, fileName(2, 2), fileName(2, 3), THIRD]);
    expect(await check()).to.deep.equal({ records: 11 + 31 + 11, chains: 3, open: [], old: 0 });
  });

  it('finds nothing in an empty directory', async () => {
    for (const file of fixture.files()) rmSync(join(fixture.directory, file));
    expect(await verify(fixture.directory, Date.now())).to.deep.equal({ records: 0, chains: 0, open: [], old: 0 });
  });

  const remove = (file: string): void => rmSync(join(fixture.directory, file));
  const swap = (lines: string[], a: number, b: number): void => {
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  };

  const tamperings: readonly (readonly [what: string, tamper: () => void, file: string, line: number, why: RegExp])[] =
    [
      [
        'a changed record',
        () => edit(FIRST, (l) => (l[4] = l[4]?.replace('object-3', 'object-4') ?? '')),
        FIRST,
        5,
        /changed/,
      ],
      ['a changed space', () => edit(FIRST, (l) => (l[4] = l[4]?.replace('","', '", "') ?? '')), FIRST, 5, /changed/],
      [
        'a changed opening record',
        () => edit(FIRST, (l) => (l[0] = l[0]?.replace('"pid":', '"pid":1') ?? '')),
        FIRST,
        1,
        /changed/,
      ],
      [
        'a changed closing record that the next chain has seen',
        () => edit(FIRST, (l) => (l[10] = l[10]?.replace('"time":"2', '"time":"3') ?? '')),
        FIRST,
        11,
        /changed/,
      ],
      ['a deleted record', () => edit(FIRST, (l) => l.splice(4, 1)), FIRST, 5, /deleted/],
      ['a deleted opening record', () => edit(FIRST, (l) => l.shift()), FIRST, 1, /opening record/],
      ['a repeated record', () => edit(FIRST, (l) => l.splice(5, 0, l[4] ?? '')), FIRST, 6, /inserted/],
      ['two records in the wrong order', () => edit(FIRST, (l) => swap(l, 4, 5)), FIRST, 5, /moved/],
      ['an inserted record', () => edit(FIRST, (l) => l.splice(5, 0, forge(l.slice(0, 5)))), FIRST, 6, /MAC/],
      ['a record of another chain', () => edit(FIRST, (l) => (l[4] = linesOf(THIRD)[4] ?? '')), FIRST, 5, /MAC/],
      ['an empty line', () => edit(FIRST, (l) => l.splice(4, 0, '\n')), FIRST, 5, /not an audit record/],
      ['something else in a line', () => edit(FIRST, (l) => (l[4] = '{"seq":5}\n')), FIRST, 5, /not an audit record/],
      ['a line without an end', () => edit(FIRST, (l) => l.splice(4, 7, 'x'.repeat(1e6))), FIRST, 4, /cut off/],
      ['a chain cut off', () => edit(FIRST, (l) => l.splice(5)), FIRST, 5, /cut off/],
      ['a chain cut off in mid-record', () => edit(FIRST, (l) => l.splice(5, 9, '{"time')), FIRST, 5, /cut off/],
      ['a record behind the closing record', () => edit(FIRST, (l) => l.push(forge(l))), FIRST, 12, /closing record/],
      [
        'a half-written record behind the closing one',
        () => appendFileSync(join(fixture.directory, FIRST), '{'),
        FIRST,
        12,
        /half-written/,
      ],
      ['an emptied file', () => edit(FIRST, (l) => l.splice(0)), FIRST, 0, /no record/],
      ['a missing first chain', () => remove(FIRST), FIRST, 0, /missing/],
      [
        'a missing chain in between',
        () => [1, 2, 3].forEach((part) => remove(fileName(2, part))),
        SECOND,
        0,
        /missing/,
      ],
      ['a missing file in between', () => remove(fileName(2, 2)), fileName(2, 2), 0, /missing/],
      ['a missing last file of a chain', () => remove(fileName(2, 3)), fileName(2, 3), 0, /missing/],
      ['a file that lost its end', () => edit(SECOND, (l) => l.splice(-2)), SECOND, 10, /missing/],
      ['a file that lost its beginning', () => edit(fileName(2, 2), (l) => l.shift()), fileName(2, 2), 1, /deleted/],
      [
        'two files in the wrong order',
        () => {
          renameSync(join(fixture.directory, fileName(2, 2)), join(fixture.directory, 'aside'));
          renameSync(join(fixture.directory, fileName(2, 3)), join(fixture.directory, fileName(2, 2)));
          renameSync(join(fixture.directory, 'aside'), join(fixture.directory, fileName(2, 3)));
        },
        fileName(2, 2),
        1,
        /moved/,
      ],
      [
        'a chain in the place of another',
        () => renameSync(join(fixture.directory, THIRD), join(fixture.directory, FIRST)),
        FIRST,
        1,
        /of chain 3-/,
      ],
    ];

  for (const [what, tamper, file, line, why] of tamperings) {
    it(`names ${what}`, async () => {
      tamper();
      const { broken } = await check();
      expect(broken).to.include({ file, line });
      expect(broken?.why).to.match(why);
    });
  }

  it('counts what was right before the broken record', async () => {
    edit(SECOND, (lines) => lines.splice(4, 1));
    expect(await check()).to.deep.include({ records: 11 + 4, chains: 1 });
  });

  it('says of a chain that runs that it is open', async () => {
    const trail = await fixture.open();
    await trail.append(get);
    expect(await check()).to.deep.equal({ records: 55, chains: 4, open: [trail.chain], old: 0 });
  });

  it('lets a running process be in the middle of a write', async () => {
    await fixture.open();
    appendFileSync(join(fixture.directory, fileName(4, 1)), '{"time":"20');
    expect(await check()).not.to.have.property('broken');
  });

  it('excuses a promised file that a power failure took back by what a later chain says, and by nothing else', async () => {
    const last = linesOf(THIRD).at(-1);
    const { seq, time } = parse(last);
    const { chain } = parse(linesOf(THIRD)[0]);
    const process = { ...thisProcess(), place: 'elsewhere' };
    const predecessor = { chain, seq, hash: hashLine(last ?? '') };
    const key = auditKey(fixture.store);
    const trail4 = { chain: '4-0', trail: parse(linesOf(FIRST)[0]).trail, since: 1, predecessor, process };
    const opening = closeRecords([formatEvent(time, '4-0-0', 'open', trail4)], 0, noMac, key);
    const promise = closeRecords([formatEvent(time, '4-0-1', 'continue')], 1, opening.mac, key);
    const path = join(fixture.directory, fileName(4, 1));
    writeFileSync(path, opening.lines + promise.lines);
    utimesSync(path, 0, 0);
    expect((await check()).broken).to.deep.equal({ file: fileName(4, 2), line: 0, why: 'the file is missing' });
    const trail = await fixture.open();
    await trail.close();
    expect(await check()).to.deep.equal({ records: 57, chains: 5, open: [], old: 0 });
  });
});
