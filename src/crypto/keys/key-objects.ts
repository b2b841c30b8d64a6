/** Keys as node:crypto takes them. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { AsymmetricKey } from './asymmetric-key.ts';
import { invalidField } from '#crypto/refusals';
import { writePrivateInfo, writePublicInfo } from './key-containers.ts';

/** @throws KmipError InvalidField when OpenSSL refuses the key, such as a point off its curve. */
export function keyObjectOf(key: AsymmetricKey): KeyObject {
  const der = key.half === 'public' ? writePublicInfo(key) : writePrivateInfo(key);
  if (der === undefined) throw invalidField('the key lacks numbers that its use requires');
  try {
    return key.half === 'public'
      ? createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
      : createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch {
    throw invalidField(`the ${key.half} key is not a valid ${key.family} key`);
  } finally {
    if (key.half === 'private') der.fill(0);
  }
}
