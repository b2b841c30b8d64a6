import type { Kind, TermMaker } from './store.ts';

/** A kind whose values are kept as JSON: plain objects, arrays, strings, finite numbers, booleans and null. */
export function jsonKind<T>(
  name: string,
  terms: (value: T, term: TermMaker) => readonly string[] = () => [],
  identifiers?: Kind<T>['identifiers'],
): Kind<T> {
  return {
    name,
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as T,
    terms,
    ...(identifiers === undefined ? {} : { identifiers }),
  };
}
