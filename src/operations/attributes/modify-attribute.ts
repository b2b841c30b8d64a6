import { modifyInstance, type Which } from '#objects/attributes/attribute-changes';
import { type Instance } from '#objects/attributes/attribute-codec';
import { oneAttribute } from '#objects/attributes/attribute-groups';
import { referenceId, referenceText } from '#objects/attributes/attribute-reference';
import { grouped, optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V2_0 } from '#protocol/versions';
import { changeAttributes, changeResponse } from './attribute-change.ts';
import type { Context } from '#operations/context';
import { withLinkResolved } from './link.ts';
import { defineOperation } from '#operations/operation';

/**
 * KMIP 2.1 §6.1.34 (1.4 §4.15). Changes the value of an existing instance: in 1.x that with the given Attribute Index,
 * 0 by default; in 2.x that whose value is the Current Attribute, by default the only one.
 */
export const modifyAttribute = defineOperation('ModifyAttribute', {
  rights: ['modify', 'read'],
  served: 'withinQuotas',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    currentAttribute: grouped(Tag.CurrentAttribute, oneAttribute(Tag.CurrentAttribute), 'optional', { since: V2_0 }),
    newAttribute: grouped(Tag.NewAttribute, oneAttribute(Tag.NewAttribute), 'required'),
  },
  response: changeResponse,

  async run({ uniqueIdentifier, currentAttribute, newAttribute }, context) {
    const which = await whichOf(currentAttribute, newAttribute, context);
    const instance = await withLinkResolved(newAttribute, context);
    return await changeAttributes(
      uniqueIdentifier,
      { readOnly: 'AttributeReadOnly', ambiguous: 'AttributeInstanceNotFound' },
      (object, terms) => modifyInstance(object, which, instance, terms),
      context,
    );
  },
});

async function whichOf(current: Instance | undefined, given: Instance, context: Context): Promise<Which> {
  if (!context.rules.attributesAreTagged) return { index: given.index ?? 0 };
  if (current === undefined) return 'only';
  if (referenceId(current) !== referenceId(given)) {
    throw new KmipError(
      'InvalidField',
      `Current Attribute is ${referenceText(current)}, but New Attribute is ${referenceText(given)}`,
    );
  }
  return { value: (await withLinkResolved(current, context)).value };
}
