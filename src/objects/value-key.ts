/**
 * When two values of attributes are the same: one key for each value, so that many are compared by sets and not by
 * pairs.
 */

/**
 * Equal for values that are the same, and for no others: field by field, in whatever order the fields stand, bytes by
 * what they are and not by which view shows them. A field that is undefined is absent.
 */
export function valueKey(value: unknown): string {
  switch (typeof value) {
    // The length goes before what varies in length, so that no value can pass for two.
    case 'string':
      return `s${value.length}:${value}`;
    case 'number':
      return `n${value};`;
    // Hexadecimal, since decimal digits take time that grows with the square of their number.
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

/** Whether another value is the same as this one; made once for many comparisons. */
export function sameAs(value: unknown): (other: unknown) => boolean {
  if (typeof value !== 'object') return (other) => other === value;
  const key = valueKey(value);
  return (other) => other === value || (typeof other === 'object' && valueKey(other) === key);
}
