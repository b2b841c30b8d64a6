/**
 * Whether a DSA or DH key lies in a group, and in the one that it claims (FIPS 186-4 appendix A, NIST SP 800-56A
 * §5.6.2.3).
 */
import { pow } from '@noble/curves/abstract/modular.js';
import type { Group, GroupPrivateKey, GroupPublicKey } from './asymmetric-key.ts';
import { bitLength, isOdd, isPrime } from '#crypto/big-numbers';
import { invalidField } from '#crypto/refusals';

/** In bits; the shortest of DSA is that of official case BL-M-12. */
const fieldLengths = { DSA: { minimum: 512, maximum: 4096 }, DH: { minimum: 512, maximum: 4096 } } as const;
const orderLengths = { minimum: 160, maximum: 512 } as const;

/** Takes up to seconds. @throws KmipError InvalidField when the numbers are not those of a key in a group. */
export function checkGroupKey(key: GroupPublicKey | GroupPrivateKey): void {
  const { family, group } = key;
  const { p, q, g } = group;
  const { minimum, maximum } = fieldLengths[family];
  const length = bitLength(p);
  if (length < minimum || length > maximum) {
    throw invalidField(`a ${family} key must have ${minimum} to ${maximum} bits, not ${length}`);
  }
  if (family === 'DSA') checkOrderLength(q ?? 0n);
  if (!isOdd(p) || g < 2n || g > p - 2n) throw invalidField(`P and G of the ${family} key must define a group`);
  if (q !== undefined) checkSubgroup(group, q, family);
  if (key.half === 'public') {
    if (key.y < 2n || key.y > p - 2n) throw invalidField(`Y of the ${family} key is out of range`);
    if (q !== undefined && isSmall(q) && pow(key.y, q, p) !== 1n) {
      throw invalidField(`Y of the ${family} key is not in the group of P, Q and G`);
    }
  } else if (key.x < 1n || key.x >= (q ?? p - 1n)) {
    throw invalidField(`X of the ${family} key is out of range`);
  }
  const numbers = q === undefined ? [p] : [q, p];
  for (const number of numbers) {
    if (!isPrime(number)) throw invalidField(`P and Q of the ${family} key must be prime`);
  }
}

function checkOrderLength(q: bigint): void {
  const { minimum, maximum } = orderLengths;
  if (bitLength(q) < minimum || bitLength(q) > maximum)
    throw invalidField(`Q of a DSA key must have ${minimum} to ${maximum} bits`);
}

/** An order as large as the field belongs to a safe prime: every number but two has it, and a check would take long. */
const isSmall = (q: bigint): boolean => bitLength(q) <= orderLengths.maximum;

function checkSubgroup({ p, g, j }: Group, q: bigint, family: string): void {
  const belongs = q > 1n && (p - 1n) % q === 0n && (j === undefined || j * q + 1n === p);
  if (!belongs || (isSmall(q) && pow(g, q, p) !== 1n)) {
    throw invalidField(`G of the ${family} key must be of the order Q in the field of P`);
  }
}
