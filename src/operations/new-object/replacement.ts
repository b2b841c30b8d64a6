/**
 * What Re-key, Re-key Key Pair and Re-certify share: an object that replaces another (KMIP 2.1 §6.1.45 to §6.1.47; 1.4
 * §4.4, §4.5, §4.8). The new object has the attributes of the existing one, overridden by the request, and its names;
 * each has a Link to the other. The existing object keeps its State and Usage Limits: 1.2 and later say "the Count
 * value in the existing key is set to the Total value", but that would allow unlimited use; 1.0 says it about the new
 * object, whose count starts at the total.
 */
import { checkItems } from '#objects/attributes/attribute-collection';
import { checkDates, isServersOwn } from '#objects/attributes/attribute-rules';
import {
  attributeRow,
  keysWith,
  type AttributeKey,
  type Attributes,
  type ObjectType,
} from '#objects/attributes/attributes';
import type { Instance } from '#objects/attributes/attribute-codec';
import { InstanceSet } from '#objects/attributes/instance-set';
import { isDestroyed } from '#objects/life-cycle';
import { allInstances, attributesFrom, objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { keyValueNotPresent, objectDestroyed } from '#objects/object-errors';
import { isWrapped } from '#objects/object-structure';
import { rotation } from '#objects/rotation';
import { largestDate } from '#protocol/codecs';
import { KmipError } from '#protocol/kmip-error';
import type { Context, Loaded, ObjectChange } from '#operations/context';
import { linked } from '#operations/attributes/link';
import { changed } from '#operations/life-cycle/state-change';

/**
 * Checks that the object has this type and can be replaced, whatever its state.
 * @throws KmipError InvalidObjectType, ObjectDestroyed, KeyValueNotPresent, or PermissionDenied for a wrapped key: the
 * server does not know its value, and the new value would not be wrapped.
 */
export function checkReplaceable({ object }: Loaded, objectType: ObjectType): void {
  const type = objectTypeOf(object);
  if (type !== objectType) throw new KmipError('InvalidObjectType', `Object Type must be ${objectType}, not ${type}`);
  if (isDestroyed(object.attributes.state)) throw objectDestroyed(type);
  if (!('keyBlock' in object.structure)) return;
  const { keyValue } = object.structure.keyBlock;
  if (keyValue === undefined) {
    throw keyValueNotPresent();
  }
  if (isWrapped(keyValue)) throw new KmipError('PermissionDenied', `the ${type} is wrapped: it cannot be replaced`);
}

/** The dates that an Offset moves (2.1 tables 298, 303 and 308), first the one that the others are relative to. */
const dates = keysWith('onReplacement').filter((key) => attributeRow(key).onReplacement === 'moved');

/**
 * The attributes of the new object, with its Link to the existing one.
 * @param offset seconds from now to its Activation Date.
 * @throws KmipError InvalidMessage when the request has an Offset and dates, IllegalOperation when the object has no
 * Activation Date for an Offset, InvalidAttributeValue for dates that contradict one another.
 */
export function inherited(
  existing: ManagedObject,
  given: Attributes,
  offset: number | undefined,
  now: number,
): Attributes {
  if (offset !== undefined) checkNoDates(given);
  const asked = allInstances({ attributes: given, indexes: {} });
  const replacing = new InstanceSet(asked.filter((each) => !isMerged(each)));
  const own = replacing.joining(
    allInstances(existing).filter((each) => isCopied(each, existing, given)),
    'absent',
  );
  const merged = new InstanceSet(own.filter(isMerged)).joining(asked, 'union');
  const { link = [], ...attributes } = attributesFrom([...own, ...merged]);
  const all: Attributes = {
    ...rotation(existing.attributes, now).replacement,
    ...datesOf(existing.attributes, offset, now),
    ...attributes,
    link: [...link, { linkType: 'ReplacedObjectLink', linkedObjectIdentifier: existing.id }],
  };
  if (asked.length > 0) checkItems(all, existing.attributes);
  // Only the given dates are checked: Activate and Revoke may have left those of the existing object in the wrong
  // order.
  for (const key of dates) if (given[key] !== undefined) checkDates(all, key);
  return all;
}

function checkNoDates(given: Attributes): void {
  const key = dates.find((each) => given[each] !== undefined);
  if (key === undefined) return;
  throw new KmipError('InvalidMessage', `Offset must not be given with ${attributeRow(key).name}`);
}

const isMerged = ({ key }: Instance): boolean => attributeRow(key).onReplacement === 'merged';

const sayingSize = keysWith('saysSize');

/** The server's own never are. */
function isCopied(instance: Instance, existing: ManagedObject, given: Attributes): boolean {
  const { key, value } = instance;
  const { onReplacement, isCopied: condition, saysSize } = attributeRow(key);
  if (isServersOwn(instance) || onReplacement === 'notCopied' || onReplacement === 'moved') return false;
  if (condition !== undefined) return condition(value, objectTypeOf(existing));
  // A curve and a length determine each other: a requested one replaces both of the existing key.
  return saysSize === undefined || !sayingSize.some((each) => each !== key && saysSizeIn(given, each));
}

const saysSizeIn = (given: Attributes, key: AttributeKey): boolean =>
  given[key] !== undefined && attributeRow(key).saysSize?.(given[key]) === true;

function datesOf(existing: Attributes, offset: number | undefined, now: number): Attributes {
  const held = dates.flatMap((key) => (existing[key] === undefined ? [] : [[key, existing[key] as number] as const]));
  if (offset === undefined) return Object.fromEntries(held);
  const activationDate = now + offset;
  const { activationDate: before } = existing;
  if (before === undefined) {
    if (held.length === 0) return { activationDate };
    throw new KmipError('IllegalOperation', 'Offset requires an Activation Date, but the object has none');
  }
  return Object.fromEntries(
    held.map(([key, date]) => [
      key,
      key === 'activationDate' ? activationDate : moved(key, date, activationDate - before),
    ]),
  );
}

/**
 * The largest date, which means "no date" (2.1 §6.1.28), does not move. @throws KmipError InvalidAttributeValue out of
 * the range of Date-Time.
 */
function moved(key: AttributeKey, date: number, seconds: number): number {
  if (date === largestDate) return date;
  const to = date + seconds;
  if (Number.isSafeInteger(seconds) && Number.isSafeInteger(to) && to !== largestDate) return to;
  throw new KmipError('InvalidAttributeValue', `Offset would move ${attributeRow(key).name} out of the range of dates`);
}

/** "All name attributes are removed from the existing" object, and it gets a Link to its replacement. */
export function replacedBy(existing: Loaded, id: string, context: Context): ObjectChange {
  const now = context.now();
  const rotated = rotation(existing.object.attributes, now).replaced;
  const to = changed(linked(existing.object, 'ReplacementObjectLink', id), rotated, now);
  const { name: _name, ...attributes } = to.attributes;
  const { name: _index, ...indexes } = to.indexes;
  return { update: existing, to: { ...to, attributes, indexes } };
}
