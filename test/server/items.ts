/** Builds requests item by item, and looks into answers by tag: what a client that shares no code with ours would do. */
import { enumerationNumber, type EnumerationValue } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';

/** As a client writes them, the oldest first. */
export const versions = ['1.0', '1.1', '1.2', '1.3', '1.4', '2.0', '2.1'] as const;
export type VersionText = (typeof versions)[number];
/** Whether attributes are named, as in 1.x, and not tagged. */
export const isOld = (version: string): boolean => version < '2';

export const struct = (tag: TagName, ...value: Item[]): Item => ({ tag: Tag[tag], type: ItemType.Structure, value });
export const int = (tag: TagName, value: number): Item => ({ tag: Tag[tag], type: ItemType.Integer, value });
export const long = (tag: TagName, value: bigint): Item => ({ tag: Tag[tag], type: ItemType.LongInteger, value });
export const enumerated = (tag: TagName, value: number): Item => ({ tag: Tag[tag], type: ItemType.Enumeration, value });
export const bool = (tag: TagName, value: boolean): Item => ({ tag: Tag[tag], type: ItemType.Boolean, value });
export const text = (tag: TagName, value: string): Item => ({ tag: Tag[tag], type: ItemType.TextString, value });
export const bytes = (tag: TagName, hex: string): Item => ({
  tag: Tag[tag],
  type: ItemType.ByteString,
  value: Buffer.from(hex.replaceAll(' ', ''), 'hex'),
});
/** Seconds since 1970. */
export const date = (tag: TagName, seconds: number): Item => ({
  tag: Tag[tag],
  type: ItemType.DateTime,
  value: BigInt(seconds),
});

/** Attribute{Name, Value} of 1.x. */
export const attribute = (name: string, value: Item, index?: number): Item =>
  struct('Attribute', text('AttributeName', name), ...(index === undefined ? [] : [int('AttributeIndex', index)]), {
    ...value,
    tag: Tag.AttributeValue,
  } as Item);

/** A Template-Attribute of 1.x for an AES-256 key that encrypts and decrypts. */
export const aesTemplate = (...more: Item[]): Item =>
  struct(
    'TemplateAttribute',
    attribute('Cryptographic Algorithm', enumerated('AttributeValue', 3)),
    attribute('Cryptographic Length', int('AttributeValue', 256)),
    attribute('Cryptographic Usage Mask', int('AttributeValue', 12)),
    ...more,
  );

export interface HeaderFields {
  readonly before?: readonly Item[];
  readonly after?: readonly Item[];
  readonly batchCount?: number;
}

/** A Request Message; `version` as '1.4'. */
export function request(
  version: string,
  items: readonly Item[],
  { before = [], after = [], batchCount }: HeaderFields = {},
): Item {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  return struct(
    'RequestMessage',
    struct(
      'RequestHeader',
      struct('ProtocolVersion', int('ProtocolVersionMajor', major), int('ProtocolVersionMinor', minor)),
      ...before,
      ...after,
      int('BatchCount', batchCount ?? items.length),
    ),
    ...items,
  );
}

export type OperationName = EnumerationValue<'Operation'>;
export const operationCode = (name: OperationName): number => enumerationNumber('Operation', name) as number;

export const batchItem = (operation: number, payload: readonly Item[], id?: string): Item =>
  struct(
    'BatchItem',
    enumerated('Operation', operation),
    ...(id === undefined ? [] : [bytes('UniqueBatchItemID', id)]),
    struct('RequestPayload', ...payload),
  );

/** The first item under the path of tags, depth by depth; `[n]` of a repeated tag by a number after it. */
export function at(item: Item, ...path: (TagName | number)[]): Item | undefined {
  let found: Item | undefined = item;
  for (let step = 0; step < path.length && found !== undefined; step++) {
    const tag = path[step] as TagName;
    const place = typeof path[step + 1] === 'number' ? (path[++step] as number) : 0;
    found = all(found, tag)[place];
  }
  return found;
}

/** The children with this tag. */
export const all = (item: Item, tag: TagName): Item[] =>
  item.type === ItemType.Structure ? item.value.filter((child) => child.tag === Tag[tag]) : [];

/** The value at the path; fails when there is none. */
export function value(item: Item, ...path: (TagName | number)[]): Item['value'] {
  const found = at(item, ...path);
  if (found === undefined) throw new Error(`the answer has no ${path.join('/')}`);
  return found.value;
}
