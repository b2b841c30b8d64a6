/** Equality of attribute values: one key for each value, so that many values are compared by a set and not in pairs. */

/**
 * Equal for equal values, and for no others: fields in any order, bytes by content and not by their view. An undefined
 * field is absent.
 */
export function valueKey(value: unknown): string {
  switch (typeof value) {
    // The length precedes content of variable length, so that two values never have one key.
    case 'string':
      return `s${value.length}:${value}`;
    case 'number':
      return `n${value};`;
    // Hexadecimal, because the time for decimal digits grows with the square of their number.
    case 'bigint':
      return `b${value.toString(16)};`;
    case 'boolean':
      return value ? 'y' : 'n;';
  }
  if (value instanceof Uint8Array) {
    return `x${value.length}:${Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')}`;
  }
  if (Array.isArray(value)) return `[${value.map(valueKey).join('')}]`;
  if (value === undefined || value === null) return 'u';
  const fields = value as { readonly [field: string]: unknown };
  let key = '{';
  for (const field of Object.keys(fields).sort()) {
    if (fields[field] !== undefined) key += `${field}=${valueKey(fields[field])}`;
  }
  return `${key}}`;
}

/** Whether two values have the same key, without making the key: it ends at the first difference. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return (one ?? undefined) === (other ?? undefined);
  }
  if (one instanceof Uint8Array || other instanceof Uint8Array) {
    return one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0;
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    for (let place = 0; place < one.length; place++) if (!isSame(one[place], other[place])) return false;
    return true;
  }
  const [some, others] = [one as Fields, other as Fields];
  // TTLV items have these three fields. Most values are items, and enumerating fields would take most of the time.
  if (isItem(some) && isItem(others)) {
    return some.tag === others.tag && some.type === others.type && isSame(some.value, others.value);
  }
  let left = 0;
  for (const field in some) {
    const value = some[field];
    if (value === undefined) continue;
    if (!Object.hasOwn(others, field) || others[field] === undefined || !isSame(value, others[field])) return false;
    left++;
  }
  for (const field in others) if (others[field] !== undefined) left--;
  return left === 0;
}

const isItem = ({ tag, type, value }: Fields): boolean =>
  tag !== undefined && type !== undefined && value !== undefined;

interface Fields {
  readonly [field: string]: unknown;
}

/** Whether another value is the same as this one. */
export const sameAs =
  (value: unknown): ((other: unknown) => boolean) =>
  (other) =>
    isSame(value, other);
