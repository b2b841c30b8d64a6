import type { Attributes } from '#objects/attributes/attributes';
import { afterProtecting } from '#objects/use';
import type { ResultReason } from '#protocol/kmip-error';
import type { Context } from '#operations/context';

export interface Charge {
  /** How much was protected. */
  readonly bytes: number;
  /** 0 for a later part of what an earlier one has counted as an object; 1 when absent. */
  readonly objects?: 0 | 1;
  readonly refusal?: ResultReason;
}

/**
 * The attributes of a key after it was used to protect: the one place where Usage Limits are counted down (KMIP 2.1
 * §4.59). The same attributes when nothing is limited. What the answer holds cannot be taken back, and so the count is
 * never given back either.
 * @throws KmipError UsageLimitExceeded or `refusal` when the limits are reached, FeatureNotSupported in a batch with
 * Undo.
 */
export function chargeUse(attributes: Attributes, { bytes, ...charge }: Charge, context: Context): Attributes {
  const charged = afterProtecting(attributes, bytes, charge);
  if (charged !== attributes) context.refuseUndo('a charge to Usage Limits');
  return charged;
}
