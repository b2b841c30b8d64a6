import type { Profile } from './profile.ts';

export const basicCryptographic: Profile = {
  name: 'BasicCryptographicServer',
  source: 'Cryptographic Services Profile 1.0, 2.2',
  versions: ['1.2'],
  operations: ['Encrypt', 'Decrypt'],
  cases: 'CS-BC',
};

export const advancedCryptographic: Profile = {
  name: 'AdvancedCryptographicServer',
  source: 'Cryptographic Services Profile 1.0, 2.4',
  versions: ['1.2'],
  operations: ['Encrypt', 'Decrypt', 'Sign', 'SignatureVerify', 'MAC', 'MACVerify', 'RNGRetrieve', 'RNGSeed'],
  cases: 'CS-AC',
};

export const rngCryptographic: Profile = {
  name: 'RNGCryptographicServer',
  source: 'Cryptographic Services Profile 1.0, 2.6',
  versions: ['1.2'],
  operations: ['RNGRetrieve', 'RNGSeed'],
  cases: 'CS-RNG',
};
