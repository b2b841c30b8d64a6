/** The size of a message. A long message is measured and written in turns, so that other clients can continue. */
import { encodedLength, lengthInTurns } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { itemsIn } from '#protocol/bounds';

/** A message below both does not delay others: batch items, and TTLV items in all of them, at any depth. */
const longList = 200;
const manyItems = 1000;

export const isLong = (message: Item): boolean =>
  message.type === ItemType.Structure && (message.value.length > longList || itemsIn(message, manyItems) > manyItems);

/** Bytes of the message in TTLV. */
export async function sizeOf(message: Item, turn: (bytes: number) => Promise<void>): Promise<number> {
  return isLong(message) ? await lengthInTurns(message, () => turn(0)) : encodedLength(message);
}
