import { listedAttributes } from '#objects/attributes/attribute-groups';
import { allInstances, objectTypeOf } from '#objects/managed-object';
import { withoutMaterial } from '#objects/material';
import { anyObject } from '#objects/object-structure';
import { asAnswered } from '#protocol/bounds';
import { enumeration } from '#protocol/codecs';
import { grouped, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { givingOut, wayOut } from './object-retrieval.ts';
import { defineOperation } from '#operations/operation';

/**
 * KMIP 2.1 §6.1.18 (1.4 §4.40): the object "in the same manner as the Get operation", with all its attributes,
 * including those that Get Attributes leaves out. A destroyed object has only attributes. Get does not serve the
 * object, so that it stays Fresh (§4.24).
 */
export const exportObject = defineOperation('Export', {
  rights: ['fetch', 'use'],
  served: 'inReserve',
  request: wayOut,
  response: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    attributes: grouped(Tag.Attributes, listedAttributes(asAnswered), 'required'),
    object: grouped(Tag.KeyBlock, anyObject, 'required'),
  },

  async run(request, context) {
    const loaded = await context.load(request.uniqueIdentifier, 'fetch');
    const { object } = loaded;
    const { structure, changes } =
      object.attributes.destroyDate === undefined
        ? await givingOut(loaded, request, context)
        : { structure: withoutMaterial(object.structure), changes: [] };
    if (changes.length > 0) await context.commit(changes);
    context.setPlaceholder(object.id);
    return {
      objectType: objectTypeOf(object),
      uniqueIdentifier: object.id,
      attributes: allInstances(object),
      object: structure,
    };
  },
});
