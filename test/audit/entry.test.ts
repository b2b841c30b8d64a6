import { expect } from 'chai';
import { maximumLine } from '#audit/chain/chain';
import { formatEntry, formatEvent, maximumObjects, quote } from '#audit/entry';
import type { AuditEntry } from '#audit/entry';
import { get } from './trail-fixture.ts';

describe('an audit entry', () => {
  const texts: readonly (readonly [text: string, quoted: string])[] = [
    ['', '""'],
    ['plain text ~!', '"plain text ~!"'],
    ['say "so" \\', '"say \\"so\\" \\\\"'],
    ['a\r\n\u0000\u001b[2J', '"a\\r\\n\\u0000\\u001b[2J"'],
    ['\u007f\u00e9\u{1f511}\ud800', '"\\u007f\\u00e9\\ud83d\\udd11\\ud800"'],
    ['x'.repeat(128), `"${'x'.repeat(128)}"`],
    ['x'.repeat(129), `"${'x'.repeat(128)}..."`],
  ];

  for (const [text, quoted] of texts) {
    it(`quotes ${JSON.stringify(text).slice(0, 40)} in ASCII, of ${text.length} units`, () => {
      expect(quote(text)).to.equal(quoted);
    });
  }

  it('is JSON with every field, in a fixed order', () => {
    const line = `${formatEntry('then', 'id', { ...get, subject: 'CN=a', reason: 'why' })}}`;
    expect(JSON.parse(line)).to.deep.equal({ time: 'then', entry: 'id', ...get, subject: 'CN=a', reason: 'why' });
    expect(line.startsWith('{"time":"then","entry":"id","kind":"operation"')).to.equal(true);
  });

  it('says of a completed one what it was and when', () => {
    const line = `${formatEntry('now', 'id', get, { at: 'then' })}}`;
    expect(JSON.parse(line)).to.deep.equal({
      time: 'now',
      entry: 'id',
      ...get,
      kind: 'recovered',
      of: get.kind,
      at: 'then',
    });
  });

  it('holds nothing but the fields of an entry', () => {
    const careless = { ...get, name: 'payroll', attributes: { key: 'c0ffee' } } as AuditEntry;
    expect(formatEntry('then', 'id', careless)).to.equal(formatEntry('then', 'id', get));
  });

  it('is never longer than a line may be', () => {
    const worst = '\u{1f511}'.repeat(1000);
    const texts = {
      client: worst,
      certificate: worst,
      subject: worst,
      peer: worst,
      version: worst,
      operation: worst,
    };
    const objects = Array.from({ length: maximumObjects + 1 }, () => worst);
    expect(formatEntry('then', 'id', { kind: 'operation', ...texts, objects, reason: worst }).length).to.be.below(
      maximumLine,
    );
  });

  it('is opened in the same form when the trail speaks of itself', () => {
    expect(formatEvent('then', 'id', 'resumed', { refused: 1 })).to.equal(
      '{"time":"then","entry":"id","kind":"resumed","refused":1',
    );
  });
});
