import { expect } from 'chai';
import { ItemType, printText } from '#ttlv/index';
import type { Item, Shown } from '#ttlv/index';
import { sampleNames } from './sample-names.ts';

const key: Item = {
  tag: 0x420045,
  type: ItemType.Structure,
  value: [
    { tag: 0x42002c, type: ItemType.Integer, value: 12 },
    { tag: 0x420094, type: ItemType.TextString, value: 'a"\u001b[2J\u202eü\n' },
    { tag: 0x540001, type: ItemType.ByteString, value: Uint8Array.of(1, 2) },
    { tag: 0x420043, type: ItemType.ByteString, value: Uint8Array.of(0xca, 0xfe, 0xba) },
    {
      tag: 0x420043,
      type: ItemType.Structure,
      value: [
        { tag: 0x540002, type: ItemType.BigInteger, value: 0xcafen },
        { tag: 0x540003, type: ItemType.TextString, value: 'cafe' },
      ],
    },
    { tag: 0x420057, type: ItemType.Enumeration, value: 2 },
  ],
};

const text = String.raw`"a\"\u001b[2J\u202e\u00fc\n"`;
const printed: Readonly<Record<Shown, readonly string[]>> = {
  public: [
    'KeyValue Structure',
    '  CryptographicUsageMask Integer Encrypt Decrypt',
    `  UniqueIdentifier TextString ${text}`,
    '  0x540001 ByteString 0102',
    '  KeyMaterial ByteString (3 bytes)',
    '  KeyMaterial Structure',
    '    0x540002 BigInteger (hidden)',
    '    0x540003 TextString (hidden)',
    '  ObjectType Enumeration SymmetricKey',
  ],
  secrets: [
    'KeyValue Structure',
    '  CryptographicUsageMask Integer Encrypt Decrypt',
    `  UniqueIdentifier TextString ${text}`,
    '  0x540001 ByteString 0102',
    '  KeyMaterial ByteString cafeba',
    '  KeyMaterial Structure',
    '    0x540002 BigInteger 000000000000cafe',
    '    0x540003 TextString "cafe"',
    '  ObjectType Enumeration SymmetricKey',
  ],
  shapes: [
    'KeyValue Structure',
    '  CryptographicUsageMask Integer (hidden)',
    '  UniqueIdentifier TextString (hidden)',
    '  0x540001 ByteString (2 bytes)',
    '  KeyMaterial ByteString (3 bytes)',
    '  KeyMaterial Structure',
    '    0x540002 BigInteger (hidden)',
    '    0x540003 TextString (hidden)',
    '  ObjectType Enumeration (hidden)',
  ],
};

describe('the text printer', () => {
  for (const [shown, lines] of Object.entries(printed)) {
    it(`prints ${shown} when asked for ${shown}`, () => {
      expect(printText(key, sampleNames, shown as Shown).split('\n')).to.deep.equal([...lines, '']);
    });
  }

  it('hides secrets when not asked', () => {
    expect(printText(key, sampleNames)).to.equal(printText(key, sampleNames, 'public'));
    expect(printText(key, sampleNames)).to.not.match(/cafe/i);
  });
});
