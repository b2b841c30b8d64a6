import { adjustInstance } from '#objects/attributes/attribute-adjustment';
import { oneReference } from '#objects/attributes/attribute-groups';
import { anyItem, enumeration } from '#protocol/codecs';
import { grouped, optional, required } from '#protocol/fields';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { changeAttributes, changeResponse } from './attribute-change.ts';
import { defineOperation } from '#operations/operation';

/**
 * KMIP 2.1 §6.1.3. Increments, decrements or negates an attribute. The text gives Adjustment Value no type: any number
 * is accepted.
 */
export const adjustAttribute = defineOperation('AdjustAttribute', {
  rights: ['modify'],
  served: 'withinQuotas',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    attributeReference: grouped(Tag.AttributeReference, oneReference, 'required'),
    adjustmentType: required(Tag.AdjustmentType, enumeration('AdjustmentType')),
    adjustmentValue: optional(Tag.AdjustmentValue, anyItem),
  },
  response: changeResponse,

  async run(request, context) {
    const adjustment = { type: request.adjustmentType, value: request.adjustmentValue };
    return await changeAttributes(
      request.uniqueIdentifier,
      { readOnly: 'ReadOnlyAttribute', ambiguous: 'MultiValuedAttribute' },
      (object, terms) => adjustInstance(object, request.attributeReference, adjustment, terms),
      context,
    );
  },
});
