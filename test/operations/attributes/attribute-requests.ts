/** Requests of the attribute operations in both shapes of the wire, and what their answers hold. */
import { enumerationRows } from '#protocol/enumeration-rows';
import type { ResultReason } from '#protocol/kmip-error';
import { Tag, tagName, tags, type TagName } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import type { Fixture } from '#test/fixtures/fixture';
import {
  all,
  at,
  attribute,
  enumerated,
  int,
  request,
  struct,
  text,
  value,
  type VersionText,
  type OperationName,
  item,
} from '#test/fixtures/items';

const tagged = (version: VersionText): boolean => version >= '2';

/** A custom attribute under the name that 1.x gives it. */
export interface Custom {
  readonly custom: string;
  readonly value: Item;
}
export type Given = Item | Custom;
export const custom = (name: string, held: Item): Custom => ({ custom: name, value: held });

/** One attribute: as its item, `Attribute{Name, Index, Value}` in 1.x, the value under its own tag in 2.x. */
export function oneAttribute(version: VersionText, given: Given, index?: number): Item {
  if ('custom' in given) {
    if (!tagged(version)) return attribute(given.custom, given.value, index);
    return struct(
      'Attribute',
      text('VendorIdentification', given.custom.slice(0, 1)),
      text('AttributeName', given.custom.slice(2)),
      { ...given.value, tag: Tag.AttributeValue },
    );
  }
  return tagged(version) ? given : attribute(tags[tagName(given.tag) as TagName].name, given, index);
}

/** An Attribute Name of 1.x, an Attribute Reference of 2.x. */
export function referenceTo(version: VersionText, which: TagName | `${'x' | 'y'}-${string}`): Item {
  const own = which[1] === '-';
  if (!tagged(version)) return text('AttributeName', own ? which : tags[which as TagName].name);
  return own
    ? struct(
        'AttributeReference',
        text('VendorIdentification', which.slice(0, 1)),
        text('AttributeName', which.slice(2)),
      )
    : enumerated('AttributeReference', Tag[which as TagName]);
}

/** What an operation that changes attributes is sent: New Attribute of 2.x, Attribute of 1.x. */
export const newAttribute = (version: VersionText, given: Given, index?: number): Item =>
  tagged(version) ? struct('NewAttribute', oneAttribute(version, given)) : oneAttribute(version, given, index);
export const currentAttribute = (given: Given): Item => struct('CurrentAttribute', oneAttribute('2.1', given));

export const nameOf = (held: string): Item =>
  struct('Name', text('NameValue', held), enumerated('NameType', 'UninterpretedTextString'));

export interface Answer {
  readonly status: 'Success' | 'OperationFailed';
  readonly reason: ResultReason | undefined;
  readonly message: string | undefined;
  /** An empty structure when there is none. */
  readonly payload: Item;
}

/** One operation through the whole server. */
export async function call(
  fixture: Fixture,
  version: VersionText,
  operation: OperationName,
  ...payload: Item[]
): Promise<Answer> {
  const answer = await fixture.exchange(request(version, [item(operation, payload)]));
  const reason = at(answer, 'BatchItem', 'ResultReason')?.value;
  return {
    status: value(answer, 'BatchItem', 'ResultStatus') === 0 ? 'Success' : 'OperationFailed',
    reason: reasonNames.get(reason as number),
    message: at(answer, 'BatchItem', 'ResultMessage')?.value as string | undefined,
    payload: at(answer, 'BatchItem', 'ResponsePayload') ?? struct('ResponsePayload'),
  };
}

const reasonNames = new Map(
  Object.entries(enumerationRows.ResultReason).map(([name, row]) => [row[0] as number, name as ResultReason]),
);

/** Creates an AES-256 key with these attributes besides; answers with its identifier. */
export async function createKey(fixture: Fixture, version: VersionText, ...given: Given[]): Promise<string> {
  const whole = [
    enumerated('CryptographicAlgorithm', 'AES'),
    int('CryptographicLength', 256),
    int('CryptographicUsageMask', 12),
    ...given,
  ].map((each) => oneAttribute(version, each));
  const { payload, message } = await call(
    fixture,
    version,
    'Create',
    enumerated('ObjectType', 'SymmetricKey'),
    struct(tagged(version) ? 'Attributes' : 'TemplateAttribute', ...whole),
  );
  if (message !== undefined) throw new Error(message);
  return value(payload, 'UniqueIdentifier') as string;
}

/** What Get Attributes says of the object: items under the attributes' own tags in 2.x, Attribute items in 1.x. */
export async function attributesOf(
  fixture: Fixture,
  version: VersionText,
  id: string,
  ...which: Parameters<typeof referenceTo>[1][]
): Promise<readonly Item[]> {
  const asked = which.map((each) => referenceTo(version, each));
  const { payload, message } = await call(fixture, version, 'GetAttributes', text('UniqueIdentifier', id), ...asked);
  if (message !== undefined) throw new Error(message);
  return listed(version, payload);
}

export const listed = (version: VersionText, payload: Item): readonly Item[] =>
  tagged(version) ? ((at(payload, 'Attributes')?.value ?? []) as readonly Item[]) : all(payload, 'Attribute');

/** The value of the only attribute that has this tag, from a 2.1 Get Attributes; undefined when it is absent. */
export async function held(fixture: Fixture, id: string, tag: TagName): Promise<Item['value'] | undefined> {
  const [item, second] = await attributesOf(fixture, '2.1', id, tag);
  if (second !== undefined) throw new Error(`${tag} has several values`);
  return item?.value;
}

/** Everything in a structure as nested tag names and values, to compare with what is expected at a glance. */
export function plain(item: Item): unknown {
  const name = tagName(item.tag) as string;
  return { [name]: item.type === ItemType.Structure ? item.value.map(plain) : item.value };
}
