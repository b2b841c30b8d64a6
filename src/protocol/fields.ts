/**
 * The field language: a structure of the standard is a Schema, one row a field, in the order of its table. The
 * TypeScript type, reading and writing follow from the rows.
 */
import { ItemType, type Item, type StructureItem } from '#ttlv/item';
import { checkNext, checkNumber, repetitionIn, type Bound } from './bounds.ts';
import { tagText, wrongType, type Codec } from './codecs.ts';
import { KmipError } from './kmip-error.ts';
import { inRange, isAtRest, V1_0, type Range, type Version } from './versions.ts';

export type Presence = 'required' | 'optional' | 'many';

export interface Field<T, P extends Presence = Presence> extends Range {
  readonly tag: number;
  readonly codec: Codec<T>;
  readonly presence: P;
  /** Set when the field is more than one item under one tag: `tag` then names it in errors, and `codec` is not used. */
  readonly group?: Group<T>;
  /** How often a repeated field may occur; groups have a bound of their own. */
  readonly bound?: Bound;
}

/** A field whose items differ between versions, in tag or in number: all of them are read together. */
export interface Group<T> {
  accepts(tag: number, version: Version): boolean;
  /** The bound of the items, or of the values within the one item. */
  readonly bound: Bound;
  /** `items` has every accepted item in order, at least one. */
  read(items: readonly Item[], version: Version): T;
  write(value: T, version: Version): readonly Item[];
  /**
   * As in a codec: absent means that every version can represent every value, or that `write` leaves out what it
   * cannot.
   */
  readonly fits?: (value: T, version: Version) => boolean;
}

/** A schema holds fields of every value type, and inference keeps each of them: no other type admits them all. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyField = Field<any>;
export type Schema = Readonly<Record<string, AnyField>>;

type OptionalKeys<S extends Schema> = { [K in keyof S]: S[K]['presence'] extends 'required' ? never : K }[keyof S];
type ValueOf<F> = F extends Field<infer T, infer P> ? (P extends 'many' ? readonly T[] : T) : never;

/** The plain object that a schema describes. Repeated fields may be left out; they are never empty when read. */
export type Shape<S extends Schema> = { readonly [K in Exclude<keyof S, OptionalKeys<S>>]: ValueOf<S[K]> } & {
  readonly [K in OptionalKeys<S>]?: ValueOf<S[K]> | undefined;
};

type Since = Partial<Range>;

const fieldOf = <T, P extends Presence>(tag: number, codec: Codec<T>, presence: P, range: Since): Field<T, P> => ({
  tag,
  codec,
  presence,
  since: V1_0,
  ...range,
});

export const required = <T>(tag: number, codec: Codec<T>, range: Since = {}): Field<T, 'required'> =>
  fieldOf(tag, codec, 'required', range);
export const optional = <T>(tag: number, codec: Codec<T>, range: Since = {}): Field<T, 'optional'> =>
  fieldOf(tag, codec, 'optional', range);
/** The bound is a required argument, so that every list has one. It is checked before an item above it is read. */
export const many = <T>(tag: number, codec: Codec<T>, bound: Bound, range: Since = {}): Field<T, 'many'> => ({
  ...fieldOf(tag, codec, 'many', range),
  bound,
});

const noCodec: Codec<never> = {
  read(item) {
    throw new KmipError('InvalidMessage', `${tagText(item.tag)} is out of place`);
  },
  write() {
    throw new Error('a group has no item of its own');
  },
};

/** A field that is a group of items; `tag` names it in errors. */
export const grouped = <T, P extends 'required' | 'optional'>(
  tag: number,
  group: Group<T>,
  presence: P,
  range: Since = {},
): Field<T, P> => ({ ...fieldOf<T, P>(tag, noCodec as unknown as Codec<T>, presence, range), group });

/** Reads and writes the children of a structure. Fields out of order are accepted, since existing clients send them. */
export interface Fields<T> {
  read(items: readonly Item[], version: Version): T;
  write(value: T, version: Version): Item[];
  /** Whether the version can represent every value of the fields that it has; `write` leaves out the other fields. */
  fits(value: T, version: Version): boolean;
}

interface Entry {
  readonly key: string;
  readonly field: AnyField;
}

/** The part of a schema that one version has. */
interface Compiled {
  readonly present: readonly Entry[];
  readonly required: readonly Entry[];
  readonly byTag: ReadonlyMap<number, Entry>;
  readonly groups: readonly Entry[];
}

/** Compiles a schema: per version, fields by tag. `where` names the structure in errors. */
export function fieldsOf<S extends Schema>(schema: S, where: string): Fields<Shape<S>> {
  const entries: readonly Entry[] = Object.entries(schema).map(([key, field]) => ({ key, field }));
  const byVersion = new Map<Version, Compiled>();

  function compiled(version: Version): Compiled {
    let found = byVersion.get(version);
    if (found === undefined) {
      const present = entries.filter(({ field }) => inRange(field, version));
      const single = present.filter(({ field }) => field.group === undefined);
      found = {
        present,
        required: present.filter(({ field }) => field.presence === 'required'),
        byTag: new Map(single.map((entry) => [entry.field.tag, entry])),
        groups: present.filter(({ field }) => field.group !== undefined),
      };
      byVersion.set(version, found);
    }
    return found;
  }

  return {
    read(items, version) {
      const { byTag, groups, required: mandatory } = compiled(version);
      const value: Record<string, unknown> = {};
      let ofGroups: Map<Entry, Item[]> | undefined;
      let repetitions: Map<Entry, (item: Item) => void> | undefined;
      for (const item of items) {
        const entry = byTag.get(item.tag);
        if (entry === undefined) {
          const inGroup = groups.find(({ field }) => field.group?.accepts(item.tag, version));
          if (inGroup !== undefined) {
            ofGroups ??= new Map();
            const list = ofGroups.get(inGroup);
            if (list === undefined) ofGroups.set(inGroup, [item]);
            else list.push(item);
            continue;
          }
          // 1.4 §11.1: "Same major & minor version, unknown field".
          throw new KmipError('InvalidField', `${where} has no field ${tagText(item.tag)} in this version`);
        }
        const { key, field } = entry;
        if (field.bound !== undefined) {
          const list = value[key] as unknown[] | undefined;
          checkNext(field.tag, list?.length ?? 0, field.bound, version);
          if (field.bound.distinct && !isAtRest(version)) {
            repetitions ??= new Map();
            let check = repetitions.get(entry);
            if (check === undefined) repetitions.set(entry, (check = repetitionIn(field.tag)));
            check(item);
          }
          const read: unknown = field.codec.read(item, version);
          if (list === undefined) value[key] = [read];
          else list.push(read);
          continue;
        }
        const read: unknown = field.codec.read(item, version);
        if (value[key] !== undefined) {
          // 1.4 §11.1: "The same field is contained in a header/batch item/payload more than once".
          throw new KmipError('InvalidMessage', `${where} has ${tagText(item.tag)} more than once`);
        } else {
          value[key] = read;
        }
      }
      if (ofGroups !== undefined) {
        for (const [{ key, field }, list] of ofGroups) {
          const group = field.group as Group<unknown>;
          checkNumber(field.tag, list, group.bound, version);
          value[key] = group.read(list, version);
        }
      }
      for (const { key, field } of mandatory) {
        if (value[key] === undefined) throw new KmipError('InvalidMessage', `${where} lacks ${tagText(field.tag)}`);
      }
      return value as Shape<S>;
    },

    write(value, version) {
      const items: Item[] = [];
      for (const { key, field } of compiled(version).present) {
        const held: unknown = (value as Record<string, unknown>)[key];
        if (held === undefined) continue;
        if (field.group !== undefined) items.push(...field.group.write(held, version));
        else if (field.presence !== 'many') items.push(field.codec.write(field.tag, held, version));
        else for (const each of held as unknown[]) items.push(field.codec.write(field.tag, each, version));
      }
      return items;
    },

    fits(value, version) {
      return entries.every(({ key, field }) => {
        const held: unknown = (value as Record<string, unknown>)[key];
        if (held === undefined || !inRange(field, version)) return true;
        if (field.group !== undefined) return field.group.fits?.(held, version) !== false;
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

/** A codec whose rows can be inspected, like those of an operation. */
export type StructureCodec<T> = Codec<T> & Required<Pick<Codec<T>, 'readPartial'>> & { readonly schema: Schema };

/** The codec of a structure. */
export function structure<S extends Schema>(where: string, schema: S): StructureCodec<Shape<S>> {
  const fields = fieldsOf(schema, where);
  const partial = fieldsOf(
    Object.fromEntries(
      Object.entries(schema).map(([key, field]) => [
        key,
        field.presence === 'required' ? { ...field, presence: 'optional' } : field,
      ]),
    ) as Schema,
    where,
  );
  return {
    schema,
    readPartial: (item, version) => partial.read(childrenOf(item), version),
    read: (item, version) => fields.read(childrenOf(item), version),
    write: (tag, value, version) => ({ tag, type: ItemType.Structure, value: fields.write(value, version) }),
    fits: (value, version) => fields.fits(value, version),
  };
}
