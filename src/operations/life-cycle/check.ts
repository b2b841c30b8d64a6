import { interval, longInteger, mask } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { Attributes } from '#objects/attributes/attributes';
import { objectDestroyed } from '#objects/object-errors';
import { defineOperation } from '#operations/operation';

const asked = {
  usageLimitsCount: optional(Tag.UsageLimitsCount, longInteger),
  cryptographicUsageMask: optional(Tag.CryptographicUsageMask, mask),
  leaseTime: optional(Tag.LeaseTime, interval),
};

/**
 * KMIP 2.1 §6.1.7 (1.4 §4.10). The text allows a denial to return the denied values; the official cases (BL-M-2,
 * BL-M-3) have a failure with the reason of the error table instead, and a failed item has no payload (1.4 §7.2). The
 * response has these fields for clients of other servers.
 */
export const check = defineOperation('Check', {
  rights: ['read'],
  served: 'inReserve',
  request: { uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference), ...asked },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier), ...asked },

  async run(request, context) {
    const { object } = await context.load(request.uniqueIdentifier, 'read');
    if (object.structure.objectType === 'Template') {
      throw new KmipError('IllegalObjectType', 'Object Type Template is not supported for Check');
    }
    const denial = denied(request, object.attributes);
    if (denial !== undefined) {
      context.setPlaceholder(undefined);
      throw denial;
    }
    return { uniqueIdentifier: object.id };
  },
});

interface RequestedTerms {
  readonly usageLimitsCount?: bigint | undefined;
  readonly cryptographicUsageMask?: number | undefined;
  readonly leaseTime?: number | undefined;
}

function denied(wanted: RequestedTerms, has: Attributes): KmipError | undefined {
  if (has.destroyDate !== undefined) return objectDestroyed();
  const { cryptographicUsageMask: bits = 0, usageLimitsCount: count, leaseTime } = wanted;
  // An object without a mask permits no use that has a bit.
  if ((bits & ~(has.cryptographicUsageMask ?? 0)) !== 0) {
    return new KmipError(
      'IncompatibleCryptographicUsageMask',
      'Cryptographic Usage Mask has bits that the mask of the object does not have',
    );
  }
  const left = has.usageLimits?.usageLimitsCount;
  if (count !== undefined && left !== undefined && count > left) {
    return new KmipError('UsageLimitExceeded', `Usage Limits Count must be at most the remaining ${left}`);
  }
  if (leaseTime !== undefined && leaseTime > (has.leaseTime ?? 0)) {
    return new KmipError('PermissionDenied', `Lease Time must be at most ${has.leaseTime ?? 0} seconds`);
  }
  return undefined;
}
