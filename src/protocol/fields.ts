/**
 * The field language: a structure of the standard is a Schema, one row a field, in the order of its table. The TypeScript type,
 * reading and writing follow from the rows.
 */
import { ItemType, type Item, type StructureItem } from '#ttlv/item';
import { tagText, wrongType, type Codec } from './codecs.ts';
import { KmipError } from './kmip-error.ts';
import { inRange, V1_0, type Range, type Version } from './versions.ts';

export type Presence = 'required' | 'optional' | 'many';

export interface Field<T, P extends Presence = Presence> extends Range {
  readonly tag: number;
  readonly codec: Codec<T>;
  readonly presence: P;
  /** Several tags in one field's place, where the text says "any object" or the like; read and written by the codec. */
  readonly accepts?: (tag: number) => boolean;
}

/** eslint would say any; a schema holds fields of every value type, and inference keeps each of them. */
export type Schema = Readonly<Record<string, Field<any>>>;

type OptionalKeys<S extends Schema> = { [K in keyof S]: S[K]['presence'] extends 'required' ? never : K }[keyof S];
type ValueOf<F> = F extends Field<infer T, infer P> ? (P extends 'many' ? readonly T[] : T) : never;

/** The plain object that a schema describes. Repeated fields may be left out; they are never empty when read. */
export type Shape<S extends Schema> = { readonly [K in Exclude<keyof S, OptionalKeys<S>>]: ValueOf<S[K]> } & {
  readonly [K in OptionalKeys<S>]?: ValueOf<S[K]> | undefined;
};

type Since = Partial<Range>;

const field = <T, P extends Presence>(tag: number, codec: Codec<T>, presence: P, range: Since): Field<T, P> => ({
  tag,
  codec,
  presence,
  since: V1_0,
  ...range,
});

export const required = <T>(tag: number, codec: Codec<T>, range: Since = {}): Field<T, 'required'> =>
  field(tag, codec, 'required', range);
export const optional = <T>(tag: number, codec: Codec<T>, range: Since = {}): Field<T, 'optional'> =>
  field(tag, codec, 'optional', range);
export const many = <T>(tag: number, codec: Codec<T>, range: Since = {}): Field<T, 'many'> =>
  field(tag, codec, 'many', range);

/** A field that holds one of several tags. */
export const oneOf = <T, P extends Presence>(inner: Field<T, P>, accepts: (tag: number) => boolean): Field<T, P> => ({
  ...inner,
  accepts,
});

/** Reads and writes the children of a structure. Fields out of order are accepted, since real clients stray. */
export interface Fields<T> {
  read(items: readonly Item[], version: Version): T;
  write(value: T, version: Version): Item[];
  fits(value: T, version: Version): boolean;
}

interface Entry {
  readonly key: string;
  readonly field: Field<any>;
}

/** Compiles a schema: per version, fields by tag. `where` names the structure in errors. */
export function fieldsOf<S extends Schema>(schema: S, where: string): Fields<Shape<S>> {
  const entries: readonly Entry[] = Object.entries(schema).map(([key, field]) => ({ key, field }));
  const byVersion = new Map<
    Version,
    { readonly byTag: ReadonlyMap<number, Entry>; readonly present: readonly Entry[] }
  >();
  const openEntries = entries.filter(({ field }) => field.accepts !== undefined);

  function compiled(version: Version) {
    let found = byVersion.get(version);
    if (found === undefined) {
      const present = entries.filter(({ field }) => inRange(field, version));
      found = { byTag: new Map(present.map((entry) => [entry.field.tag, entry])), present };
      byVersion.set(version, found);
    }
    return found;
  }

  return {
    read(items, version) {
      const { byTag, present } = compiled(version);
      const value: Record<string, unknown> = {};
      for (const item of items) {
        const entry =
          byTag.get(item.tag) ??
          openEntries.find(({ field }) => inRange(field, version) && field.accepts?.(item.tag) === true);
        if (entry === undefined) {
          // 1.4 §11.1: "Same major & minor version, unknown field".
          throw new KmipError('InvalidField', `${where} has no field ${tagText(item.tag)} in this version`);
        }
        const { key, field } = entry;
        const read: unknown = field.codec.read(item, version);
        if (field.presence === 'many') {
          const list = value[key] as unknown[] | undefined;
          if (list === undefined) value[key] = [read];
          else list.push(read);
        } else if (value[key] !== undefined) {
          // 1.4 §11.1: "The same field is contained in a header/batch item/payload more than once".
          throw new KmipError('InvalidMessage', `${where} has ${tagText(item.tag)} more than once`);
        } else {
          value[key] = read;
        }
      }
      for (const { key, field } of present) {
        if (field.presence === 'required' && value[key] === undefined) {
          throw new KmipError('InvalidMessage', `${where} lacks ${tagText(field.tag)}`);
        }
      }
      return value as Shape<S>;
    },

    write(value, version) {
      const items: Item[] = [];
      for (const { key, field } of compiled(version).present) {
        const held: unknown = (value as Record<string, unknown>)[key];
        if (held === undefined) continue;
        if (field.presence !== 'many') items.push(field.codec.write(field.tag, held, version));
        else for (const each of held as unknown[]) items.push(field.codec.write(field.tag, each, version));
      }
      return items;
    },

    fits(value, version) {
      return entries.every(({ key, field }) => {
        const held: unknown = (value as Record<string, unknown>)[key];
        if (held === undefined) return true;
        if (!inRange(field, version)) return false;
        const { fits } = field.codec;
        if (fits === undefined) return true;
        return field.presence === 'many'
          ? (held as unknown[]).every((each) => fits(each, version))
          : fits(held, version);
      });
    },
  };
}

/** The children of a structure item. */
export function childrenOf(item: Item): StructureItem['value'] {
  if (item.type !== ItemType.Structure) throw wrongType(item, 'Structure');
  return item.value;
}

/** A structure as a value of its own. */
export function structure<S extends Schema>(where: string, schema: S): Codec<Shape<S>> {
  const fields = fieldsOf(schema, where);
  return {
    read: (item, version) => fields.read(childrenOf(item), version),
    write: (tag, value, version) => ({ tag, type: ItemType.Structure, value: fields.write(value, version) }),
    fits: (value, version) => fields.fits(value, version),
  };
}
