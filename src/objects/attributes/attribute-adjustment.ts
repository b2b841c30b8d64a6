/**
 * The arithmetic of Adjust Attribute (KMIP 2.1 §6.1.3, §11.1), done on the item that carries the value: the
 * type of the item decides.
 */
import { ItemType, itemTypeName, type Item, type ItemTypeName } from '#ttlv/item';
import { largestDate } from '#protocol/codecs';
import type { OpenValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { Tag, tagName, tags } from '#protocol/tags';
import { atRest } from '#protocol/versions';
import { checkClients, setInstance, type AttributeChange, type Terms } from './attribute-changes.ts';
import { referenceText, type Reference } from './attribute-reference.ts';
import { attributeRow, type AttributeValue } from './attributes.ts';
import { instancesReferred, type ManagedObject } from '#objects/managed-object';

export interface Adjustment {
  readonly type: OpenValue<'AdjustmentType'>;
  /** The amount to increment or decrement by; one when absent. */
  readonly value?: Item | undefined;
}

interface NumberType {
  readonly lowest: bigint;
  readonly highest: bigint;
  /** "the previous value is assumed to be a 0 for numeric types and intervals". */
  readonly startsAtZero: boolean;
  readonly negatable: boolean;
}

const signed = (bits: bigint): Pick<NumberType, 'lowest' | 'highest'> => ({
  lowest: -(1n << (bits - 1n)),
  highest: (1n << (bits - 1n)) - 1n,
});
const numeric = { startsAtZero: true, negatable: true };
const date = { startsAtZero: false, negatable: false };

/** The numeric types. Big Integers have no range of their own: this one is far above every real value. */
const numberTypes: { readonly [T in ItemTypeName]?: NumberType } = {
  Integer: { ...signed(32n), ...numeric },
  LongInteger: { ...signed(64n), ...numeric },
  BigInteger: { ...signed(16_384n), ...numeric },
  Interval: { lowest: 0n, highest: 0xffff_ffffn, startsAtZero: true, negatable: false },
  DateTime: { lowest: -BigInt(largestDate), highest: BigInt(largestDate), ...date },
  DateTimeExtended: { ...signed(64n), ...date },
};

const amounts: ReadonlySet<ItemType> = new Set([
  ItemType.Integer,
  ItemType.LongInteger,
  ItemType.BigInteger,
  ItemType.Interval,
]);

/**
 * Adjusts the only instance, or adds one that starts from the value for an absent attribute.
 * @throws KmipError MultiValuedAttribute, InvalidDataType, NumericRange, or the errors of a change.
 */
export function adjustInstance(
  object: ManagedObject,
  reference: Reference,
  adjustment: Adjustment,
  terms: Terms,
): AttributeChange {
  checkClients(object, reference, terms);
  const [held, second] = instancesReferred(object, reference);
  if (second !== undefined) {
    throw new KmipError(
      'MultiValuedAttribute',
      `${referenceText(reference)} must have at most one value to be adjusted`,
    );
  }
  return setInstance(object, { ...reference, value: adjustedValue(reference, held?.value, adjustment) }, terms);
}

function adjustedValue(reference: Reference, held: unknown, adjustment: Adjustment): unknown {
  if (reference.vendor !== undefined) {
    const item =
      (held as AttributeValue<'vendorAttribute'> | undefined)?.attributeValue ??
      startingItem(
        Tag.AttributeValue,
        adjustment.value === undefined ? undefined : itemTypeName(adjustment.value.type),
      );
    return { ...reference.vendor, attributeValue: adjusted(item, reference, adjustment) };
  }
  const { tag, codec } = attributeRow(reference.key);
  const name = tagName(tag);
  const item =
    held === undefined
      ? startingItem(tag, name === undefined ? undefined : tags[name].types[0])
      : codec.write(tag, held, atRest);
  return codec.read(adjusted(item, reference, adjustment), atRest);
}

/** The value that an absent one stands for: 0 or false; undefined for every other type. */
function startingItem(tag: number, type: ItemTypeName | undefined): Item | undefined {
  if (type === 'Boolean') return { tag, type: ItemType.Boolean, value: false };
  return type !== undefined && numberTypes[type]?.startsAtZero === true
    ? numberItem(tag, ItemType[type], 0n)
    : undefined;
}

function numberItem(tag: number, type: ItemType, value: bigint): Item {
  const small = type === ItemType.Integer || type === ItemType.Interval;
  return { tag, type, value: small ? Number(value) : value } as Item;
}

function adjusted(item: Item | undefined, reference: Reference, { type, value: amount }: Adjustment): Item {
  const wrongType = (why: string): KmipError => new KmipError('InvalidDataType', `${referenceText(reference)} ${why}`);
  if (item === undefined) throw wrongType('has no value, and its type has no value to start from');
  if (type.startsWith('0x')) throw new KmipError('InvalidField', `Adjustment Type ${type} is not supported`);
  if (type === 'Negate') {
    if (amount !== undefined)
      throw new KmipError('InvalidField', 'Adjustment Value must not be given with Adjustment Type Negate');
    if (item.type === ItemType.Boolean) return { ...item, value: !item.value };
  }
  const numberType = numberTypes[itemTypeName(item.type)];
  if (numberType === undefined || (type === 'Negate' && !numberType.negatable)) {
    throw wrongType(`has a type that Adjustment Type ${type} does not support`);
  }
  if (amount !== undefined && !amounts.has(amount.type)) throw wrongType('must be adjusted by a number');
  const value = BigInt(item.value as number | bigint);
  const by = BigInt((amount?.value ?? 1) as number | bigint);
  const result = type === 'Negate' ? -value : type === 'Increment' ? value + by : value - by;
  if (result < numberType.lowest || result > numberType.highest) {
    throw new KmipError('NumericRange', `${referenceText(reference)} would exceed the range of its type`);
  }
  return numberItem(item.tag, item.type, result);
}
