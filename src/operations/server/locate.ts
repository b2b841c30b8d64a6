import { type Instance } from '#objects/attributes/attribute-codec';
import { askedAttributes } from '#objects/attributes/attribute-groups';
import { attributeRow, type AttributeKey } from '#objects/attributes/attributes';
import { withinRange } from '#objects/matching';
import type { StorageStatus } from '#objects/storage-status';
import { asAnswered, atMost } from '#protocol/bounds';
import { enumeration, integer, mask } from '#protocol/codecs';
import { maskBits, maskNames } from '#protocol/enumerations';
import { grouped, many, optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_1, V1_3, type Version } from '#protocol/versions';
import type { Loaded, ObjectQuery } from '#operations/context';
import { defineOperation } from '#operations/operation';

/**
 * "or MAY impose an internal maximum limit": some megabytes of answer, above the number of keys of every known client.
 */
const maximumLocated = 100_000;
/**
 * Located Items is returned when counting at most so many further matches counts all; the text allows leaving it out.
 */
const maximumCounted = 10_000;

/** KMIP 2.1 §6.1.28 (1.4 §4.9). The newest objects come first, in every version. */
export const locate = defineOperation('Locate', {
  rights: ['locate', 'read'],
  served: 'inReserve',
  request: {
    maximumItems: optional(Tag.MaximumItems, integer),
    offsetItems: optional(Tag.OffsetItems, integer, { since: V1_3 }),
    storageStatusMask: optional(Tag.StorageStatusMask, mask),
    objectGroupMember: optional(Tag.ObjectGroupMember, enumeration('ObjectGroupMember'), { since: V1_1 }),
    // Far above what clients send.
    attributes: grouped(Tag.Attributes, askedAttributes(atMost(100, 'ServerLimitExceeded')), 'optional'),
  },
  response: {
    locatedItems: optional(Tag.LocatedItems, integer, { since: V1_3 }),
    uniqueIdentifier: many(Tag.UniqueIdentifier, uniqueIdentifier, asAnswered),
  },

  async run({ maximumItems, offsetItems, storageStatusMask, objectGroupMember, attributes }, context) {
    if (attributes === undefined && context.rules.attributesAreTagged) {
      throw new KmipError('InvalidMessage', 'Locate request lacks Attributes');
    }
    const instances = attributes ?? [];
    checkRanges(instances);
    const page: Page = {
      offset: notNegative('Offset Items', offsetItems ?? 0),
      limit: Math.min(notNegative('Maximum Items', maximumItems ?? maximumLocated), maximumLocated),
      counted: offsetItems === undefined ? 0 : maximumCounted,
    };
    const query: ObjectQuery = {
      instances: [...instances, ...ofMember(instances, objectGroupMember)],
      ...(storageStatusMask === undefined ? {} : { storage: storageIn(storageStatusMask, context.version) }),
    };
    const found = objectGroupMember === 'GroupMemberDefault' ? defaultOf(context.find(query)) : context.find(query);
    const { ids, matched, all } = await pageOf(found, page);
    context.setPlaceholder(isTheOnlyOne(ids, matched, maximumItems) ? ids[0] : undefined);
    return {
      ...(all && offsetItems !== undefined ? { locatedItems: matched } : {}),
      ...(ids.length === 0 ? {} : { uniqueIdentifier: ids }),
    };
  },
});

/** Bits that the version does not have are ignored. */
const storageIn = (storageStatusMask: number, version: Version): readonly StorageStatus[] =>
  maskNames('StorageStatusMask', storageStatusMask & maskBits('StorageStatusMask', version)) as StorageStatus[];

interface Page {
  readonly offset: number;
  readonly limit: number;
  /** The number of further matches to read in order to count all. */
  readonly counted: number;
}

interface FoundPage {
  readonly ids: readonly string[];
  /** The number of matches read. */
  readonly matched: number;
  /** Whether these are all matches. */
  readonly all: boolean;
}

async function pageOf(found: AsyncIterable<Loaded>, { offset, limit, counted }: Page): Promise<FoundPage> {
  const ids: string[] = [];
  let matched = 0;
  if (limit === 0 && counted === 0) return { ids, matched, all: false };
  for await (const { object } of found) {
    if (matched === offset + limit + counted) return { ids, matched, all: false };
    if (matched >= offset && ids.length < limit) ids.push(object.id);
    matched++;
    if (matched === offset + limit && counted === 0) return { ids, matched, all: false };
  }
  return { ids, matched, all: true };
}

/**
 * A single identifier becomes the ID Placeholder, unless the request allowed more and there were more. Without a match
 * the ID Placeholder is emptied too: "batched operations SHALL proceed only if a single object is returned".
 */
const isTheOnlyOne = (ids: readonly string[], matched: number, maximumItems: number | undefined): boolean =>
  ids.length === 1 && (matched === 1 || maximumItems === 1);

function notNegative(field: string, value: number): number {
  if (value < 0) throw new KmipError('InvalidField', `${field} must not be negative`);
  return value;
}

/** One value of a date is that date, two are the ends of a range; the text allows no third. */
function checkRanges(instances: readonly Instance[]): void {
  const counts = new Map<AttributeKey, number>();
  for (const { key } of instances) {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const { name, matches } = attributeRow(key);
    if (matches === withinRange && count > 2) {
      throw new KmipError('InvalidField', `${name} must be given at most twice: one date, or the two ends of a range`);
    }
  }
}

/**
 * The condition that Object Group Member adds: "matching candidate objects SHALL be fresh objects from the object
 * group".
 */
function ofMember(instances: readonly Instance[], member: string | undefined): readonly Instance[] {
  if (member === undefined) return [];
  if (!instances.some(({ key }) => key === 'objectGroup')) {
    throw new KmipError('InvalidField', 'Object Group is required when Object Group Member is given');
  }
  if (member === 'GroupMemberDefault') return [];
  if (member !== 'GroupMemberFresh')
    throw new KmipError('FeatureNotSupported', `Object Group Member ${member} is not supported`);
  return [{ key: 'fresh', value: true }];
}

/**
 * "The default object as defined by server policy" is the member to use now: the newest Active one, which after a
 * rotation is the replacement; without an Active one, the newest of all. `members` must be sorted, newest first.
 */
async function* defaultOf(members: AsyncIterable<Loaded>): AsyncGenerator<Loaded> {
  let newest: Loaded | undefined;
  for await (const member of members) {
    newest ??= member;
    if (member.object.attributes.state !== 'Active') continue;
    newest = member;
    break;
  }
  if (newest !== undefined) yield newest;
}
