import type { Instance } from '#objects/attributes/attribute-codec';

/** What Create needs for an AES-256 key that encrypts and decrypts, and what else the key is to have. */
export const aesKey = (...more: readonly Instance[]) =>
  ({
    objectType: 'SymmetricKey',
    attributes: {
      instances: [
        { key: 'cryptographicAlgorithm', value: 'AES' },
        { key: 'cryptographicLength', value: 256 },
        { key: 'cryptographicUsageMask', value: 0x0c },
        ...more,
      ],
    },
  }) as const;
