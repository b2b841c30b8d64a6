/** Requests by the names of operations, and answers item by item, with names for status and reason. */
import { enumerationValue } from '#protocol/enumerations';
import { ItemType, type Item } from '#ttlv/item';
import type { Session } from '#server/session';
import type { Fixture } from './fixture.ts';
import {
  all,
  at,
  attribute,
  batchItem,
  enumerated,
  int,
  request,
  struct,
  text,
  value,
  type HeaderFields,
  isOld,
  operationCode,
  type OperationName,
} from './items.ts';

export const item = (operation: OperationName, payload: readonly Item[] = [], id?: string): Item =>
  batchItem(operationCode(operation), payload, id);

export const uniqueIdentifier = (id: string): Item => text('UniqueIdentifier', id);

/** An Attribute of 1.x under its name there, the tagged item itself in 2.x. */
export const attributesFor = (version: string, ...given: readonly [name: string, item: Item][]): Item =>
  isOld(version)
    ? struct('TemplateAttribute', ...given.map(([name, each]) => attribute(name, each)))
    : struct('Attributes', ...given.map(([, each]) => each));

/** The payload of a Create of an AES-256 key. */
export const aesKey = (version: string, ...more: readonly [name: string, item: Item][]): readonly Item[] => [
  enumerated('ObjectType', 2),
  attributesFor(
    version,
    ['Cryptographic Algorithm', enumerated('CryptographicAlgorithm', 3)],
    ['Cryptographic Length', int('CryptographicLength', 256)],
    ['Cryptographic Usage Mask', int('CryptographicUsageMask', 12)],
    ...more,
  ),
];

export interface ItemAnswer {
  readonly operation: string | undefined;
  /** Hexadecimal. */
  readonly id: string | undefined;
  readonly status: string;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** The first Unique Identifier of the payload. */
  readonly object: string | undefined;
  readonly payload: Item | undefined;
}

const named = (name: 'Operation' | 'ResultStatus' | 'ResultReason', held: Item | undefined): string | undefined =>
  held?.type === ItemType.Enumeration ? enumerationValue(name, held.value) : undefined;

export const answersOf = (response: Item): ItemAnswer[] =>
  all(response, 'BatchItem').map((each) => ({
    operation: named('Operation', at(each, 'Operation')),
    id: hex(at(each, 'UniqueBatchItemID')),
    status: named('ResultStatus', at(each, 'ResultStatus')) as string,
    reason: named('ResultReason', at(each, 'ResultReason')),
    message: at(each, 'ResultMessage')?.value as string | undefined,
    object: at(each, 'ResponsePayload', 'UniqueIdentifier')?.value as string | undefined,
    payload: at(each, 'ResponsePayload'),
  }));

const hex = (held: Item | undefined): string | undefined =>
  held?.type === ItemType.ByteString ? Buffer.from(held.value).toString('hex') : undefined;

/** Sends the items in one request; checks what every answer must have: the version asked, and a true Batch Count. */
export async function send(
  fixture: Fixture,
  version: string,
  items: readonly Item[],
  { session, ...header }: HeaderFields & { readonly session?: Session } = {},
): Promise<ItemAnswer[]> {
  const response = await fixture.exchange(request(version, items, header), session);
  const { major, minor, count } = headerOf(response);
  const answers = answersOf(response);
  if (`${major}.${minor}` !== version) throw new Error(`answered in ${major}.${minor}`);
  if (count !== answers.length) throw new Error(`Batch Count ${count} for ${answers.length} items`);
  return answers;
}

export const headerOf = (response: Item) => ({
  major: value(response, 'ResponseHeader', 'ProtocolVersion', 'ProtocolVersionMajor') as number,
  minor: value(response, 'ResponseHeader', 'ProtocolVersion', 'ProtocolVersionMinor') as number,
  count: value(response, 'ResponseHeader', 'BatchCount') as number,
});

/** Sends one operation alone. */
export async function ask(
  fixture: Fixture,
  version: string,
  operation: OperationName,
  payload: readonly Item[] = [],
  session?: Session,
): Promise<ItemAnswer> {
  const [answer] = await send(fixture, version, [item(operation, payload)], session === undefined ? {} : { session });
  return answer as ItemAnswer;
}

/** Creates an AES-256 key and answers with its identifier. */
export async function createKey(
  fixture: Fixture,
  version = '1.4',
  more: readonly (readonly [name: string, item: Item])[] = [],
): Promise<string> {
  const { object, message } = await ask(fixture, version, 'Create', aesKey(version, ...(more as [string, Item][])));
  if (object === undefined) throw new Error(message);
  return object;
}
