import type { Profile } from './profile.ts';

export const tapeLibrary: Profile = {
  name: 'TapeLibraryServer',
  source: 'Tape Library Profile 1.0, 2.3',
  versions: ['1.0', '1.1', '1.2'],
  objects: ['SymmetricKey'],
  attributes: ['Name', 'CryptographicAlgorithm', 'ApplicationSpecificInformation'],
  operations: ['Create'],
  values: {
    CryptographicAlgorithm: ['AES'],
    ObjectType: ['SymmetricKey'],
    KeyFormatType: ['Raw'],
    NameType: ['UninterpretedTextString'],
  },
  since: {
    '1.2': { attributes: ['AlternativeName'], values: { AlternativeNameType: ['UninterpretedTextString'] } },
  },
  customAttributes: { types: ['TextString', 'Integer', 'DateTime'], perObject: 30, nameLength: 64, valueLength: 256 },
  cases: 'TL',
};
