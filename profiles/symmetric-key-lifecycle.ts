import type { Profile } from './profile.ts';

export const symmetricKeyLifecycle: Profile = {
  name: 'SymmetricKeyLifecycleServer',
  source: 'Symmetric Key Lifecycle Profile 1.0, 2.3',
  versions: ['1.0', '1.1', '1.2'],
  objects: ['SymmetricKey'],
  attributes: ['CryptographicAlgorithm', 'ObjectType', 'ProcessStartDate', 'ProtectStopDate'],
  operations: ['Create'],
  values: {
    CryptographicAlgorithm: ['DES3', 'AES'],
    ObjectType: ['SymmetricKey'],
    KeyFormatType: ['Raw', 'TransparentSymmetricKey'],
  },
  cases: 'SKLC',
};
