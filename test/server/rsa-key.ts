/** A key of RSA-8192, which takes ten seconds to make: what it needs to be registered. */
import { constants, createPrivateKey, createPublicKey, publicEncrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const rsaKey = createPrivateKey(readFileSync(join('test', 'server', 'rsa-8192.pem')));

/** For Register: a private key that decrypts and signs. */
export const rsaToRegister = {
  objectType: 'PrivateKey',
  attributes: { instances: [{ key: 'cryptographicUsageMask', value: 0x09 }] },
  object: {
    objectType: 'PrivateKey',
    keyBlock: {
      keyFormatType: 'PKCS_8',
      keyValue: { keyMaterial: rsaKey.export({ type: 'pkcs8', format: 'der' }) },
      cryptographicAlgorithm: 'RSA',
      cryptographicLength: 8192,
    },
  },
} as const;

export const encryptedWithRsa = publicEncrypt(
  { key: createPublicKey(rsaKey), padding: constants.RSA_PKCS1_PADDING },
  Buffer.from('a few bytes'),
);
