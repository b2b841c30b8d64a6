import { afterUsing, permitProtection } from '#objects/use';
import { longInteger } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';
import { changed } from './state-change.ts';

/**
 * KMIP 2.1 §6.1.23 (1.4 §4.18). "The server SHALL assume that the entire allocated amount is going to be consumed": one
 * commit subtracts it from Usage Limits Count, so that two clients never get the same allocation.
 */
export const getUsageAllocation = defineOperation('GetUsageAllocation', {
  rights: ['use'],
  served: 'aboveQuotas',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    usageLimitsCount: required(Tag.UsageLimitsCount, longInteger),
  },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run({ uniqueIdentifier: reference, usageLimitsCount: units }, context) {
    if (units < 0n) throw new KmipError('InvalidField', 'Usage Limits Count must not be negative');
    const loaded = await context.load(reference, 'use');
    const { object } = loaded;
    const { usageLimits } = object.attributes;
    if (usageLimits === undefined) throw new KmipError('AttributeNotFound', 'the object has no Usage Limits');
    const now = context.now();
    permitProtection(object, now);
    const to = changed(object, { usageLimits: afterUsing(usageLimits, units) }, now);
    // The client has already received its allocation when the batch is undone.
    context.refuseUndo('a charge to Usage Limits');
    await context.commit([{ update: loaded, to }]);
    return { uniqueIdentifier: object.id };
  },
});
