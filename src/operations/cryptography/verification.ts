/** What Signature Verify and MAC Verify have in common (KMIP 2.1 §6.1.33, §6.1.56). */
import { enumeration } from '#protocol/codecs';
import type { EnumerationValue } from '#protocol/enumerations';
import { optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import type { Context, Work } from '#operations/context';
import { inPieces } from './in-pieces.ts';

/** "Non-Final parts of multi-part ... operations SHALL NOT include the Validity Indicator." */
export const validityIndicator = optional(Tag.ValidityIndicator, enumeration('ValidityIndicator'));

/** An invalid proof is a successful operation with a Validity Indicator that says so. */
export interface Judged {
  readonly validityIndicator?: EnumerationValue<'ValidityIndicator'>;
}

export interface Verification {
  update(data: Uint8Array): unknown;
  /** Called once, at the end. */
  isProvenBy(proof: Uint8Array, context: Context): boolean | Promise<boolean>;
  /** Wipes its state. */
  end?(): void;
}

/** @param called the field of the proof, which any part may contain. */
export function judging(called: string, verification: Verification): Work<Judged> {
  let held: Uint8Array | undefined;
  return {
    async take(data, isLast, proof, context) {
      if (proof !== undefined && held !== undefined && Buffer.compare(proof, held) !== 0) {
        throw new KmipError('InvalidField', `${called} must be the same as in an earlier part`);
      }
      // A copy, because the bytes of the request are wiped after its answer.
      if (proof !== undefined) held = Buffer.from(proof);
      await inPieces(data, context, (piece) => verification.update(piece));
      if (!isLast) return {};
      if (held === undefined) throw lacks(called);
      return { validityIndicator: (await verification.isProvenBy(held, context)) ? 'Valid' : 'Invalid' };
    },
    end: () => verification.end?.(),
  };
}

/** The same for a single request. */
export const judgingWhole = (
  called: string,
  isProven: (data: Uint8Array, proof: Uint8Array, context: Context) => Promise<boolean>,
): Work<Judged> => ({
  async take(data, _isLast, proof, context) {
    if (proof === undefined) throw lacks(called);
    return { validityIndicator: (await isProven(data, proof, context)) ? 'Valid' : 'Invalid' };
  },
});

const lacks = (called: string): KmipError => new KmipError('InvalidMessage', `the request lacks ${called}`);
