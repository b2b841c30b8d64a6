import { objectTypeOf } from '#objects/managed-object';
import { optional, required } from '#protocol/fields';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';
import { destroyed } from './state-change.ts';

/**
 * KMIP 2.1 §6.1.15 (1.4 §4.21). The material is destroyed, the attributes stay; a Template is removed. The section
 * names Pre-Active and Deactivated objects; transition 9 of §4.57 and the error table of 1.x (1.4 §11.22) add
 * Compromised ones.
 */
export const destroy = defineOperation('Destroy', {
  rights: ['destroy'],
  served: 'onFullDisk',
  request: { uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference) },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run(request, context) {
    const loaded = await context.load(request.uniqueIdentifier, 'destroy');
    const { object } = loaded;
    const isTemplate = objectTypeOf(object) === 'Template';
    await context.commit([isTemplate ? { remove: loaded } : destroyed(loaded, 'destroy', context.now())]);
    return { uniqueIdentifier: object.id };
  },
});
