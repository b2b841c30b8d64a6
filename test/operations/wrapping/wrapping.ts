/** Requests for wrapped keys, and what goes into them. */
import { decryptMaterial } from '#crypto/ciphers/material-cipher';
import type { CryptographicParameters } from '#protocol/structures';
import { decode, type Item } from '#ttlv/index';
import { given, id, type Caller } from '#test/clients/caller';
import { at, bytes, date, enumerated, int, struct, value } from '#test/fixtures/items';

export const mode = { CBC: 1, GCM: 9, CMAC: 7, AESKeyWrapPadding: 0xc, NISTKeyWrap: 0xd } as const;
export const method = { encrypt: 1, macSign: 2, encryptThenMACSign: 3, macSignThenEncrypt: 4, tr31: 5 } as const;
export const noEncoding = enumerated('EncodingOption', 'NoEncoding');
export const ttlvEncoding = enumerated('EncodingOption', 'TTLVEncoding');
export const wrapKeyBit = 0x10;
export const macGenerateBit = 0x80;

export const kek = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
export const material = '00112233445566778899aabbccddeeff';
/** RFC 3394 §4.3. */
export const wrapped43 = '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7';

export const hex = (item: Item | undefined): string => Buffer.from(item?.value as Uint8Array).toString('hex');
export const parameters = (...fields: Item[]): Item => struct('CryptographicParameters', ...fields);
export const inMode = (which: number): Item => parameters(enumerated('BlockCipherMode', which));
export const encryption = (key: string, ...more: Item[]): Item => struct('EncryptionKeyInformation', id(key), ...more);
export const signature = (key: string, ...more: Item[]): Item => struct('MACSignatureKeyInformation', id(key), ...more);
export const wrapping = (how: number, ...more: Item[]): Item =>
  struct('KeyWrappingSpecification', enumerated('WrappingMethod', how), ...more);
/** Long before the clock of the tests. */
export const activated = date('ActivationDate', Date.UTC(2025, 0, 1) / 1000);

interface KeyOf {
  readonly bytes?: string;
  readonly mask?: number;
  /** CryptographicAlgorithm; AES unless given. */
  readonly algorithm?: number;
  readonly active?: boolean;
}

/** A Symmetric Key that may wrap, by default: its identifier. */
export async function register(here: Caller, key: KeyOf, ...attributes: Item[]): Promise<string> {
  const { bytes: held = kek, mask = wrapKeyBit, algorithm = 3, active = true } = key;
  const payload = await here.call(
    'Register',
    enumerated('ObjectType', 'SymmetricKey'),
    given(here.version, int('CryptographicUsageMask', mask), ...(active ? [activated] : []), ...attributes),
    struct(
      'SymmetricKey',
      struct(
        'KeyBlock',
        enumerated('KeyFormatType', 'Raw'),
        struct('KeyValue', bytes('KeyMaterial', held)),
        enumerated('CryptographicAlgorithm', algorithm),
        int('CryptographicLength', held.length * 4),
      ),
    ),
  );
  return value(payload, 'UniqueIdentifier') as string;
}

export async function registerSecret(here: Caller, material: string): Promise<string> {
  const keyBlock = struct(
    'KeyBlock',
    enumerated('KeyFormatType', 'Opaque'),
    struct('KeyValue', bytes('KeyMaterial', material)),
  );
  const payload = await here.call(
    'Register',
    enumerated('ObjectType', 'SecretData'),
    given(here.version, int('CryptographicUsageMask', 0)),
    struct('SecretData', enumerated('SecretDataType', 'Password'), keyBlock),
  );
  return value(payload, 'UniqueIdentifier') as string;
}

export const blockOf = (payload: Item): Item => at(payload, 'SymmetricKey', 'KeyBlock') as Item;

/** What was wrapped with `kek`. */
export const opened = (item: Item | undefined, by: CryptographicParameters, iv?: Item): Item =>
  decode(
    decryptMaterial(
      { algorithm: 'AES', bytes: Buffer.from(kek, 'hex') },
      { data: item?.value as Uint8Array, ...(iv === undefined ? {} : { iv: iv.value as Uint8Array }) },
      by,
    ),
  );
