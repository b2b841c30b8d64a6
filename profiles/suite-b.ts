import type { Profile, Requirements } from './profile.ts';

const both = {
  objects: ['Certificate', 'SymmetricKey', 'PublicKey', 'PrivateKey'],
  attributes: ['CryptographicAlgorithm', 'CryptographicLength'],
  operations: ['Create', 'CreateKeyPair', 'Register', 'ReKey'],
  values: {
    CertificateType: ['X_509'],
    ObjectType: ['Certificate', 'SymmetricKey', 'PublicKey', 'PrivateKey'],
    KeyFormatType: [
      'Raw',
      'ECPrivateKey',
      'X_509',
      'TransparentECDSAPrivateKey',
      'TransparentECDSAPublicKey',
      'TransparentECDHPrivateKey',
      'TransparentECDHPublicKey',
    ],
  },
} satisfies Requirements;

/** The profile requires Re-key Key Pair and the signature algorithms in every version, but 1.0 does not have them. */
const sinceRekeyKeyPair = (signature: string): Readonly<Record<string, Requirements>> => ({
  '1.1': { operations: ['ReKeyKeyPair'], values: { DigitalSignatureAlgorithm: [signature] } },
});

export const suiteB128: Profile = {
  ...both,
  name: 'SuiteBMinLOS_128Server',
  source: 'Suite B Profile 1.0, 2.3',
  versions: ['1.0', '1.1', '1.2'],
  values: {
    ...both.values,
    RecommendedCurve: ['P_256'],
    CryptographicAlgorithm: ['AES', 'ECDSA', 'ECDH', 'HMAC_SHA256'],
    HashingAlgorithm: ['SHA_256'],
  },
  since: sinceRekeyKeyPair('ECDSAWithSHA256'),
  cases: 'SUITEB_128',
};

export const suiteB192: Profile = {
  ...both,
  name: 'SuiteBMinLOS_192Server',
  source: 'Suite B Profile 1.0, 4.3',
  versions: ['1.0', '1.1', '1.2'],
  values: {
    ...both.values,
    RecommendedCurve: ['P_384'],
    CryptographicAlgorithm: ['AES', 'ECDSA', 'ECDH', 'HMAC_SHA384'],
    HashingAlgorithm: ['SHA_384'],
  },
  since: sinceRekeyKeyPair('ECDSAWithSHA384'),
  cases: 'SUITEB_192',
};
