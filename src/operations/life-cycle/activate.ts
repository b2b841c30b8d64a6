import { transition } from '#objects/life-cycle';
import { optional, required } from '#protocol/fields';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';
import { changed, stateOf } from './state-change.ts';

/** KMIP 2.1 §6.1.1 (1.4 §4.19). Moves a Pre-Active object to Active, dated now. */
export const activate = defineOperation('Activate', {
  rights: ['modify'],
  served: 'aboveQuotas',
  request: { uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference) },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run(request, context) {
    const loaded = await context.load(request.uniqueIdentifier, 'modify');
    const state = transition(stateOf(loaded.object, 'activated'), 'activate');
    const to = changed(loaded.object, { state, activationDate: context.now() }, context.now());
    await context.commit([{ update: loaded, to }]);
    return { uniqueIdentifier: to.id };
  },
});
