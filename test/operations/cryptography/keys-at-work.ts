/** Keys that are registered to be used, and what is asked of them. */
import type { KeyObject } from 'node:crypto';
import { enumerationNumber, enumerationValue, type EnumerationValue } from '#protocol/enumerations';
import { given, id, type Caller } from '#test/clients/caller';
import { bytes, date, enumerated, int, struct, value, versions } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';

export const signing = 0x1;
export const verifying = 0x2;
export const making = 0x80;
export const checking = 0x100;

/** Those that have the cryptographic services. */
export const servingVersions = versions.filter((version) => version >= '1.2');

export const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
export const data = (content: string | Uint8Array): Item => bytes('Data', hex(Buffer.from(content)));
/** Long before the clock of the tests. */
const activated = date('ActivationDate', Date.UTC(2025, 0, 1) / 1000);

type Names = {
  readonly PaddingMethod?: EnumerationValue<'PaddingMethod'>;
  readonly HashingAlgorithm?: EnumerationValue<'HashingAlgorithm'>;
  readonly DigitalSignatureAlgorithm?: EnumerationValue<'DigitalSignatureAlgorithm'>;
  readonly CryptographicAlgorithm?: EnumerationValue<'CryptographicAlgorithm'>;
  readonly BlockCipherMode?: EnumerationValue<'BlockCipherMode'>;
};

/** Cryptographic Parameters by the names of their values. */
export const parameters = (names: Names, ...more: Item[]): Item =>
  struct(
    'CryptographicParameters',
    ...Object.entries(names).map(([tag, name]) =>
      enumerated(tag as keyof Names, enumerationNumber(tag as keyof Names, name) as number),
    ),
    ...more,
  );

const isPlain = (attributes: readonly Item[], tag: number): boolean => !attributes.some((each) => each.tag === tag);

/** Active, unless it is given a date, and with the mask given: its identifier. */
async function registered(
  caller: Caller,
  objectType: number,
  mask: number,
  object: Item,
  attributes: readonly Item[],
): Promise<string> {
  const dates = isPlain(attributes, activated.tag) ? [activated] : [];
  const payload = await caller.call(
    'Register',
    enumerated('ObjectType', objectType),
    given(caller.version, int('CryptographicUsageMask', mask), ...dates, ...attributes),
    object,
  );
  return value(payload, 'UniqueIdentifier') as string;
}

const keyBlock = (format: number, material: Uint8Array, ...more: Item[]): Item =>
  struct(
    'KeyBlock',
    enumerated('KeyFormatType', format),
    struct('KeyValue', bytes('KeyMaterial', hex(material))),
    ...more,
  );

export function registerHalf(
  caller: Caller,
  key: KeyObject,
  mask = key.type === 'private' ? signing : verifying,
  ...attributes: Item[]
): Promise<string> {
  return key.type === 'private'
    ? registered(
        caller,
        4,
        mask,
        struct('PrivateKey', keyBlock(4, key.export({ format: 'der', type: 'pkcs8' }))),
        attributes,
      )
    : registered(
        caller,
        3,
        mask,
        struct('PublicKey', keyBlock(5, key.export({ format: 'der', type: 'spki' }))),
        attributes,
      );
}

export const registerSymmetric = (
  caller: Caller,
  algorithm: EnumerationValue<'CryptographicAlgorithm'>,
  material: string,
  mask = making | checking,
  ...attributes: Item[]
): Promise<string> =>
  registered(
    caller,
    2,
    mask,
    struct(
      'SymmetricKey',
      keyBlock(
        1,
        Buffer.from(material, 'hex'),
        enumerated('CryptographicAlgorithm', enumerationNumber('CryptographicAlgorithm', algorithm) as number),
        int('CryptographicLength', material.length * 4),
      ),
    ),
    attributes,
  );

export const registerSecret = (caller: Caller, material: string, mask = making | checking): Promise<string> =>
  registered(
    caller,
    7,
    mask,
    struct('SecretData', enumerated('SecretDataType', 'Seed'), keyBlock(1, Buffer.from(material, 'hex'))),
    [],
  );

/** What a payload holds under the tag, as hex. */
export const hexIn = (payload: Item, tag: 'Data' | 'SignatureData' | 'MACData'): string =>
  hex(value(payload, tag) as Uint8Array);

/** What the verification answers. */
export async function validity(
  caller: Caller,
  operation: 'SignatureVerify' | 'MACVerify',
  key: string,
  ...payload: Item[]
): Promise<string | undefined> {
  const answer = await caller.call(operation, id(key), ...payload);
  return enumerationValue('ValidityIndicator', value(answer, 'ValidityIndicator') as number);
}
