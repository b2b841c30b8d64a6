/** Two keys of two pairs agree on a secret: DH (RFC 2631), ECDH (SEC 1 §3.3.1), X25519 and X448 (RFC 7748). */
import { diffieHellman, type KeyObject } from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';

/**
 * The secret as in the standards: the shared number or coordinate in as many bytes as the field has, without a hash.
 * @throws KmipError CryptographicFailure for keys of different groups or curves, of kinds that sign or encrypt only,
 * and for public keys that lead to the same secret with every private key.
 */
export function agreedSecret(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    throw new KmipError('CryptographicFailure', 'the private key and the public key cannot agree on a secret');
  }
}
