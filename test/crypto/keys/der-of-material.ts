/**
 * Key Material of any format as DER that OpenSSL reads: a second account of the formats (KMIP 2.1 §3.5 to §3.12,
 * §11.25), which shares no code with the server's. It is written from the structures of RFC 3279, RFC 5480, RFC 5915,
 * RFC 8017 and RFC 8410.
 */
import { at } from '#test/fixtures/items';
import type { TagName } from '#protocol/tags';
import type { Item } from '#ttlv/item';

export type Half = 'public' | 'private';

/** What is said of a kind of key outside of the material. */
export interface Kind {
  readonly family: 'RSA' | 'EC' | 'DSA' | 'DH';
  /** DER of the OBJECT IDENTIFIER of the curve; of those of RFC 8410 it is the algorithm's. */
  readonly curve?: Buffer;
  /** Bytes of a private key of RFC 8410, which is no number. */
  readonly secretBytes?: number;
}

function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function bytesOf(number: bigint): Buffer {
  const digits = number.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

function integer(number: bigint): Buffer {
  const bytes = bytesOf(number);
  return tlv(2, bytes.readUInt8() < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}

const sequence = (...parts: Uint8Array[]): Buffer => tlv(0x30, ...parts);
const octets = (...parts: Uint8Array[]): Buffer => tlv(4, ...parts);
const bits = (...parts: Uint8Array[]): Buffer => tlv(3, Buffer.of(0), ...parts);
const oid = (hex: string): Buffer => tlv(6, Buffer.from(hex, 'hex'));

const ids = {
  /** 1.2.840.113549.1.1.1 */
  rsaEncryption: oid('2a864886f70d010101'),
  /** 1.2.840.10045.2.1 */
  ecPublicKey: oid('2a8648ce3d0201'),
  /** 1.2.840.10040.4.1 */
  dsa: oid('2a8648ce380401'),
  /** 1.2.840.113549.1.3.1 */
  dhKeyAgreement: oid('2a864886f70d010301'),
  /** 1.2.840.10046.2.1 */
  dhPublicNumber: oid('2a8648ce3e0201'),
} as const;

const publicInfo = (algorithm: readonly Buffer[], key: Uint8Array): Buffer =>
  sequence(sequence(...algorithm), bits(key));
const privateInfo = (algorithm: readonly Buffer[], key: Uint8Array): Buffer =>
  sequence(integer(0n), sequence(...algorithm), octets(key));

type Field = (tag: TagName) => bigint | undefined;
const need = (number: bigint | undefined): bigint => {
  if (number === undefined) throw new Error('the Key Material lacks a number');
  return number;
};

const rsaNumbers: readonly TagName[] = [
  ...(['Modulus', 'PublicExponent', 'PrivateExponent', 'P', 'Q'] as const),
  ...(['PrimeExponentP', 'PrimeExponentQ', 'CRTCoefficient'] as const),
];

function ofNumbers(half: Half, { family }: Kind, field: Field): Buffer {
  if (family === 'RSA') {
    const [modulus = 0n, publicExponent = 0n, ...rest] = rsaNumbers.map((tag) => field(tag) ?? 0n);
    return half === 'public'
      ? publicInfo([ids.rsaEncryption, tlv(5)], sequence(integer(modulus), integer(publicExponent)))
      : sequence(...[0n, modulus, publicExponent, ...rest].map(integer));
  }
  const [p, q, g, j] = (['P', 'Q', 'G', 'J'] as const).map(field);
  const of = (...numbers: (bigint | undefined)[]): Buffer => sequence(...numbers.map((each) => integer(need(each))));
  const algorithm =
    family === 'DSA'
      ? [ids.dsa, of(p, q, g)]
      : q === undefined
        ? [ids.dhKeyAgreement, of(p, g)]
        : [ids.dhPublicNumber, of(p, g, q, ...(j === undefined ? [] : [j]))];
  return half === 'public'
    ? publicInfo(algorithm, integer(need(field('Y'))))
    : privateInfo(algorithm, integer(need(field('X'))));
}

function ofCurve(half: Half, { curve = Buffer.alloc(0), secretBytes }: Kind, key: Uint8Array): Buffer {
  if (secretBytes !== undefined) {
    if (half === 'public') return publicInfo([curve], key);
    return privateInfo([curve], octets(Buffer.alloc(secretBytes - key.length), key));
  }
  // OpenSSL finds the point of a private key that comes without.
  return half === 'public'
    ? publicInfo([ids.ecPublicKey, curve], key)
    : privateInfo([ids.ecPublicKey, curve], sequence(integer(1n), octets(key)));
}

/** The bytes themselves where the format is an encoding of its own. */
export function derOfMaterial(half: Half, kind: Kind, format: string, material: Item): Buffer {
  if (material.value instanceof Uint8Array) {
    return format === 'Raw' ? ofCurve(half, kind, material.value) : Buffer.from(material.value);
  }
  const field: Field = (tag) => at(material, tag)?.value as bigint | undefined;
  if (kind.family !== 'EC') return ofNumbers(half, kind, field);
  const key = half === 'public' ? at(material, 'QString')?.value : bytesOf(need(field('D')));
  return ofCurve(half, kind, key as Uint8Array);
}
