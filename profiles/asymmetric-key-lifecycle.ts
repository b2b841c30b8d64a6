import type { Profile } from './profile.ts';

/** The text says Process Stop Date; there is only Protect Stop Date, as in the profile for symmetric keys. */
export const asymmetricKeyLifecycle: Profile = {
  name: 'AsymmetricKeyLifecycleServer',
  source: 'Asymmetric Key Lifecycle Profile 1.0, 2.3',
  versions: ['1.0', '1.1', '1.2'],
  objects: ['PublicKey', 'PrivateKey'],
  attributes: ['CryptographicAlgorithm', 'ObjectType', 'ProcessStartDate', 'ProtectStopDate'],
  values: {
    CryptographicAlgorithm: ['RSA'],
    ObjectType: ['PublicKey', 'PrivateKey'],
    KeyFormatType: ['PKCS_1', 'PKCS_8', 'TransparentRSAPublicKey', 'TransparentRSAPrivateKey'],
  },
  cases: 'AKLC',
};
