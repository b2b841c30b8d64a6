import { attributes } from '#objects/attributes/attributes';
import { transition } from '#objects/life-cycle';
import { objectTypeOf } from '#objects/managed-object';
import { dateTime } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';
import { changed, stateOf } from './state-change.ts';

/** The reasons that compromise an object; all others deactivate it. */
const compromises: ReadonlySet<string> = new Set(['KeyCompromise', 'CACompromise']);

/** KMIP 2.1 §6.1.44 (1.4 §4.20). */
export const revoke = defineOperation('Revoke', {
  rights: ['modify'],
  served: 'onFullDisk',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    revocationReason: required(Tag.RevocationReason, attributes.revocationReason.codec),
    compromiseOccurrenceDate: optional(Tag.CompromiseOccurrenceDate, dateTime),
  },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run({ uniqueIdentifier: reference, revocationReason, compromiseOccurrenceDate }, context) {
    const loaded = await context.load(reference, 'modify');
    const { object } = loaded;
    const now = context.now();
    const state = stateOf(object, 'revoked');
    const compromised = compromises.has(revocationReason.revocationReasonCode);
    if (!compromised && compromiseOccurrenceDate !== undefined) {
      throw new KmipError(
        'InvalidField',
        'Compromise Occurrence Date is valid only when Revocation Reason Code is Key Compromise or CA Compromise',
      );
    }
    const to = compromised
      ? changed(
          object,
          {
            state: transition(state, 'compromise'),
            revocationReason,
            compromiseDate: now,
            compromiseOccurrenceDate: compromiseOccurrenceDate ?? object.attributes.initialDate,
          },
          now,
        )
      : changed(object, { state: transition(state, 'deactivate'), revocationReason, deactivationDate: now }, now);
    const reason = revocationReason.revocationReasonCode;
    const isCertificate = objectTypeOf(object) === 'Certificate';
    await context.commit([{ update: loaded, to }, ...(isCertificate ? [{ revoked: object, reason }] : [])]);
    return { uniqueIdentifier: object.id };
  },
});
