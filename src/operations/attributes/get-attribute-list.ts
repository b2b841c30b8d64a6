import { isRepresentableIn } from '#objects/attributes/attribute-codec';
import { attributeReferences } from '#objects/attributes/attribute-groups';
import { referenceId, type Reference } from '#objects/attributes/attribute-reference';
import { allInstances } from '#objects/managed-object';
import { asAnswered } from '#protocol/bounds';
import { grouped, optional, required } from '#protocol/fields';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.21 (1.4 §4.13). Names exactly the attributes that Get Attributes gives out in the same version. */
export const getAttributeList = defineOperation('GetAttributeList', {
  rights: ['read'],
  served: 'inReserve',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    attributeReferences: grouped(Tag.AttributeReference, attributeReferences(asAnswered), 'required'),
  },

  async run(request, context) {
    const { object } = await context.load(request.uniqueIdentifier, 'read');
    const references = new Map<string, Reference>();
    for (const instance of allInstances(object)) {
      if (isRepresentableIn(instance, context.version)) references.set(referenceId(instance), instance);
    }
    return { uniqueIdentifier: object.id, attributeReferences: [...references.values()] };
  },
});
