/** The size of attribute values in TTLV items, which is a measure of the work to write and to compare them. */
import { itemsIn } from '#protocol/bounds';
import { valuesOf, type AttributeKey, type Attributes, type AttributeValue } from '#objects/attributes/attributes';

/** Counting ends above `most`. */
export function sizeOfValue(key: AttributeKey, value: unknown, most = Infinity): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1;
  if (key === 'vendorAttribute') {
    const { attributeValue } = value as Partial<AttributeValue<'vendorAttribute'>>;
    return 3 + (attributeValue === undefined ? 0 : itemsIn(attributeValue, most));
  }
  let size = 1;
  for (const field of Object.values(value)) size += Array.isArray(field) ? field.length : 1;
  return size;
}

/** Of all values of all attributes. Counting ends above `most`. */
export function sizeOfAll(set: Attributes, most = Infinity): number {
  let size = 0;
  for (const key in set) {
    for (const value of valuesOf(set, key as AttributeKey)) {
      size += sizeOfValue(key as AttributeKey, value, most - size);
      if (size > most) return size;
    }
  }
  return size;
}
