import { storageStatusOf } from '#objects/storage-status';
import { optional, required } from '#protocol/fields';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';
import { changed } from './state-change.ts';

/** KMIP 2.1 §6.1.42 (1.4 §4.23). An object that is already on-line stays as it is: the text has no error for this. */
export const recover = defineOperation('Recover', {
  rights: ['archive'],
  served: 'aboveQuotas',
  request: { uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference) },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run(request, context) {
    const loaded = await context.load(request.uniqueIdentifier, 'archive');
    const { object } = loaded;
    if (storageStatusOf(object.attributes) === 'ArchivalStorage') {
      const to = changed(object, { archiveDate: undefined }, context.now());
      await context.commit([{ update: loaded, to }]);
    }
    context.setPlaceholder(object.id);
    return { uniqueIdentifier: object.id };
  },
});
