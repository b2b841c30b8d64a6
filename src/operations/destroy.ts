import { transition } from '#objects/life-cycle';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from './operation.ts';
import { changed, stateOf } from './state-change.ts';

/**
 * KMIP 2.1 §6.1.15 (1.4 §4.21). The material goes, the attributes stay. The text names Pre-Active and Deactivated here; transition 9 of §4.57 and
 * the error table of 1.x (§11.21) have Compromised besides.
 */
export const destroy = defineOperation('Destroy', {
  right: 'destroy',
  request: { uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference) },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run(request, context) {
    const loaded = await context.load(request.uniqueIdentifier, 'destroy');
    const { object } = loaded;
    const now = context.now();
    if (object.attributes.destroyDate !== undefined)
      throw new KmipError('ObjectDestroyed', 'the object was destroyed before');
    const isTemplate = object.structure.objectType === 'Template';
    const state = isTemplate ? {} : { state: transition(stateOf(object, 'destroyed'), 'destroy') };
    const to = changed(object, { ...state, destroyDate: now }, now);
    await context.commit([{ update: loaded, to, material: null }]);
    return { uniqueIdentifier: object.id };
  },
});
