import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { itemFromElement, ItemType, readElements, readXml, TtlvError, writeXml } from '#ttlv/index';
import type { Item, Limits } from '#ttlv/index';
import { itemsWith } from './arbitrary.ts';
import { sampleNames } from './sample-names.ts';
import { plain } from './wire.ts';

const tag = 0x540001;
const at = (type: string, value: string) => `<TTLV tag="0x540001" type="${type}" value="${value}"/>`;
const date = (value: bigint): Item => ({ tag, type: ItemType.DateTime, value });
const extended = (value: bigint): Item => ({ tag, type: ItemType.DateTimeExtended, value });
const mask = (value: number): Item => ({ tag: 0x42002c, type: ItemType.Integer, value });
const usage = (value: string) => `<CryptographicUsageMask type="Integer" value="${value}"/>`;

/** What is written, and read back. */
const written: readonly [name: string, xml: string, item: Item][] = [
  ['an Integer', at('Integer', '-2147483648'), { tag, type: ItemType.Integer, value: -(2 ** 31) }],
  ['a Long Integer', at('LongInteger', '-2'), { tag, type: ItemType.LongInteger, value: -2n }],
  ['a Big Integer', at('BigInteger', '0000000000000000'), { tag, type: ItemType.BigInteger, value: 0n }],
  ['a negative Big Integer', at('BigInteger', 'fffffffffffffffe'), { tag, type: ItemType.BigInteger, value: -2n }],
  ['an Enumeration without name', at('Enumeration', '0x00000002'), { tag, type: ItemType.Enumeration, value: 2 }],
  [
    'an Enumeration with a name',
    '<ObjectType type="Enumeration" value="SymmetricKey"/>',
    { tag: 0x420057, type: ItemType.Enumeration, value: 2 },
  ],
  ['a mask', usage('Encrypt Decrypt CertificateSign'), mask(0x40c)],
  ['a mask with bits that have no name', usage('Encrypt 0x00030000'), mask(0x30004)],
  ['a mask with its highest bit', usage('Last'), mask(-(2 ** 31))],
  ['a mask without bits', usage('0'), mask(0)],
  ['a Boolean', at('Boolean', 'true'), { tag, type: ItemType.Boolean, value: true }],
  [
    'a Text String',
    at('TextString', "&lt;&amp;&quot;'&gt; &#9;&#10;&#13;ü🔑"),
    { tag, type: ItemType.TextString, value: '<&"\'> \t\n\rü🔑' },
  ],
  [
    'a Byte String',
    at('ByteString', 'c50f77'),
    { tag, type: ItemType.ByteString, value: Uint8Array.of(0xc5, 15, 119) },
  ],
  ['a Date-Time', at('DateTime', '2001-01-01T00:00:00+00:00'), date(978307200n)],
  ['a Date-Time of the first century', at('DateTime', '0050-01-01T00:00:00+00:00'), date(-60589296000n)],
  ['a Date-Time before it', at('DateTime', '-0001-12-31T23:59:59+00:00'), date(-62167219201n)],
  ['a Date-Time beyond the year 9999', at('DateTime', '10000-01-01T00:00:00+00:00'), date(253402300800n)],
  ['a Date-Time beyond every year', at('DateTime', '0x7fffffffffffffff'), date(2n ** 63n - 1n)],
  ['a Date-Time before every year', at('DateTime', '0x8000000000000000'), date(-(2n ** 63n))],
  ['an Interval', at('Interval', '4294967295'), { tag, type: ItemType.Interval, value: 2 ** 32 - 1 }],
  ['a Date-Time Extended', at('DateTimeExtended', '2001-01-01T00:00:00.000001+00:00'), extended(978307200000001n)],
  ['a Date-Time Extended before 1970', at('DateTimeExtended', '1969-12-31T23:59:59.999999+00:00'), extended(-1n)],
  ['a Date-Time Extended beyond every year', at('DateTimeExtended', String(2n ** 63n - 1n)), extended(2n ** 63n - 1n)],
  ['an empty structure', '<RequestHeader/>', { tag: 0x420077, type: ItemType.Structure, value: [] }],
  [
    'structures, with and without name',
    '<RequestHeader>\n  <TTLV tag="0x540001">\n    <TTLV tag="0x540002"/>\n  </TTLV>\n</RequestHeader>',
    {
      tag: 0x420077,
      type: ItemType.Structure,
      value: [{ tag, type: ItemType.Structure, value: [{ tag: 0x540002, type: ItemType.Structure, value: [] }] }],
    },
  ],
  [
    'the value of an attribute by the name before it',
    [
      '<Attribute>',
      '  <AttributeName type="TextString" value="Cryptographic Usage Mask"/>',
      '  <AttributeValue type="Integer" value="Sign Verify"/>',
      '</Attribute>',
    ].join('\n'),
    {
      tag: 0x420008,
      type: ItemType.Structure,
      value: [
        { tag: 0x42000a, type: ItemType.TextString, value: 'Cryptographic Usage Mask' },
        { tag: 0x42000b, type: ItemType.Integer, value: 3 },
      ],
    },
  ],
];

/** Other forms that the profile allows. */
const alsoRead: readonly [name: string, xml: string, item: Item][] = [
  [
    'a tag as the name of an element',
    '<x540001 type="LongInteger" value="-2"/>',
    { tag, type: ItemType.LongInteger, value: -2n },
  ],
  [
    'a tag by name',
    '<TTLV tag="ObjectType" type="Enumeration" value="0x00000002"/>',
    { tag: 0x420057, type: ItemType.Enumeration, value: 2 },
  ],
  [
    'a tag with a name beside it',
    '<TTLV tag="0x540001" name="Some" type="Integer" value="1"/>',
    { tag, type: ItemType.Integer, value: 1 },
  ],
  [
    'the namespace',
    '<ObjectType xmlns="urn:oasis:tc:kmip:xmlns" type="Enumeration" value="Certificate"/>',
    { tag: 0x420057, type: ItemType.Enumeration, value: 1 },
  ],
  [
    'a Structure that says so',
    '<RequestHeader type="Structure"></RequestHeader>',
    { tag: 0x420077, type: ItemType.Structure, value: [] },
  ],
  [
    'comments and text between elements',
    '<!-- a --><RequestHeader> # TIME 0 </RequestHeader>',
    { tag: 0x420077, type: ItemType.Structure, value: [] },
  ],
  ['a mask in hex', usage('0x0000100c'), mask(0x100c)],
  ['a mask of names and hex', usage('CertificateSign 0x00000004 0x0000008'), mask(0x40c)],
  ['a mask that is separated by bars', usage('Encrypt|Decrypt|0x00000001'), mask(13)],
  ['a mask in decimals', usage('12'), mask(12)],
  ['an Integer in hex', at('Integer', '0xffffffff'), { tag, type: ItemType.Integer, value: -1 }],
  ['an Integer with a sign and zeros', at('Integer', '+007'), { tag, type: ItemType.Integer, value: 7 }],
  ['a Long Integer in hex', at('LongInteger', '0xfffffffffffffffe'), { tag, type: ItemType.LongInteger, value: -2n }],
  [
    'a Big Integer with a prefix',
    at('BigInteger', '0x00000000000000FF'),
    { tag, type: ItemType.BigInteger, value: 255n },
  ],
  [
    'a Big Integer with a needless block',
    at('BigInteger', '0'.repeat(31) + '1'),
    { tag, type: ItemType.BigInteger, value: 1n },
  ],
  ['a Boolean as a digit', at('Boolean', '0'), { tag, type: ItemType.Boolean, value: false }],
  [
    'a Byte String in upper case',
    at('ByteString', 'C50F77'),
    { tag, type: ItemType.ByteString, value: Uint8Array.of(0xc5, 15, 119) },
  ],
  ['an empty Byte String', at('ByteString', ''), { tag, type: ItemType.ByteString, value: new Uint8Array() }],
  ['a Date-Time with a zone', at('DateTime', '2001-01-01T10:00:00+10:00'), date(978307200n)],
  ['a Date-Time with a zone west of Greenwich', at('DateTime', '2000-12-31T18:30:00-05:30'), date(978307200n)],
  ['a Date-Time of Zulu with a fraction', at('DateTime', '2001-01-01T00:00:00.999Z'), date(978307200n)],
  ['a Date-Time before 1970 with a fraction', at('DateTime', '1969-12-31T23:59:58.5Z'), date(-2n)],
  ['a Date-Time without zone', at('DateTime', '2001-01-01T00:00:00'), date(978307200n)],
  ['a Date-Time in hex', at('DateTime', '0x000000003a4fc880'), date(978307200n)],
  ['a leap day', at('DateTime', '2000-02-29T00:00:00Z'), date(951782400n)],
  ['an Interval in hex', at('Interval', '0x0000001b'), { tag, type: ItemType.Interval, value: 27 }],
  [
    'a Date-Time Extended of nanoseconds',
    at('DateTimeExtended', '2001-01-01T00:00:00.1234567Z'),
    extended(978307200123456n),
  ],
  ['a Date-Time Extended as a number', at('DateTimeExtended', '978307200000001'), extended(978307200000001n)],
];

const refused: readonly [name: string, xml: string, line: number][] = [
  ['no text', '', 1],
  ['text without element', 'hello', 1],
  ['an element that is not closed', '<RequestHeader>\n', 2],
  ['an element that is closed by another', '<RequestHeader>\n</ObjectType>', 2],
  ['two outermost elements', '<RequestHeader/>\n<RequestHeader/>', 2],
  ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]>\n<RequestHeader/>', 1],
  ['an entity that XML has not', at('TextString', '&nbsp;'), 1],
  ['an entity named after a member of objects', at('TextString', '&constructor;'), 1],
  ['a character that XML forbids', at('TextString', '&#0;'), 1],
  ['half of a character', at('TextString', '&#xd800;'), 1],
  ['a declaration of two million letters', `<RequestHeader>\n<!${'D'.repeat(2_000_000)}></RequestHeader>`, 2],
  ['a mask of more names than it has bits', usage('Encrypt '.repeat(33).trim()), 1],
  ['an unknown attribute', '<RequestHeader>\n<ObjectType size="1"/></RequestHeader>', 2],
  ['an attribute named after a member of objects', '<RequestHeader hasOwnProperty="1" a="2"/>', 1],
  ['another namespace', '<RequestHeader xmlns="urn:x"/>', 1],
  ['an unknown element', '<RequestHeader>\n\n<Unknown/></RequestHeader>', 3],
  ['an element named after a member of objects', '<constructor/>', 1],
  ['a tag of no known range', '<TTLV tag="0x410001"/>', 1],
  ['a tag that is too long', '<TTLV tag="0x42000001"/>', 1],
  ['a generic element without tag', '<TTLV/>', 1],
  ['an unknown type', at('Text', 'a'), 1],
  ['a type named after a member of objects', at('constructor', 'a'), 1],
  ['a structure with a value', '<RequestHeader value="1"/>', 1],
  ['a value with elements in it', '<ObjectType type="Enumeration" value="Certificate"><ObjectType/></ObjectType>', 1],
  ['a missing value', '<ObjectType type="Enumeration"/>', 1],
  ['an unknown name of an enumeration', '<ObjectType type="Enumeration" value="Unknown"/>', 1],
  ['a number of an enumeration in decimals', '<ObjectType type="Enumeration" value="2"/>', 1],
  ['an unknown name in a mask', usage('Encrypt Unknown'), 1],
  ['a name in an Integer that is no mask', at('Integer', 'Encrypt'), 1],
  ['an Integer beyond 32 bits', at('Integer', '2147483648'), 1],
  ['an Integer in too many digits of hex', at('Integer', '0x000000001'), 1],
  ['an Integer with a fraction', at('Integer', '1.0'), 1],
  ['an empty Integer', at('Integer', ''), 1],
  ['a Long Integer beyond 64 bits', at('LongInteger', '9223372036854775808'), 1],
  ['a number of a thousand digits', at('LongInteger', '1'.repeat(1000)), 1],
  ['a Big Integer of 7 bytes', at('BigInteger', '00'.repeat(7)), 1],
  ['an empty Big Integer', at('BigInteger', ''), 1],
  ['a Boolean of another word', at('Boolean', 'True'), 1],
  ['a Boolean named after a member of objects', at('Boolean', 'constructor'), 1],
  ['a Byte String of half a byte', at('ByteString', 'abc'), 1],
  ['a Byte String with other letters', at('ByteString', 'xy'), 1],
  ['a negative Interval', at('Interval', '-1'), 1],
  ['a Date-Time of a day that is not', at('DateTime', '2001-02-29T00:00:00Z'), 1],
  ['a Date-Time of month 13', at('DateTime', '2001-13-01T00:00:00Z'), 1],
  ['a Date-Time of hour 24', at('DateTime', '2001-01-01T24:00:00Z'), 1],
  ['a Date-Time of second 60', at('DateTime', '2001-01-01T00:00:60Z'), 1],
  ['a Date-Time without time', at('DateTime', '2001-01-01'), 1],
  ['a Date-Time as a number', at('DateTime', '978307200'), 1],
  ['a Date-Time of a year too far', at('DateTime', '999999-01-01T00:00:00Z'), 1],
];

const tooLarge: readonly [name: string, xml: string, line: number, limits: Partial<Limits>][] = [
  ['more characters than the bound', '<RequestHeader/>', 1, { maximumBytes: 15 }],
  ['deeper elements than the bound', '<RequestHeader>\n<RequestHeader/></RequestHeader>', 2, { maximumDepth: 1 }],
  ['more elements than the bound', '<RequestHeader>\n<RequestHeader/></RequestHeader>', 2, { maximumItems: 1 }],
];

function faultOf(action: () => unknown): TtlvError {
  try {
    action();
  } catch (error) {
    if (error instanceof TtlvError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('the XML encoding', () => {
  for (const [name, xml, item] of written) {
    it(`writes and reads ${name}`, () => {
      expect(writeXml(item, sampleNames)).to.equal(`${xml}\n`);
      expect(plain(readXml(xml, sampleNames))).to.deep.equal(plain(item));
    });
  }

  for (const [name, xml, item] of alsoRead) {
    it(`reads ${name}`, () => {
      expect(plain(readXml(xml, sampleNames))).to.deep.equal(plain(item));
    });
  }

  for (const [name, xml, line] of refused) {
    it(`refuses ${name}`, () => {
      const error = faultOf(() => readXml(xml, sampleNames));
      expect({ line: error.offset, tooLarge: error.tooLarge }).to.deep.equal({ line, tooLarge: false });
      expect(error.message).to.match(new RegExp(`^[ -~]+ at line ${line}$`));
    });
  }

  for (const [name, xml, line, limits] of tooLarge) {
    it(`refuses ${name}`, () => {
      const error = faultOf(() => readXml(xml, sampleNames, limits));
      expect({ line: error.offset, tooLarge: error.tooLarge }).to.deep.equal({ line, tooLarge: true });
    });
  }

  for (const character of ['\0', '\u001f', '\ufffe', '\ud800']) {
    it(`refuses to write U+${character.charCodeAt(0).toString(16).padStart(4, '0')}, which XML cannot carry`, () => {
      expect(() => writeXml({ tag, type: ItemType.TextString, value: character }, sampleNames)).to.throw(RangeError);
    });
  }

  it('reads a byte string of a million bytes', () => {
    const item: Item = { tag, type: ItemType.ByteString, value: Buffer.alloc(1_000_000, 0xab) };
    expect(plain(readXml(writeXml(item, sampleNames), sampleNames))).to.deep.equal(plain(item));
  });

  it('reads the same wherever the text is cut for the parser', () => {
    const cut = 16 * 1024;
    for (const [, xml] of written) {
      const elements = readElements(xml);
      for (let before = Math.max(0, cut - xml.length - 8); before <= cut; before += 10) {
        expect(readElements(`<!--${'-a'.repeat(before / 2)}-->${xml}`)).to.deep.equal(elements);
      }
    }
    const long = `<Name type="TextString" value="${'\u{1f511}&amp;\u00e9'.repeat(20_000)}"/>`;
    expect(readElements(long)[0]?.attributes.get('value')).to.equal('\u{1f511}&\u00e9'.repeat(20_000));
    expect(() => readElements(`<${'a'.repeat(100_000)}/>`)).to.throw(TtlvError, 'a name is too long');
  });

  it('reads four million characters of one value in ten times their memory', async () => {
    const text = (before: string, after: string): string => `${before}${'0a'.repeat(2_090_000)}${after}`;
    for (const xml of [
      text('<Data type="ByteString" value="', '"/>'),
      text('<!--', '--><Data/>'),
      text('<?a ', '?><Data/>'),
    ]) {
      const module = JSON.stringify(import.meta.resolve('#ttlv/xml-elements'));
      const source = `import(${module}).then(({ readElements }) => readElements(require('node:worker_threads').workerData))`;
      const worker = new Worker(source, {
        eval: true,
        workerData: xml,
        resourceLimits: { maxOldGenerationSizeMb: 40 },
      });
      const ended = await once(worker, 'exit').catch((error: unknown) => error);
      expect(ended).to.deep.equal([0]);
    }
  });

  it('reads what it wrote', () => {
    const carried = fc
      .string({ unit: 'binary', maxLength: 30 })
      .map((text) => text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''));
    fc.assert(
      fc.property(itemsWith(carried), (item) => {
        expect(plain(readXml(writeXml(item, sampleNames), sampleNames))).to.deep.equal(plain(item));
      }),
      { numRuns: 500 },
    );
  });

  it('throws nothing but TtlvError on mutated text', () => {
    const character = fc.constantFrom(...Array.from('<>/"&;!?-[]=: \0aTV0x'));
    fc.assert(
      fc.property(fc.constantFrom(...written), fc.array(fc.tuple(fc.nat(), character)), ([, xml], changes) => {
        const characters = [...xml];
        for (const [position, by] of changes) characters[position % characters.length] = by;
        try {
          readXml(characters.join(''), sampleNames);
        } catch (error) {
          if (!(error instanceof TtlvError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the element tree', () => {
  it('can be changed before it becomes an item', () => {
    const [element] = readElements('\n<UniqueIdentifier type="TextString" value="$UNIQUE_IDENTIFIER_0"/>');
    if (element === undefined) throw new Error('no element was read');
    expect(element.line).to.equal(2);
    const attributes = new Map(element.attributes).set('value', 'a-1');
    expect(itemFromElement({ ...element, attributes }, sampleNames)).to.deep.equal({
      tag: 0x420094,
      type: ItemType.TextString,
      value: 'a-1',
    });
  });

  const cases = '../shared/kmip/cases';
  it('reads every official case', function () {
    if (!existsSync(cases)) this.skip();
    const files = readdirSync(cases, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.xml'));
    expect(files).to.have.length.above(100);
    for (const file of files) {
      const [root, second] = readElements(readFileSync(`${cases}/${file}`, 'utf8'));
      expect([root?.name, second], file).to.deep.equal(['KMIP', undefined]);
      const names = new Set(root?.children.map((child) => child.name));
      expect([...names], file).to.have.members(['RequestMessage', 'ResponseMessage']);
    }
  });
});
