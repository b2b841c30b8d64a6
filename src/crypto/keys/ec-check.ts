/**
 * Whether an elliptic curve key is on its curve. Of the curves of RFC 7748 and RFC 8032 every string of the right
 * length is a key.
 */
import type { EcPrivateKey, EcPublicKey } from './asymmetric-key.ts';
import { hasPoints } from './curves.ts';
import { invalidField } from '#crypto/refusals';
import { pointOf } from './ec-keys.ts';
import { keyObjectOf } from './key-objects.ts';

/** @throws KmipError InvalidField; OpenSSL refuses a point off its curve. */
export function checkEcPublic(key: EcPublicKey): void {
  keyObjectOf(key);
}

/** @throws KmipError InvalidField when the secret is out of range or the point is another key's. */
export function checkEcPrivate(key: EcPrivateKey): void {
  if (!hasPoints(key.curve)) return;
  const point = pointOf(key);
  if (key.point !== undefined && Buffer.compare(point, key.point) !== 0) {
    throw invalidField('the public key within the EC private key does not belong to it');
  }
}
