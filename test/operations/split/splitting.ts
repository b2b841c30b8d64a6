/** Requests to Create and Join Split Key, and what they are made of. */
import { expect } from 'chai';
import { enumerationNumber, type EnumerationName } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import { given, id, type Caller } from '#test/clients/caller';
import { all, at, bytes, enumerated, int, isOld, struct, text, value, versions } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';

export const named = (tag: TagName, label: string, enumeration = tag as EnumerationName): Item =>
  enumerated(tag, enumerationNumber(enumeration, label) as number);
export const big = (tag: TagName, number: bigint): Item => ({
  tag: Tag[tag],
  type: ItemType.BigInteger,
  value: number,
});
export const algorithm = (label: string): Item => named('CryptographicAlgorithm', label);
export const length = (bits: number): Item => int('CryptographicLength', bits);
export const mask = (bits: number): Item => int('CryptographicUsageMask', bits);
export const type = (label: string): Item => named('ObjectType', label);

/** The versions that have the operations. */
export const splitting = versions.filter((version) => version >= '1.2');
export const methods = [
  'XOR',
  'PolynomialSharingGF2_8',
  'PolynomialSharingGF2_16',
  'PolynomialSharingPrimeField',
] as const;
export type Method = (typeof methods)[number];

export interface Wanted {
  readonly parts?: number;
  readonly threshold?: number;
  readonly prime?: bigint;
  readonly of?: string;
  readonly as?: string;
  readonly attributes?: readonly Item[];
}

export const splitPayload = (here: Caller, method: Method, wanted: Wanted): Item[] => {
  const { parts = 4, threshold = method === 'XOR' ? parts : 3, prime } = wanted;
  return [
    type(wanted.as ?? 'SplitKey'),
    ...(wanted.of === undefined ? [] : [id(wanted.of)]),
    int('SplitKeyParts', parts),
    int('SplitKeyThreshold', threshold),
    named('SplitKeyMethod', method),
    ...(prime === undefined ? [] : [big('PrimeFieldSize', prime)]),
    given(here.version, ...(wanted.attributes ?? [])),
  ];
};

export const split = async (here: Caller, method: Method, wanted: Wanted): Promise<string[]> =>
  all(await here.call('CreateSplitKey', ...splitPayload(here, method, wanted)), 'UniqueIdentifier').map(
    (each) => each.value as string,
  );

export const join = async (here: Caller, as: string, parts: readonly string[], ...more: Item[]): Promise<string> =>
  value(await here.call('JoinSplitKey', type(as), ...parts.map(id), ...more), 'UniqueIdentifier') as string;

export const refusedJoin = async (
  here: Caller,
  parts: readonly string[],
  as = 'SymmetricKey',
): Promise<string | undefined> => {
  const before = await here.locate();
  const { reason } = await here.refused('JoinSplitKey', type(as), ...parts.map(id));
  expect(await here.locate()).to.deep.equal(before);
  return reason;
};

export const blockOf = async (here: Caller, which: string): Promise<Item> => {
  const got = await here.call('Get', id(which));
  const objects = ['SymmetricKey', 'SecretData', 'PrivateKey', 'SplitKey'] as const;
  const object = objects.map((tag) => at(got, tag)).find((each) => each !== undefined);
  return at(object as Item, 'KeyBlock') as Item;
};
export const materialOf = async (here: Caller, which: string): Promise<string> =>
  Buffer.from(value(await blockOf(here, which), 'KeyValue', 'KeyMaterial') as Uint8Array).toString('hex');

export const attributeOf = async (here: Caller, which: string, tag: TagName, label: string): Promise<Item> => {
  const asked = isOld(here.version) ? text('AttributeName', label) : enumerated('AttributeReference', Tag[tag]);
  const [held] = await here.attributes(which, asked);
  return (at(held as Item, 'AttributeValue') ?? held) as Item;
};
export const digestOf = async (here: Caller, which: string): Promise<Item['value']> =>
  value(await attributeOf(here, which, 'Digest', 'Digest'), 'DigestValue');

export const register = async (here: Caller, as: string, object: Item, ...attributes: Item[]): Promise<string> =>
  value(
    await here.call('Register', type(as), given(here.version, mask(12), ...attributes), object),
    'UniqueIdentifier',
  ) as string;

export const block = (format: string, material: Item, ...said: Item[]): Item =>
  struct('KeyBlock', named('KeyFormatType', format), struct('KeyValue', material), ...said);

export const key = (here: Caller, hex: string, algorithmName = 'AES', ...attributes: Item[]): Promise<string> =>
  register(
    here,
    'SymmetricKey',
    struct('SymmetricKey', block('Raw', bytes('KeyMaterial', hex), algorithm(algorithmName), length(hex.length * 4))),
    ...attributes,
  );

export interface Brought {
  readonly parts?: number;
  readonly identifier: number;
  readonly threshold?: number;
  readonly method?: Method;
  readonly hex: string;
  readonly bits?: number;
  readonly prime?: bigint;
}
export const part = (here: Caller, { parts = 5, threshold = 3, ...brought }: Brought): Promise<string> =>
  register(
    here,
    'SplitKey',
    struct(
      'SplitKey',
      int('SplitKeyParts', parts),
      int('KeyPartIdentifier', brought.identifier),
      int('SplitKeyThreshold', threshold),
      named('SplitKeyMethod', brought.method ?? 'PolynomialSharingGF2_8'),
      ...(brought.prime === undefined ? [] : [big('PrimeFieldSize', brought.prime)]),
      block('Raw', bytes('KeyMaterial', brought.hex), algorithm('AES'), length(brought.bits ?? 128)),
    ),
  );
