import type { Kind } from '#store/store';

/** Something that is changed: a record whose value is its identifier. */
export const objectKind: Kind<string> = {
  name: 'object',
  encode: (value) => Buffer.from(value),
  decode: (bytes) => Buffer.from(bytes).toString(),
  terms: () => [],
};
