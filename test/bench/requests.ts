/** The requests of the benchmark, each one frame of KMIP 1.4, which most of today's clients speak. */
import { randomBytes } from 'node:crypto';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import {
  aesTemplate,
  attribute,
  bool,
  bytes,
  date,
  enumerated,
  int,
  request,
  struct,
  text,
  value,
  item,
} from '#test/fixtures/items';

const operations = { Create: 0x01, Locate: 0x08, Get: 0x0a, GetAttributes: 0x0b, Encrypt: 0x1f } as const;

const frame = (operation: keyof typeof operations, ...payload: Item[]): Uint8Array =>
  encode(request('1.4', [item(operations[operation], payload)]));

const name = (nameValue: string): Item =>
  attribute(
    'Name',
    struct('AttributeValue', text('NameValue', nameValue), enumerated('NameType', 'UninterpretedTextString')),
  );

export const get = (id: string): Uint8Array => frame('Get', text('UniqueIdentifier', id));
export const getAttributes = (id: string): Uint8Array => frame('GetAttributes', text('UniqueIdentifier', id));
export const locate = (nameValue: string): Uint8Array => frame('Locate', name(nameValue));
/** An AES key of 256 bits. */
export const create = (nameValue: string): Uint8Array =>
  frame('Create', enumerated('ObjectType', 'SymmetricKey'), aesTemplate(name(nameValue)));

/** The same, and for use at once. */
export const createActive = (): Uint8Array =>
  frame(
    'Create',
    enumerated('ObjectType', 'SymmetricKey'),
    aesTemplate(attribute('Activation Date', date('AttributeValue', 1))),
  );
/** AES-GCM, its vector made by the server. */
export const encrypt = (id: string, length: number): Uint8Array =>
  frame(
    'Encrypt',
    text('UniqueIdentifier', id),
    struct(
      'CryptographicParameters',
      enumerated('BlockCipherMode', 'GCM'),
      bool('RandomIV', true),
      int('IVLength', 96),
      int('TagLength', 16),
    ),
    bytes('Data', randomBytes(length).toString('hex')),
  );

export const identifierIn = (answer: Uint8Array): string =>
  value(decode(answer), 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string;

export function expectSuccess(answer: Uint8Array): void {
  const item = decode(answer);
  if (value(item, 'BatchItem', 'ResultStatus') === 0) return;
  throw new Error(`the server refused: ${String(value(item, 'BatchItem', 'ResultMessage'))}`);
}
