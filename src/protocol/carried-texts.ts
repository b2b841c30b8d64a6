/**
 * Texts to TTLV and back: TTLV is how a long message travels between threads, and what programs hand to a transport. It
 * is one buffer, which is handed over, wiped, and decoded in a fraction of the time that a copied tree takes.
 */
import { decode, type Limits } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { TtlvError, type Item } from '#ttlv/item';
import type { Encoding } from './encodings.ts';
import { KmipError } from './kmip-error.ts';

/** What a body says, in TTLV; the body itself when it is that. @throws TtlvError as `read` does. */
export const toTtlv = (encoding: Encoding, body: Uint8Array, limits: Partial<Limits> = {}): Uint8Array =>
  encoding.name === 'ttlv' ? body : encode(encoding.read(body, limits));

/** Of an answer that is written as text: their text, and all that it is made of, is in memory at once. */
const maximumItemsAsText = 400_000;

/**
 * The bounds of a message of our own, whose bytes are there already. What a client had kept in a structure of depth 32
 * may lie deeper in an answer.
 */
const boundsOf = ({ length }: Uint8Array): Limits => ({
  maximumBytes: length,
  maximumItems: maximumItemsAsText,
  maximumDepth: 100,
});

/**
 * The body for a message of our own that is there in TTLV; the message itself when it is to be that.
 * @throws RangeError as `write` does, KmipError ResponseTooLarge when it holds too many items.
 */
export function fromTtlv(encoding: Encoding, message: Uint8Array): Uint8Array {
  return encoding.name === 'ttlv' ? message : encoding.write(decoded(message));
}

function decoded(message: Uint8Array): Item {
  try {
    return decode(message, boundsOf(message));
  } catch (error) {
    if (!(error instanceof TtlvError) || !error.tooLarge) throw error;
    throw new KmipError(
      'ResponseTooLarge',
      `the response must have at most ${maximumItemsAsText} items in XML or JSON: request less at once, or use TTLV`,
    );
  }
}
