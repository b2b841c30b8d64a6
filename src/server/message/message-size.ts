/** How much a message holds: what is long is measured and written in turns, so that others can go on. */
import { encodedLength, lengthInTurns } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { itemsIn } from '#protocol/bounds';

/** Below it nobody waits for long: batch items, and TTLV items in all of them, however deep. */
const longList = 200;
const manyItems = 1000;

export const isLong = (message: Item): boolean =>
  message.type === ItemType.Structure && (message.value.length > longList || itemsIn(message, manyItems) > manyItems);

/** Bytes of the message in TTLV. */
export async function sizeOf(message: Item, turn: (bytes: number) => Promise<void>): Promise<number> {
  return isLong(message) ? await lengthInTurns(message, () => turn(0)) : encodedLength(message);
}
