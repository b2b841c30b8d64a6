import { jsonKind } from '#store/json-kind';

/** Something that is changed: a record whose value is its identifier. */
export const objectKind = jsonKind<string>('object');
