/** Reads the tables of enumerations and masks: names in the model, numbers on the wire. */
import { enumerationRows, enumerationSpellings } from './enumeration-rows.ts';
import { maskRows } from './mask-rows.ts';
import { inRange, type Range, type Version, type WireVersion } from './versions.ts';

export type EnumerationName = keyof typeof enumerationRows;
export type MaskName = keyof typeof maskRows;

/** The values of an enumeration that the standard names. */
export type EnumerationValue<E extends EnumerationName> = keyof (typeof enumerationRows)[E] & string;
/** Including values of vendors: 8XXXXXXX, represented as their number in hex. */
export type OpenValue<E extends EnumerationName> = EnumerationValue<E> | `0x${string}`;

type Row = readonly [value: number, since: WireVersion, until?: WireVersion];

interface Enumeration {
  readonly values: ReadonlyMap<string, Range & { readonly value: number }>;
  readonly names: ReadonlyMap<number, string>;
}

const spellings = new Map<string, ReadonlyMap<string, string>>(
  Object.entries<Readonly<Record<string, string>>>(enumerationSpellings).map(([enumeration, names]) => [
    enumeration,
    new Map(Object.entries(names)),
  ]),
);

function enumerationOf(rows: Readonly<Record<string, Row>>): Enumeration {
  const values = new Map<string, Range & { readonly value: number }>();
  const names = new Map<number, string>();
  for (const [name, [value, since, until]] of Object.entries(rows)) {
    values.set(name, { value, since, ...(until === undefined ? {} : { until }) });
    names.set(value, name);
  }
  return { values, names };
}

const byName = (tables: Readonly<Record<string, Readonly<Record<string, Row>>>>): ReadonlyMap<string, Enumeration> =>
  new Map(Object.entries(tables).map(([name, rows]) => [name, enumerationOf(rows)]));

const enumerations = byName(enumerationRows);
const masks = byName(maskRows);

const extensionFloor = 0x80000000;

/** A vendor's value in the model: 8XXXXXXX (2.1 §11). Other texts that begin with 0x are neither a value nor a name. */
const isExtension = (value: string): boolean => /^0x[89a-f][0-9a-f]{7}$/i.test(value);

function table(of: ReadonlyMap<string, Enumeration>, name: string): Enumeration {
  const found = of.get(name);
  if (found === undefined) throw new Error(`enumeration ${name} is not known`);
  return found;
}

/** The number of a value, by any version's name for it; undefined when the enumeration does not have the name. */
export function enumerationNumber(enumeration: EnumerationName, value: string): number | undefined {
  if (value.startsWith('0x')) return isExtension(value) ? Number(value) : undefined;
  const { values } = table(enumerations, enumeration);
  return (values.get(value) ?? values.get(spellings.get(enumeration)?.get(value) ?? ''))?.value;
}

/**
 * The name of a number in this version, or in any version when no version is given. Extensions are hex; undefined for
 * unknown values.
 */
export function enumerationValue<E extends EnumerationName>(
  enumeration: E,
  number: number,
  version?: Version,
): OpenValue<E> | undefined {
  if (number >= extensionFloor) return `0x${number.toString(16)}`;
  const { names, values } = table(enumerations, enumeration);
  const name = names.get(number);
  if (name === undefined) return undefined;
  const row = values.get(name);
  return version === undefined || (row !== undefined && inRange(row, version)) ? (name as OpenValue<E>) : undefined;
}

/** Whether this version has the value. Extensions are in every version. */
export function enumerationHas(enumeration: EnumerationName, value: string, version: Version): boolean {
  if (value.startsWith('0x')) return isExtension(value);
  const row = table(enumerations, enumeration).values.get(value);
  return row !== undefined && inRange(row, version);
}

/** The names that a version has, in the order of their numbers. */
export function enumerationValues<E extends EnumerationName>(enumeration: E, version: Version): EnumerationValue<E>[] {
  return [...table(enumerations, enumeration).values]
    .filter(([, row]) => inRange(row, version))
    .sort(([, a], [, b]) => a.value - b.value)
    .map(([name]) => name as EnumerationValue<E>);
}

/** The bits of a mask that this version gives a meaning. */
export function maskBits(mask: MaskName, version: Version): number {
  let bits = 0;
  for (const row of table(masks, mask).values.values()) if (inRange(row, version)) bits |= row.value;
  return bits;
}

/** The bit of a name, undefined when the mask does not have it. */
export const maskBit = (mask: MaskName, name: string): number | undefined => table(masks, mask).values.get(name)?.value;

/** The names of the bits set, the lowest first; bits without a name come as one hex number at the end. */
export function maskNames(mask: MaskName, bits: number): string[] {
  const named: string[] = [];
  let rest = bits >>> 0;
  for (const [name, { value }] of table(masks, mask).values) {
    if ((bits & value) === 0) continue;
    named.push(name);
    rest = (rest & ~value) >>> 0;
  }
  return rest === 0 ? named : [...named, `0x${rest.toString(16).padStart(8, '0')}`];
}

export const isEnumeration = (name: string): name is EnumerationName => enumerations.has(name);
export const isMask = (name: string): name is MaskName => masks.has(name);
