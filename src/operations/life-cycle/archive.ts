import { isDestroyed } from '#objects/life-cycle';
import { objectDestroyed } from '#objects/object-errors';
import { storageStatusOf } from '#objects/storage-status';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';
import { changed } from './state-change.ts';

/**
 * KMIP 2.1 §6.1.4 (1.4 §4.22). "The actual time when the object is archived" is now, and it stays in the same store. An
 * archived object can only be recovered, and Locate skips it by default.
 */
export const archive = defineOperation('Archive', {
  rights: ['archive'],
  served: 'aboveQuotas',
  request: { uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference) },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run(request, context) {
    const loaded = await context.load(request.uniqueIdentifier, 'archive');
    const { object } = loaded;
    if (storageStatusOf(object.attributes) === 'ArchivalStorage') {
      throw new KmipError('ObjectArchived', 'the object is already archived');
    }
    if (isDestroyed(object.attributes.state)) throw objectDestroyed();
    const now = context.now();
    await context.commit([{ update: loaded, to: changed(object, { archiveDate: now }, now) }]);
    return { uniqueIdentifier: object.id };
  },
});
