import type { Profile } from './profile.ts';

export const storageArray: Profile = {
  name: 'StorageArrayWithSelfEncryptingDriveServer',
  source: 'Storage Array with Self-Encrypting Drives Profile 1.0, 2.3',
  versions: ['1.0', '1.1', '1.2'],
  objects: ['Template', 'SecretData'],
  operations: ['Register'],
  values: {
    SecretDataType: ['Password'],
    ObjectType: ['SecretData', 'Template'],
    NameType: ['UninterpretedTextString'],
  },
  customAttributes: { types: ['TextString'], perObject: 10, nameLength: 64, valueLength: 64 },
  cases: 'SASED',
};
