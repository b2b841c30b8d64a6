import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { anyObject } from '#objects/object-structure';
import { enumeration } from '#protocol/codecs';
import { grouped, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { ObjectChange } from '#operations/context';
import { givingOut, wayOut } from './object-retrieval.ts';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.19 (1.4 §4.11). */
export const get = defineOperation('Get', {
  rights: ['fetch', 'use'],
  served: 'onFullDisk',
  request: wayOut,
  response: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    object: grouped(Tag.KeyBlock, anyObject, 'required'),
  },

  async run(request, context) {
    const loaded = await context.load(request.uniqueIdentifier, 'fetch');
    const { object } = loaded;
    const { structure, changes } = await givingOut(loaded, request, context);
    const served: ObjectChange[] =
      object.attributes.fresh === true ? [{ update: loaded, to: asServed(object), lasting: asServed }] : [];
    if (served.length + changes.length > 0) await context.commit([...served, ...changes]);
    return { objectType: objectTypeOf(object), uniqueIdentifier: object.id, object: structure };
  },
});

/**
 * Sets Fresh to false: "as soon as the object has been served via the Get operation" (2.1 §4.24), also in a batch that
 * is undone. Last Change Date does not change (§4.29).
 */
const asServed = (object: ManagedObject): ManagedObject =>
  object.attributes.fresh === true ? { ...object, attributes: { ...object.attributes, fresh: false } } : object;
