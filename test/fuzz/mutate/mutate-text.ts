/** Damages messages in XML and JSON: values that the types do not have, the syntax itself, and sheer size. */
import type { Chance } from '#test/fixtures/chance';

const oddTexts = [
  ...[
    '',
    ' ',
    '0x',
    '0xZZ',
    '0x1.5',
    '0x100000000',
    '-0x1',
    '0x80000001',
    '+1',
    ' 1',
    '1e3',
    '1.5',
    'NaN',
    '-',
    '4294967296',
  ],
  ...[
    '9223372036854775808',
    '\u0661',
    '__proto__',
    'constructor',
    'toString',
    'AES',
    'Encrypt|',
    'Encrypt Decrypt',
    'true',
    'null',
  ],
  ...[
    '2026-02-30T00:00:00Z',
    '275760-09-13T00:00:00Z',
    '0000-01-01T00:00:00Z',
    'ab',
    'abc',
    'f'.repeat(100_000),
    '9'.repeat(5000),
  ],
];
const pieces = {
  xml: [
    ...[
      '<',
      '>',
      '/>',
      '"',
      "'",
      '&',
      '&#0;',
      '&#xd800;',
      '&amp;',
      '&lol;',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?xml version="1.0"?>',
    ],
    ...[
      '<!DOCTYPE a>',
      ' value="1"',
      ' tag="0x420008"',
      ' type="Structure"',
      ' xmlns="a"',
      '\u0000',
      '\ufeff',
      '<Name/>',
      '<TTLV/>',
    ],
  ],
  json: [
    ...[
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\\',
      '\\u0000',
      '\\ud800',
      '/',
      'null',
      'true',
      '1e999',
      '-0',
      '1.5',
      'NaN',
      '{}',
      '[]',
      '\u0000',
    ],
    ...['"tag":"Name",', '"value":1,', '"__proto__":{},', '"type":"Integer",', '\ufeff'],
  ],
};

export function mutateText(text: string, kind: 'xml' | 'json', chance: Chance): string {
  let damaged = text;
  for (let left = 1 + chance.below(3); left > 0; left--) damaged = once(damaged, kind, chance);
  return damaged;
}

/** What stands in quotation marks, tags and names among them. */
const quoted = /"[^"\\<>&]{0,100}"/g;

function once(text: string, kind: 'xml' | 'json', chance: Chance): string {
  const at = chance.below(text.length + 1);
  const span = chance.below(60);
  switch (chance.below(9)) {
    case 0:
      return text.slice(0, at) + text.slice(at + span);
    case 1:
      return text.slice(0, at) + text.slice(at, at + span).repeat(chance.pick([2, 3, 100])) + text.slice(at + span);
    case 2:
      return text.slice(0, at);
    case 3:
      return text.slice(0, at) + chance.pick(pieces[kind]) + text.slice(at);
    case 4: {
      const piece = chance.pick(pieces[kind]);
      return text.slice(0, at) + piece.repeat(chance.pick([10, 1000, 20_000])) + text.slice(at);
    }
    case 5:
      return text.slice(0, at) + ' '.repeat(chance.pick([10, 100_000])) + text.slice(at);
    default: {
      const places = [...text.matchAll(quoted)];
      if (places.length === 0) return text;
      const { index, 0: held } = chance.pick(places);
      const value = chance.pick(oddTexts);
      const escaped = kind === 'json' ? JSON.stringify(value) : `"${value.replace(/[<&"]/g, '')}"`;
      return text.slice(0, index) + escaped + text.slice(index + held.length);
    }
  }
}
