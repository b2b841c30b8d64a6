import { deleteInstances, type Which } from '#objects/attributes/attribute-changes';
import { type Instance } from '#objects/attributes/attribute-codec';
import { oneAttribute, oneReference } from '#objects/attributes/attribute-groups';
import { integer } from '#protocol/codecs';
import { grouped, optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_4, V2_0 } from '#protocol/versions';
import { changeAttributes, changeResponse } from './attribute-change.ts';
import type { Context } from '#operations/context';
import { withLinkResolved } from './link.ts';
import { defineOperation } from '#operations/operation';

/**
 * KMIP 2.1 §6.1.13 (1.4 §4.16). In 1.x the instance with the Attribute Index given, 0 by default; in 2.x the one whose
 * value is the Current Attribute, or all of the attribute referred to.
 */
export const deleteAttribute = defineOperation('DeleteAttribute', {
  rights: ['modify', 'read'],
  served: 'aboveQuotas',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    currentAttribute: grouped(Tag.CurrentAttribute, oneAttribute(Tag.CurrentAttribute), 'optional', { since: V2_0 }),
    attributeReference: grouped(Tag.AttributeReference, oneReference, 'optional'),
    attributeIndex: optional(Tag.AttributeIndex, integer, { until: V1_4 }),
  },
  response: changeResponse,

  async run({ uniqueIdentifier, currentAttribute, attributeReference, attributeIndex }, context) {
    const reference = currentAttribute ?? attributeReference;
    if (reference === undefined) {
      const needed = context.rules.attributesAreTagged ? 'Current Attribute or Attribute Reference' : 'Attribute Name';
      throw new KmipError('InvalidMessage', `Delete Attribute request lacks ${needed}`);
    }
    const which = await whichOf(currentAttribute, attributeIndex, context);
    return await changeAttributes(
      uniqueIdentifier,
      { readOnly: 'AttributeReadOnly', ambiguous: 'MultiValuedAttribute' },
      (object, terms) => deleteInstances(object, which, reference, terms),
      context,
    );
  },
});

async function whichOf(
  current: Instance | undefined,
  index: number | undefined,
  context: Context,
): Promise<Which | 'all'> {
  if (current !== undefined) return { value: (await withLinkResolved(current, context)).value };
  if (context.rules.attributesAreTagged) return 'all';
  return index === undefined && context.rules.deletionNeedsIndex ? 'only' : { index: index ?? 0 };
}
