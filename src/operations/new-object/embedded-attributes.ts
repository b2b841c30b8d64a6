/**
 * Attributes inside an object: those of a Template, and those within a Key Value (KMIP 2.1 §3.2; 1.4 §2.1.4, §2.2.6).
 */
import type { Instance } from '#objects/attributes/attribute-codec';
import type { GivenAttributes } from '#objects/attributes/attribute-groups';
import { isServersOwn } from '#objects/attributes/attribute-rules';
import { InstanceSet } from '#objects/attributes/instance-set';
import { isWrapped, type ObjectStructure } from '#objects/object-structure';

/**
 * All embedded attributes. Those of a Key Value differ from the object's "only by the fact that" they are encapsulated
 * (2.1 §3.2), and also stay in the Key Value. Those of a Template are the object's own, including its Name (SASED-M-2,
 * against the error table of 1.4 §11.4).
 */
export function attributesWithin(structure: ObjectStructure): readonly Instance[] {
  if (structure.objectType === 'Template') return structure.attributes;
  const keyValue = 'keyBlock' in structure ? structure.keyBlock.keyValue : undefined;
  return keyValue === undefined || isWrapped(keyValue) ? [] : (keyValue.attributes ?? []);
}

/** The embedded attributes that a client may give; those that only the server sets are ignored. */
export const attributesGivenWithin = (structure: ObjectStructure): readonly Instance[] =>
  structure.objectType === 'Template'
    ? structure.attributes
    : attributesWithin(structure).filter((each) => !isServersOwn(each));

/** The union of both, without duplicates. @throws KmipError when they contradict one another. */
export const joined = (given: GivenAttributes, within: readonly Instance[]): GivenAttributes =>
  within.length === 0
    ? given
    : { ...given, instances: [...given.instances, ...new InstanceSet(given.instances).joining(within, 'agreement')] };
