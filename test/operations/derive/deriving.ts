/** Requests to Derive Key, and what they are made of. */
import { expect } from 'chai';
import { enumerationNumber, type EnumerationName } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import { given, id, type Caller } from '#test/clients/caller';
import { at, bytes, enumerated, int, struct, value } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import { keyBlock } from '#test/fixtures/key-blocks';

export const named = (tag: TagName, label: string, enumeration = tag as EnumerationName): Item =>
  enumerated(tag, enumerationNumber(enumeration, label) as number);
export const utf8 = (string: string): string => Buffer.from(string).toString('hex');
export const raw = (tag: TagName, data: Uint8Array): Item => ({
  tag: Tag[tag],
  type: ItemType.ByteString,
  value: data,
});

export const deriveBit = 0x200;
export const algorithm = (label: string): Item => named('CryptographicAlgorithm', label);
export const length = (bits: number): Item => int('CryptographicLength', bits);
export const method = (label: string): Item => named('DerivationMethod', label);
export const parameters = (...fields: Item[]): Item => struct('CryptographicParameters', ...fields);
export const hash = (label: string): Item => named('HashingAlgorithm', label);
export const mode = (label: string): Item => named('BlockCipherMode', label);
export const data = (hex: string): Item => bytes('DerivationData', hex);
export const derivation = (...fields: Item[]): Item => struct('DerivationParameters', ...fields);

/** The type that a request asks for, by its number. */
export const types = { SymmetricKey: 2, SecretData: 7, PrivateKey: 4 } as const;
export type Type = keyof typeof types;

export interface Base {
  readonly mask?: number;
  readonly algorithm?: string;
  readonly active?: boolean;
  readonly more?: readonly Item[];
}

export async function registered(here: Caller, type: number, object: Item, { mask = deriveBit, ...base }: Base = {}) {
  const attributes = given(here.version, int('CryptographicUsageMask', mask), ...(base.more ?? []));
  const made = await here.call('Register', enumerated('ObjectType', type), attributes, object);
  const which = value(made, 'UniqueIdentifier') as string;
  if (base.active ?? true) await here.call('Activate', id(which));
  return which;
}

export const block = (format: number, material: Item, ...said: Item[]): Item => keyBlock(format, material, ...said);

export const key = (here: Caller, hex: string, base: Base = {}): Promise<string> =>
  registered(
    here,
    2,
    struct(
      'SymmetricKey',
      block(1, bytes('KeyMaterial', hex), algorithm(base.algorithm ?? 'AES'), length(hex.length * 4)),
    ),
    base,
  );
export const secret = (here: Caller, hex: string, base: Base = {}, format = 1): Promise<string> =>
  registered(
    here,
    7,
    struct('SecretData', enumerated('SecretDataType', 'Password'), block(format, bytes('KeyMaterial', hex))),
    base,
  );

export const asked = (here: Caller, type: Type, bits: number, ...more: Item[]): readonly [Item, Item] => [
  enumerated('ObjectType', types[type]),
  given(here.version, ...(type === 'SymmetricKey' ? [algorithm('AES')] : []), length(bits), ...more),
];

export interface Wanted {
  readonly type?: Type;
  readonly bits: number;
  readonly method: string;
  readonly with: Item;
  readonly more?: readonly Item[];
}

export const payload = (here: Caller, bases: readonly string[], wanted: Wanted): Item[] => {
  const [type, attributes] = asked(here, wanted.type ?? 'SecretData', wanted.bits, ...(wanted.more ?? []));
  return [type, ...bases.map(id), method(wanted.method), wanted.with, attributes];
};

export const derive = async (here: Caller, bases: readonly string[], wanted: Wanted): Promise<string> =>
  value(await here.call('DeriveKey', ...payload(here, bases, wanted)), 'UniqueIdentifier') as string;

export async function materialOf(here: Caller, which: string): Promise<string> {
  const got = await here.call('Get', id(which));
  const object = at(got, 'SymmetricKey') ?? at(got, 'SecretData');
  return Buffer.from(value(object as Item, 'KeyBlock', 'KeyValue', 'KeyMaterial') as Uint8Array).toString('hex');
}

export const derived = async (here: Caller, bases: readonly string[], wanted: Wanted): Promise<string> =>
  await materialOf(here, await derive(here, bases, wanted));

export const refusal = async (here: Caller, bases: readonly string[], wanted: Wanted): Promise<string | undefined> => {
  const before = await here.locate();
  const { reason } = await here.refused('DeriveKey', ...payload(here, bases, wanted));
  expect(await here.locate()).to.deep.equal(before);
  return reason;
};

/** RFC 6070 §2, RFC 4231 §4.3, NIST CAVP, SP 800-38A §F.2.1, FIPS 180 "abc": what every version has. */
export const pbkdf2: Wanted = {
  ...{ bits: 160, method: 'PBKDF2' },
  with: derivation(bytes('Salt', utf8('salt')), int('IterationCount', 4096)),
};
export const hmac: Wanted = {
  ...{ bits: 256, method: 'HMAC' },
  with: derivation(data(utf8('what do ya want for nothing?'))),
};
export const iteratedKey = 'dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0';
export const fixed =
  '01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac';
export const counterMode: Wanted = {
  ...{ type: 'SymmetricKey', bits: 128, method: 'NIST800_108_C' },
  with: derivation(parameters(hash('SHA_256')), data(fixed)),
};
