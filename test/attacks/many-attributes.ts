/** Attributes in great number, each with a value of its own, as the version has them. */
import { enumerationNumber } from '#protocol/enumerations';
import { custom, name, named } from '#test/clients/caller';
import { enumerated, int, isOld, struct, text } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';

type Make = (version: string, place: number) => Item;

/** One that every version has, and that no operation follows. */
const link = enumerationNumber('LinkType', 'DerivationBaseObjectLink') as number;

/** With the most that one object takes of each: those that it is found by are a thousand together. */
const kinds = {
  group: [400, (_, place) => text('ObjectGroup', `group ${place}`)],
  name: [250, (_, place) => name(`name ${place}`)],
  custom: [150, (version, place) => custom(version, `c${place}`, int('AttributeValue', place))],
  link: [
    100,
    (_, place) => struct('Link', enumerated('LinkType', link), text('LinkedObjectIdentifier', `other ${place}`)),
  ],
  application: [
    90,
    (_, place) =>
      struct(
        'ApplicationSpecificInformation',
        text('ApplicationNamespace', 'ssl'),
        text('ApplicationData', `data ${place}`),
      ),
  ],
  parameters: [
    990,
    (version, place) =>
      version < '1.2'
        ? struct(
            'CryptographicParameters',
            enumerated('BlockCipherMode', 1 + (place % 10)),
            enumerated('PaddingMethod', 1 + (Math.floor(place / 10) % 9)),
            enumerated('HashingAlgorithm', 1 + (Math.floor(place / 90) % 6)),
            enumerated('KeyRoleType', 1 + (Math.floor(place / 540) % 10)),
          )
        : struct('CryptographicParameters', int('IVLength', place), int('TagLength', 16)),
  ],
} as const satisfies { readonly [kind: string]: readonly [most: number, make: Make] };
export type Kind = keyof typeof kinds;

export const many = (kind: Kind, version: string, count: number): Item[] =>
  Array.from({ length: count }, (_, place) => kinds[kind][1](version, place));

/** So many attributes of all kinds, as many of each as an object takes; what is beyond that are groups again. */
export function mixed(version: string, count: number): Item[] {
  const all = (Object.keys(kinds) as Kind[]).flatMap((kind) => many(kind, version, kinds[kind][0]));
  const more = Array.from({ length: Math.max(0, count - all.length) }, (_, place) =>
    text('ObjectGroup', `more ${place}`),
  );
  const items = [...all, ...more].slice(0, count);
  return isOld(version) ? items.map(named) : items;
}

/** All that an object takes. */
export const mostOfObject = Object.values(kinds).reduce((sum, [most]) => sum + most, 0);
