import type { Attributes } from '#objects/attributes/attributes';
import { afterProtecting } from '#objects/use';
import type { ResultReason } from '#protocol/kmip-error';
import type { Context } from '#operations/context';

export interface Charge {
  /** The number of protected bytes. */
  readonly bytes: number;
  /** 0 for a later part of an object that an earlier part has counted; 1 when absent. */
  readonly objects?: 0 | 1;
  readonly refusal?: ResultReason;
}

/**
 * The attributes of a key after it has protected data: Usage Limits are counted down only in this function (KMIP 2.1
 * §4.59). The same attributes when nothing is limited. The answer cannot be taken back, so the count is never restored.
 * @throws KmipError UsageLimitExceeded or `refusal` when the limits are reached, FeatureNotSupported in a batch with
 * Undo.
 */
export function chargeUse(attributes: Attributes, { bytes, ...charge }: Charge, context: Context): Attributes {
  const charged = afterProtecting(attributes, bytes, charge);
  if (charged !== attributes) context.refuseUndo('a charge to Usage Limits');
  return charged;
}
