/** The requests of the benchmark, each one frame of KMIP 1.4, which most of today's clients speak. */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { attribute, batchItem, enumerated, request, struct, text, value, aesTemplate } from '#test/server/items';

const operations = { Create: 0x01, Locate: 0x08, Get: 0x0a, GetAttributes: 0x0b } as const;

const frame = (operation: keyof typeof operations, ...payload: Item[]): Uint8Array =>
  encode(request('1.4', [batchItem(operations[operation], payload)]));

const name = (nameValue: string): Item =>
  attribute('Name', struct('AttributeValue', text('NameValue', nameValue), enumerated('NameType', 1)));

export const get = (id: string): Uint8Array => frame('Get', text('UniqueIdentifier', id));
export const getAttributes = (id: string): Uint8Array => frame('GetAttributes', text('UniqueIdentifier', id));
export const locate = (nameValue: string): Uint8Array => frame('Locate', name(nameValue));
/** An AES key of 256 bits. */
export const create = (nameValue: string): Uint8Array =>
  frame('Create', enumerated('ObjectType', 2), aesTemplate(name(nameValue)));

export function expectSuccess(answer: Uint8Array): void {
  const item = decode(answer);
  if (value(item, 'BatchItem', 'ResultStatus') === 0) return;
  throw new Error(`the server refused: ${String(value(item, 'BatchItem', 'ResultMessage'))}`);
}
