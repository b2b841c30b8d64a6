/**
 * The rules of a client for the objects that it creates: values for attributes that its requests leave out (KMIP 2.1
 * §7.11, §7.22), and values that every object must have (§7.6, §7.7). Rules belong to one client: the text says "the
 * server", but one client must not change, or forbid, what another one creates.
 */
import { asAnswered, atMost, atMostAll, atMostDistinct, type Bound } from '#protocol/bounds';
import { enumeration, text } from '#protocol/codecs';
import type { OpenValue } from '#protocol/enumerations';
import { grouped, many, optional, structure } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { V2_1, type Version } from '#protocol/versions';
import { isRepresentableIn, type Instance } from '#objects/attributes/attribute-codec';
import { askedAttributes, listedAttributes } from '#objects/attributes/attribute-groups';
import { Collected } from '#objects/attributes/attribute-collection';
import { InstanceSet } from '#objects/attributes/instance-set';
import { checkDates } from '#objects/attributes/attribute-rules';
import {
  attributeRow,
  keysWith,
  valuesOf,
  type AttributeKey,
  type Attributes,
  type ObjectType,
} from '#objects/attributes/attributes';
import { allInstances, objectTypeOf, type ManagedObject } from './managed-object.ts';
import { withinRange } from './matching.ts';
import { matchesInTurns } from './matching-in-turns.ts';
import type { Pace } from './pace.ts';

/** The bound of defaults and of constraints: all of them are checked whenever an object is created. */
const maximumRules = atMost(100, 'ServerLimitExceeded');
/** The bound for one rule; that for all rules together is the same (`operations/defaults/creation-rules.ts`). */
const attributesOfRule = atMost(500, 'ServerLimitExceeded');

/** 2.1 §7.23. */
export const objectGroups = structure('Object Groups', {
  objectGroup: many(Tag.ObjectGroup, text, atMostDistinct(100)),
});
/** 2.1 §7.24. */
const objectTypes = structure('Object Types', {
  objectType: many(Tag.ObjectType, enumeration('ObjectType'), atMostAll('ObjectType')),
});

/** 2.1 §7.22: for one type or several, in all groups or in the named ones. */
const objectDefaults = structure('Object Defaults', {
  objectType: optional(Tag.ObjectType, enumeration('ObjectType')),
  objectTypes: optional(Tag.ObjectTypes, objectTypes, { since: V2_1 }),
  attributes: grouped(Tag.Attributes, listedAttributes(attributesOfRule), 'required'),
  objectGroups: optional(Tag.ObjectGroups, objectGroups, { since: V2_1 }),
});
export type ObjectDefaults = ReturnType<typeof objectDefaults.read>;

/** 2.1 §7.11. */
const defaultsOf = (bound: Bound) =>
  structure('Defaults Information', { objectDefaults: many(Tag.ObjectDefaults, objectDefaults, bound) });
export const defaultsInformation = defaultsOf(maximumRules);
/** The answer to versions without lists of types has one entry for each type. */
export const defaultsAnswered = defaultsOf(asAnswered);

/** 2.1 §7.6: which objects, and what they must have. Structures may be partial, as for Locate. */
const constraint = structure('Constraint', {
  objectTypes: optional(Tag.ObjectTypes, objectTypes),
  objectGroups: optional(Tag.ObjectGroups, objectGroups),
  attributes: grouped(Tag.Attributes, askedAttributes(attributesOfRule), 'optional'),
});
export type Constraint = ReturnType<typeof constraint.read>;

/** 2.1 §7.7. */
export const constraints = structure('Constraints', { constraint: many(Tag.Constraint, constraint, maximumRules) });

export interface CreationRules {
  readonly objectDefaults: readonly ObjectDefaults[];
  readonly constraints: readonly Constraint[];
}

export const noRules: CreationRules = { objectDefaults: [], constraints: [] };

/** The types that a rule names, as one type or as a list. */
export const typesOf = (
  rule: Pick<ObjectDefaults, 'objectType' | 'objectTypes'>,
): readonly OpenValue<'ObjectType'>[] =>
  rule.objectType === undefined ? (rule.objectTypes?.objectType ?? []) : [rule.objectType];

/** "If not pertinent to ALL Object Group values": undefined when it is. */
export const groupsOf = (rule: Pick<Constraint, 'objectGroups'>): readonly string[] | undefined =>
  rule.objectGroups?.objectGroup;

const isInGroups = (groups: readonly string[] | undefined, held: ReadonlySet<string>): boolean =>
  groups === undefined || groups.some((each) => held.has(each));

/**
 * The given attributes, with defaults for those that were left out: first the defaults of the object's groups, then
 * those for all objects. Defaults that the version cannot represent are skipped.
 * @throws KmipError InvalidAttributeValue when given and default dates contradict one another.
 */
export function withDefaults(
  objectType: ObjectType,
  given: Attributes,
  { objectDefaults: rules }: CreationRules,
  version: Version,
): Attributes {
  const inGroups = new Set(given.objectGroup);
  const pertinent = rules.filter((each) => typesOf(each).includes(objectType) && isInGroups(groupsOf(each), inGroups));
  if (pertinent.length === 0) return given;
  const ofGroups = pertinent.filter((each) => groupsOf(each) !== undefined);
  const collected = new Collected(given);
  const present = new InstanceSet(allInstances({ attributes: given, indexes: {} }));
  for (const { attributes } of new Set([...ofGroups, ...pertinent])) {
    const wanted = present
      .joining(attributes, 'absent')
      .filter((each) => isRepresentableIn(each, version) && isPertinent(each, collected.attributes(), attributes));
    for (const each of wanted) collected.add(each);
    present.add(wanted);
  }
  const set = collected.attributes();
  checkDates(set);
  return set;
}

/** The same rules without defaults for attributes that follow from the material. */
export const besideMaterial = (rules: CreationRules): CreationRules => ({
  ...rules,
  objectDefaults: rules.objectDefaults.map((each) => ({
    ...each,
    attributes: each.attributes.filter(
      ({ key }) => attributeRow(key).setBy !== 'creation' && attributeRow(key).saysSize === undefined,
    ),
  })),
});

const sayingSize = keysWith('saysSize');

/**
 * Whether a default, one of `defaults`, belongs to the object that has `held` without them: what says the size of a key
 * is no default beside another algorithm, nor beside what says it too.
 */
function isPertinent({ key }: Instance, held: Attributes, defaults: readonly Instance[]): boolean {
  if (attributeRow(key).saysSize === undefined) return true;
  if (sayingSize.some((each) => held[each] !== undefined)) return false;
  const { cryptographicAlgorithm: algorithm } = held;
  const usual = defaults.find((each) => each.key === 'cryptographicAlgorithm')?.value;
  return algorithm === undefined || usual === undefined || algorithm === usual;
}

/**
 * Refuses an object that does not meet a constraint. The text does not say when an object meets Attributes: this server
 * uses the rules of Locate (2.1 §6.1.28), and of several values for a single-valued attribute one must match.
 * @throws KmipError ConstraintViolation.
 */
export async function checkConstraints(
  object: ManagedObject,
  { constraints: rules }: CreationRules,
  pace: Pace,
): Promise<void> {
  const { attributes } = object;
  const objectType = objectTypeOf(object);
  const inGroups = new Set(attributes.objectGroup);
  for (const { objectTypes: ofTypes, objectGroups: ofGroups, attributes: demanded = [] } of rules) {
    const types = ofTypes?.objectType;
    if (types !== undefined && !types.includes(objectType)) continue;
    if (!isInGroups(ofGroups?.objectGroup, inGroups)) continue;
    for (const key of new Set(demanded.map((each) => each.key))) {
      const { name, objects } = attributeRow(key);
      if (!objects.has(objectType)) continue;
      const values = demanded.filter((each) => each.key === key).map(({ value }) => value);
      if (await isMet(key, values, attributes, pace)) continue;
      throw new KmipError('ConstraintViolation', `${name} does not meet a constraint that this client has set`);
    }
  }
}

async function isMet(
  key: AttributeKey,
  demanded: readonly unknown[],
  attributes: Attributes,
  pace: Pace,
): Promise<boolean> {
  const { matches, multiple } = attributeRow(key);
  const held = valuesOf(attributes, key);
  // Dates are either one date or the two ends of a range.
  if (matches === withinRange) return matches(held, demanded);
  if (!multiple) return demanded.some((value) => matches(held, [value]));
  return await matchesInTurns(attributes, key, demanded, pace);
}
