import type { Attributes } from '#objects/attributes/attributes';
import { stateText, type State } from '#objects/life-cycle';
import { isUsedUp } from '#objects/use';
import { dateTime, interval } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';

/**
 * KMIP 2.1 §6.1.35 (1.4 §4.17). Leases are not counted: a client that may use the object gets another one at any time.
 * The Last Change Date stays, because the object does not change.
 */
export const obtainLease = defineOperation('ObtainLease', {
  rights: ['use'],
  served: 'aboveQuotas',
  request: { uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference) },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    leaseTime: required(Tag.LeaseTime, interval),
    lastChangeDate: required(Tag.LastChangeDate, dateTime),
  },

  async run(request, context) {
    const { object } = await context.load(request.uniqueIdentifier, 'use');
    const { attributes } = object;
    const now = context.now();
    return {
      uniqueIdentifier: object.id,
      leaseTime: leaseOf(attributes, now),
      lastChangeDate: attributes.lastChangeDate ?? now,
    };
  },
});

/**
 * Seconds: the object's Lease Time, or the time until its Deactivation Date when that is less. After that date, and
 * when the object cannot be used any more for other reasons, there are no leases.
 * @throws KmipError PermissionDenied or UsageLimitExceeded.
 */
function leaseOf(attributes: Attributes, now: number): number {
  const { state, leaseTime, deactivationDate = Infinity } = attributes;
  if (leaseTime === undefined) throw new KmipError('PermissionDenied', 'the object has no Lease Time');
  if (state !== 'PreActive' && state !== 'Active') {
    throw new KmipError(
      'PermissionDenied',
      `State must be Pre-Active or Active to get a lease, not ${stateText(state as State)}`,
    );
  }
  if (isUsedUp(attributes)) throw new KmipError('UsageLimitExceeded', 'Usage Limits of the object are used up');
  return Math.min(leaseTime, deactivationDate - now);
}
