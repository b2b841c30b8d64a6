import { setInstance } from '#objects/attributes/attribute-changes';
import { oneAttribute } from '#objects/attributes/attribute-groups';
import { grouped, optional } from '#protocol/fields';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { changeAttributes, changeResponse } from './attribute-change.ts';
import { withLinkResolved } from './link.ts';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.51. Adds the attribute, or modifies its only instance. */
export const setAttribute = defineOperation('SetAttribute', {
  rights: ['modify', 'read'],
  served: 'withinQuotas',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    newAttribute: grouped(Tag.NewAttribute, oneAttribute(Tag.NewAttribute), 'required'),
  },
  response: changeResponse,

  async run(request, context) {
    const instance = await withLinkResolved(request.newAttribute, context);
    return await changeAttributes(
      request.uniqueIdentifier,
      { readOnly: 'ReadOnlyAttribute', ambiguous: 'MultiValuedAttribute' },
      (object, terms) => setInstance(object, instance, terms),
      context,
    );
  },
});
