import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { enumerationRows } from '#protocol/enumeration-rows';
import {
  enumerationNumber,
  enumerationValue,
  enumerationValues,
  maskBit,
  maskNames,
  type EnumerationName,
  type MaskName,
} from '#protocol/enumerations';
import { maskRows } from '#protocol/mask-rows';
import { Tag, tagName, tags, type TagName, type TagRow } from '#protocol/tags';
import { inRange, supportedVersions, versionText, type Range, type WireVersion } from '#protocol/versions';

type Row = readonly [value: number, since: WireVersion, until?: WireVersion];
const rowsOf = (table: Readonly<Record<string, Row>>): [name: string, value: number, range: Range][] =>
  Object.entries(table).map(([name, [value, since, until]]) => [
    name,
    value,
    { since, ...(until === undefined ? {} : { until }) },
  ]);

const enumerationNames = Object.keys(enumerationRows) as EnumerationName[];
const maskRowNames = Object.keys(maskRows) as MaskName[];

describe('the tables of tags, enumerations and masks', () => {
  it('are as long as the standard', () => {
    expect(Object.keys(tags).length).to.equal(371);
    expect(enumerationNames.length + maskRowNames.length).to.equal(64);
  });

  it('give no tag number twice, and lead from number to name and back', () => {
    const codes = Object.values(tags).map(({ code }) => code);
    expect(new Set(codes).size).to.equal(codes.length);
    for (const [key, row] of Object.entries(tags)) {
      expect(tagName(row.code)).to.equal(key);
      expect(Tag[key as TagName]).to.equal(row.code);
    }
    expect(tagName(0x540000)).to.equal(undefined);
    expect(tagName(0x4200ff + 0x1000)).to.equal(undefined);
  });

  it('give no enumeration value twice, and lead from number to name and back', () => {
    for (const name of enumerationNames) {
      const rows = rowsOf(enumerationRows[name]);
      expect(new Set(rows.map(([, value]) => value)).size, name).to.equal(rows.length);
      for (const [key, value] of rows) {
        expect(enumerationNumber(name, key), `${name} ${key}`).to.equal(value);
        expect(enumerationValue(name, value), `${name} ${value}`).to.equal(key);
      }
    }
  });

  it('give each bit of a mask one name', () => {
    for (const name of maskRowNames) {
      const rows = rowsOf(maskRows[name]);
      for (const [key, bit] of rows) {
        expect(bit & (bit - 1), `${name} ${key} is one bit`).to.equal(0);
        expect(maskBit(name, key)).to.equal(bit);
        expect(maskNames(name, bit)).to.deep.equal([key]);
      }
      expect(new Set(rows.map(([, bit]) => bit)).size, name).to.equal(rows.length);
    }
    expect(maskNames('CryptographicUsageMask', 0xc | (1 << 31))).to.deep.equal(['Encrypt', 'Decrypt', '0x80000000']);
  });

  it('end no row before it began, and begin and end with versions that there are', () => {
    const ranges: Range[] = [
      ...Object.values<TagRow>(tags),
      ...enumerationNames.flatMap((name) => rowsOf(enumerationRows[name]).map(([, , range]) => range)),
      ...maskRowNames.flatMap((name) => rowsOf(maskRows[name]).map(([, , range]) => range)),
    ];
    for (const { since, until = since } of ranges) {
      expect(supportedVersions).to.include(since);
      expect(supportedVersions).to.include(until);
      expect(until).to.be.at.least(since);
    }
  });

  it('list the values of a version in the order of their numbers', () => {
    expect(enumerationValues('ObjectType', supportedVersions.at(-1) as WireVersion)).to.deep.equal([
      'Certificate',
      'SymmetricKey',
      'PublicKey',
      'PrivateKey',
      'SplitKey',
      'Template',
      'SecretData',
      'OpaqueObject',
    ]);
  });
});

const shared = join('..', 'shared', 'kmip', 'tables');

interface SharedTag {
  readonly tag: string;
  readonly code: string;
  readonly xmlName: string;
  readonly versions: readonly string[];
  readonly type: string | Readonly<Record<string, string>> | null;
}
interface SharedValue {
  readonly name: string;
  readonly value: string;
  readonly xmlName: string;
  readonly versions: readonly string[];
}

const versionsOf = (range: Range): string[] =>
  [...supportedVersions].reverse().flatMap((version) => (inRange(range, version) ? [versionText(version)] : []));

const bare = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
const read = (name: string): unknown => JSON.parse(readFileSync(join(shared, name), 'utf8'));

describe('the tables against those of the standard', function () {
  before(function () {
    // The reference data is no part of the project: without it there is nothing to compare with.
    if (!existsSync(shared)) this.skip();
  });

  it('have its tags: number, name, XML name and versions', () => {
    const theirs = (read('tags.json') as SharedTag[]).map(({ tag, code, xmlName, versions }) => [
      Number(code),
      xmlName,
      tag,
      versions,
    ]);
    const ours = Object.entries<TagRow>(tags).map(([key, row]) => [row.code, key, row.name, versionsOf(row)]);
    expect(ours).to.deep.equal(theirs);
  });

  it('have the types of its tags', () => {
    for (const { xmlName, type } of read('tags.json') as SharedTag[]) {
      // No version states a type: the text of the field decides.
      if (type === null) continue;
      const names = (typeof type === 'string' ? [type] : Object.values(type)).flatMap((each) => each.split(' | '));
      const theirs = new Set(names.filter((each) => each !== 'varies').map((each) => each.replace(/[- ]/g, '')));
      expect(new Set(tags[xmlName as TagName].types), xmlName).to.deep.equal(theirs);
    }
  });

  it('have its enumerations and masks: number and versions of every value, each name of it', () => {
    const theirs = new Map(
      Object.entries(read('enums.json') as Record<string, SharedValue[]>).map(([name, rows]) => [bare(name), rows]),
    );
    const tables = Object.entries<Readonly<Record<string, Row>>>({ ...enumerationRows, ...maskRows });
    expect(tables.map(([name]) => bare(name)).sort()).to.deep.equal([...theirs.keys()].sort());
    for (const [name, table] of tables) {
      const rows = theirs.get(bare(name)) ?? [];
      // Two rows of theirs may be one value with two names.
      const expected = new Map<number, string[]>();
      for (const { value, versions } of rows) {
        expected.set(Number(value), [...(expected.get(Number(value)) ?? []), ...versions]);
      }
      const actual = rowsOf(table).map(([, value, range]) => [value, versionsOf(range)] as const);
      expect(new Map(actual), name).to.deep.equal(expected);
      for (const { xmlName, value } of rows) {
        const number =
          name in maskRows ? maskBit(name as MaskName, xmlName) : enumerationNumber(name as EnumerationName, xmlName);
        expect(number, `${name} ${xmlName}`).to.equal(Number(value));
      }
    }
  });
});
