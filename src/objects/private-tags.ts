/**
 * Tags of our own, of the range for extensions (2.1 §11.56), that never leave the store: one row per tag and meaning.
 * What is on disk has to stay readable, so a row is never changed. One number serves two rows, which is no ambiguity:
 * it stands in different places. A new row takes a number that no row has.
 */
export interface PrivateTag {
  readonly tag: number;
  /** The structure that holds it; the outermost item of a record has none. */
  readonly within: 'nothing' | 'object record' | 'indexes' | 'split key';
}

const row = <W extends PrivateTag['within']>(tag: number, within: W): { readonly tag: number; readonly within: W } => ({
  tag,
  within,
});

export const privateTags = {
  /** A record of an object. */
  objectRecord: row(0x540000, 'nothing'),
  /** The client record that owns it. */
  owner: row(0x540001, 'object record'),
  /** The Attribute Indexes of one attribute, where they are not counted from 0. */
  indexes: row(0x540002, 'object record'),
  attribute: row(0x540003, 'indexes'),
  index: row(0x540004, 'indexes'),
  /** A record of a client's creation rules. */
  creationRulesRecord: row(0x540010, 'nothing'),
  /** Which parts of a key the server made together. */
  splitOf: row(0x540010, 'split key'),
  /** By which polynomial the version reads a part in which it came, the text having changed it. */
  polynomial: row(0x540011, 'split key'),
} as const satisfies Readonly<Record<string, PrivateTag>>;
