import { addInstance } from '#objects/attributes/attribute-changes';
import { oneAttribute } from '#objects/attributes/attribute-groups';
import { referenceText } from '#objects/attributes/attribute-reference';
import { grouped, optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { changeAttributes, changeResponse } from './attribute-change.ts';
import { withLinkResolved } from './link.ts';
import { defineOperation } from '#operations/operation';

/**
 * KMIP 2.1 §6.1.2 (1.4 §4.14). Adds a value for an attribute that is absent, or one more for a multi-valued attribute.
 */
export const addAttribute = defineOperation('AddAttribute', {
  rights: ['modify', 'read'],
  served: 'withinQuotas',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    newAttribute: grouped(Tag.NewAttribute, oneAttribute(Tag.NewAttribute), 'required'),
  },
  response: changeResponse,

  async run(request, context) {
    const given = request.newAttribute;
    // 1.4 §4.14: "The Attribute Index SHALL NOT be specified in the request".
    if (given.index !== undefined) {
      throw new KmipError(
        'InvalidField',
        `Attribute Index of ${referenceText(given)} must not be given: the server assigns it`,
      );
    }
    const instance = await withLinkResolved(given, context);
    return await changeAttributes(
      request.uniqueIdentifier,
      { readOnly: 'ReadOnlyAttribute', ambiguous: 'MultiValuedAttribute' },
      (object, terms) => addInstance(object, instance, terms),
      context,
    );
  },
});
