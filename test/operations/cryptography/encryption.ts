/** Requests of the cryptographic services, by the standard's names. */
import { enumerationNumber, type EnumerationName } from '#protocol/enumerations';
import type { TagName } from '#protocol/tags';
import type { Item } from '#ttlv/item';
import { id, type Caller } from '#test/clients/caller';
import { at, bytes, enumerated, int, bool, struct } from '#test/fixtures/items';
import { register } from '#test/operations/wrapping/wrapping';

export const label = (tag: TagName & EnumerationName, which: string, enumeration: EnumerationName = tag): Item =>
  enumerated(tag, enumerationNumber(enumeration, which) as number);

/** The fields of Cryptographic Parameters that tests set. */
export interface Parameters {
  readonly mode?: string;
  readonly padding?: string;
  readonly hash?: string;
  readonly algorithm?: string;
  readonly randomIV?: boolean;
  readonly ivLength?: number;
  readonly tagLength?: number;
  readonly fixedFieldLength?: number;
  readonly invocationFieldLength?: number;
  readonly counterLength?: number;
  readonly initialCounterValue?: number;
  readonly maskHash?: string;
  readonly pSource?: string;
}

const writers: { readonly [K in keyof Required<Parameters>]: (value: never) => Item } = {
  mode: (value: string) => label('BlockCipherMode', value),
  padding: (value: string) => label('PaddingMethod', value),
  hash: (value: string) => label('HashingAlgorithm', value),
  algorithm: (value: string) => label('CryptographicAlgorithm', value),
  randomIV: (value: boolean) => bool('RandomIV', value),
  ivLength: (value: number) => int('IVLength', value),
  tagLength: (value: number) => int('TagLength', value),
  fixedFieldLength: (value: number) => int('FixedFieldLength', value),
  invocationFieldLength: (value: number) => int('InvocationFieldLength', value),
  counterLength: (value: number) => int('CounterLength', value),
  initialCounterValue: (value: number) => int('InitialCounterValue', value),
  maskHash: (value: string) =>
    enumerated('MaskGeneratorHashingAlgorithm', enumerationNumber('HashingAlgorithm', value) as number),
  pSource: (value: string) => bytes('PSource', value),
};
/** In the order above, which is the standard's. */
export const parameters = (given: Parameters): Item =>
  struct(
    'CryptographicParameters',
    ...Object.entries(writers).flatMap(([key, write]) => {
      const value = given[key as keyof Parameters];
      return value === undefined ? [] : [write(value as never)];
    }),
  );

/** Hexadecimal, of one request; `text` stands for Data. */
export interface Sent {
  readonly data?: string | undefined;
  readonly iv?: string | undefined;
  readonly correlation?: string | undefined;
  readonly init?: boolean | undefined;
  readonly final?: boolean | undefined;
  readonly additional?: string | undefined;
  readonly tag?: string | undefined;
}

export const payloadOf = (key: string | undefined, given: Parameters | undefined, sent: Sent): Item[] => [
  ...(key === undefined ? [] : [id(key)]),
  ...(given === undefined ? [] : [parameters(given)]),
  ...(sent.data === undefined ? [] : [bytes('Data', sent.data)]),
  ...(sent.iv === undefined ? [] : [bytes('IVCounterNonce', sent.iv)]),
  ...(sent.correlation === undefined ? [] : [bytes('CorrelationValue', sent.correlation)]),
  ...(sent.init === undefined ? [] : [bool('InitIndicator', sent.init)]),
  ...(sent.final === undefined ? [] : [bool('FinalIndicator', sent.final)]),
  ...(sent.additional === undefined ? [] : [bytes('AuthenticatedEncryptionAdditionalData', sent.additional)]),
  ...(sent.tag === undefined ? [] : [bytes('AuthenticatedEncryptionTag', sent.tag)]),
];

/** What an answer holds, hexadecimal. */
export interface Got {
  readonly data: string | undefined;
  readonly iv: string | undefined;
  readonly correlation: string | undefined;
  readonly tag: string | undefined;
}

const hexAt = (payload: Item, tag: TagName): string | undefined => {
  const found = at(payload, tag)?.value;
  return found === undefined ? undefined : Buffer.from(found as Uint8Array).toString('hex');
};

export const gotFrom = (payload: Item): Got => ({
  data: hexAt(payload, 'Data'),
  iv: hexAt(payload, 'IVCounterNonce'),
  correlation: hexAt(payload, 'CorrelationValue'),
  tag: hexAt(payload, 'AuthenticatedEncryptionTag'),
});

export type Direction = 'Encrypt' | 'Decrypt';

export const ask = async (
  here: Caller,
  operation: Direction,
  key: string | undefined,
  given: Parameters | undefined,
  sent: Sent,
): Promise<Got> => gotFrom(await here.call(operation, ...payloadOf(key, given, sent)));

/** The reason of a refusal, and its message. */
export async function refusal(
  here: Caller,
  operation: Direction,
  key: string | undefined,
  given: Parameters | undefined,
  sent: Sent,
): Promise<string> {
  const { reason = '', message = '' } = await here.refused(operation, ...payloadOf(key, given, sent));
  if (message === '') throw new Error('a refusal without words');
  return reason;
}

/** An active key that encrypts and decrypts: its identifier. */
export const cipherKey = (here: Caller, hex: string, algorithm = 'AES', mask = 12, ...more: Item[]): Promise<string> =>
  register(
    here,
    { bytes: hex, mask, algorithm: enumerationNumber('CryptographicAlgorithm', algorithm) as number },
    ...more,
  );
