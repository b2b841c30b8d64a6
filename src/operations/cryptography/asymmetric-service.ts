/** Encrypt and Decrypt with RSA keys. */
import type { KeyObject } from 'node:crypto';
import { badParameters } from '#crypto/refusals';
import { KmipError } from '#protocol/kmip-error';
import type { Work } from '#operations/context';
import { wholeOnly, type Decrypted, type Encrypted, type CipherRequest } from './symmetric-service.ts';

/** @throws KmipError as `rsaEncrypt` does, FeatureNotSupported for a stream. */
export function encryptWithPublicKey(key: KeyObject, request: CipherRequest): Work<Encrypted> {
  check(key, request);
  const { parameters } = request;
  return {
    take: async (data, _isLast, _proof, context) => ({
      data: await context.heavily('rsaEncrypt', { key, data, parameters }),
    }),
  };
}

/** The inverse of `encryptWithPublicKey`. @throws KmipError as `rsaDecrypt` does, FeatureNotSupported for a stream. */
export function decryptWithPrivateKey(key: KeyObject, request: CipherRequest): Work<Decrypted> {
  check(key, request);
  const { parameters } = request;
  return {
    take: async (data, _isLast, _proof, context) => ({
      data: await context.heavily('rsaDecrypt', { key, data, parameters }),
    }),
  };
}

function check(key: KeyObject, { parameters, part, ivCounterNonce, additionalData, tag }: CipherRequest): void {
  if (key.asymmetricKeyType !== 'rsa') {
    throw new KmipError(
      'InvalidObjectType',
      `asymmetric encryption is supported only with RSA keys, not ${key.asymmetricKeyType}`,
    );
  }
  const { cryptographicAlgorithm: named = 'RSA' } = parameters;
  if (named !== 'RSA') throw badParameters(`Cryptographic Algorithm is ${named}, but the algorithm of the key is RSA`);
  if (ivCounterNonce !== undefined || additionalData !== undefined || tag !== undefined) {
    throw badParameters('IV/Counter/Nonce, additional data and tag are not valid for RSA');
  }
  if (!(part.isFirst && part.isLast)) throw wholeOnly('RSA');
}
