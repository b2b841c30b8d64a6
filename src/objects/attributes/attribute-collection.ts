/** A set of attributes that grows value by value by the rules of the table: one value or several, and no Name twice. */
import { KmipError } from '#protocol/kmip-error';
import type { Instance } from './attribute-codec.ts';
import { referenceText } from './attribute-reference.ts';
import { attributeRow, type AttributeKey, type Attributes } from './attributes.ts';
import { sizeOfAll, sizeOfValue } from '#objects/value-size';
import { valueKey } from '#objects/value-key';

/** More values of one attribute are a client's mistake, and would slow down every read. */
export const maximumInstances = 1000;
/**
 * The bound for all multi-valued attributes together: two attributes with as many values as one may have, and more than
 * any known client has of the others.
 */
export const maximumValues = 2500;
/**
 * The bound of items in all values, equal to that of a message: every answer, comparison and commit reads all of them.
 */
export const maximumItems = 20_000;

/** A set that grows: a new value is compared by a lookup, not with every value, and lists are copied once. */
export class Collected {
  readonly #set: { [key: string]: unknown };
  /** The lists that this set has copied and may change. */
  readonly #lists = new Map<AttributeKey, unknown[]>();
  /** The values of attributes that have none twice. */
  readonly #distinct = new Map<AttributeKey, Set<string>>();
  #values: number;
  /** The number of items; counting ends a little above the bound. */
  #size: number;

  constructor(from: Attributes = {}) {
    this.#set = Object.assign({}, from);
    this.#values = 0;
    this.#size = sizeOfAll(from, maximumItems);
    for (const held of Object.values(from)) if (Array.isArray(held)) this.#values += held.length;
  }

  /** @throws KmipError AttributeSingleValued, NonUniqueNameAttribute, ServerLimitExceeded. */
  add(instance: Instance): void {
    const { key, value } = instance;
    const held = this.#set[key];
    const size = this.#size + sizeOfValue(key, value, maximumItems);
    const row = attributeRow(key);
    if (!row.multiple) {
      if (held !== undefined) {
        throw new KmipError('AttributeSingleValued', `${referenceText(instance)} must have at most one value`);
      }
      if (size > maximumItems) throw tooManyItems();
      this.#set[key] = value;
      this.#size = size;
      return;
    }
    const list = this.#listOf(key);
    if (list.length >= maximumInstances) {
      throw new KmipError(
        'ServerLimitExceeded',
        `${referenceText(instance)} must have at most ${maximumInstances} values`,
      );
    }
    if (this.#values >= maximumValues) {
      throw new KmipError('ServerLimitExceeded', `an object must have at most ${maximumValues} attribute values`);
    }
    if (size > maximumItems) throw tooManyItems();
    if (row.distinct === true) this.#checkDistinct(key, value, list);
    list.push(value);
    this.#values++;
    this.#size = size;
  }

  /** The result; to be called once, at the end. */
  attributes(): Attributes {
    return this.#set;
  }

  #listOf(key: AttributeKey): unknown[] {
    let list = this.#lists.get(key);
    if (list === undefined) {
      list = [...((this.#set[key] ?? []) as readonly unknown[])];
      this.#lists.set(key, list);
      this.#set[key] = list;
    }
    return list;
  }

  #checkDistinct(key: AttributeKey, value: unknown, held: readonly unknown[]): void {
    let values = this.#distinct.get(key);
    if (values === undefined) this.#distinct.set(key, (values = new Set(held.map(valueKey))));
    const text = valueKey(value);
    if (values.has(text)) throw nameTaken();
    values.add(text);
  }
}

/**
 * "Names SHALL be unique within a given key management server" (2.1 §4.32), but official cases register several objects
 * under one Name: this server requires uniqueness only within an object.
 */
export const nameTaken = (): KmipError => new KmipError('NonUniqueNameAttribute', 'the object already has this Name');

const tooManyItems = (): KmipError =>
  new KmipError('ServerLimitExceeded', `the attributes of an object must have at most ${maximumItems} items in all`);

/**
 * Checks a set that was not built by `Collected`.
 * @param held the attributes that the object already has: those stored before there was a bound may stay, and shrink.
 * @throws KmipError ServerLimitExceeded.
 */
export function checkItems(set: Attributes, held: Attributes): void {
  if (sizeOfAll(set, maximumItems) > maximumItems && sizeOfAll(set) > sizeOfAll(held)) throw tooManyItems();
}

/** One more value in a set. @throws KmipError as `Collected` does. */
export function withInstance(set: Attributes, instance: Instance): Attributes {
  const collected = new Collected(set);
  collected.add(instance);
  return collected.attributes();
}
