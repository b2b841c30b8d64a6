/**
 * Secret bytes of one request. Key material that an item has opened, and other secrets that it has made, are wiped as
 * soon as its answer does not need them; what an answer holds stays until it is encoded. So a batch holds no more than
 * its answer may, and what one item opens. The message's own bytes stay as long, and count for no bound.
 */
import { setImmediate } from 'node:timers/promises';
import { KmipError } from '#protocol/kmip-error';
import { ItemType, type Item } from '#ttlv/item';

/** In bytes. With so much for the answers of a request, no further item is run. */
const maximumForAnswers = 8 * 1024 * 1024;
/** With so much in all, nothing further is opened: one item needs two of the largest records at most. */
const maximumInAll = 3 * maximumForAnswers;
/** So little of an item that succeeded is not looked for in its answer: it stays until the end. */
const littleOfItem = 4096;
/** So much is wiped in one turn. */
const wipedAtOnce = 1024 * 1024;

export class SecretsToWipe {
  readonly #messages: Uint8Array[] = [];
  #held: Uint8Array[] = [];
  #bytes = 0;
  /** Where what the present item has opened begins, in places and in bytes. */
  #first = 0;
  #before = 0;

  /** Bytes that are not wiped. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether what answers hold fills the request. */
  get isFull(): boolean {
    return this.#bytes >= maximumForAnswers;
  }

  /** @throws KmipError ServerLimitExceeded when so much is open that nothing further may be. */
  demandRoom(): void {
    if (this.#bytes < maximumInAll) return;
    throw new KmipError(
      'ServerLimitExceeded',
      `a batch item may open at most ${maximumInAll} bytes of key material: name fewer or smaller objects`,
    );
  }

  add(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Bytes that a message came in, or was converted to on its way. */
  addMessage(bytes: Uint8Array): void {
    this.#messages.push(bytes);
  }

  /** An item begins: those before it have no more to say. */
  begin(): void {
    this.#first = this.#held.length;
    this.#before = this.#bytes;
  }

  /** The item failed, or is run again: wipes all that it has opened. */
  drop(): Promise<void> | undefined {
    return this.#held.length === this.#first ? undefined : this.#wipe(this.#held.splice(this.#first));
  }

  /** The item succeeded: wipes what its answer does not hold. */
  settle(answer: Item): Promise<void> | undefined {
    if (this.#bytes - this.#before <= littleOfItem) return undefined;
    const mine = this.#held.splice(this.#first);
    const views: Uint8Array[] = [];
    viewsIn(answer, views);
    const isHeld = (bytes: Uint8Array): boolean => views.some((view) => overlap(view, bytes));
    this.#held.push(...mine.filter(isHeld));
    return this.#wipe(mine.filter((bytes) => !isHeld(bytes)));
  }

  /** All items are run again, or their answers are not needed any more: wipes all that they have opened. */
  dropAll(): Promise<void> | undefined {
    this.#first = 0;
    this.#before = 0;
    return this.drop();
  }

  /** The answer is encoded, or there is none: wipes everything. */
  wipe(): Promise<void> | undefined {
    for (const bytes of this.#messages.splice(0)) bytes.fill(0);
    return this.dropAll();
  }

  #wipe(all: readonly Uint8Array[]): Promise<void> | undefined {
    let bytes = 0;
    for (const { length } of all) bytes += length;
    if (bytes > wipedAtOnce) return this.#wipeInTurns(all);
    for (const each of all) each.fill(0);
    this.#bytes -= bytes;
    return undefined;
  }

  async #wipeInTurns(all: readonly Uint8Array[]): Promise<void> {
    let done = 0;
    for (const each of all) {
      each.fill(0);
      this.#bytes -= each.length;
      done += each.length;
      if (done < wipedAtOnce) continue;
      done = 0;
      await setImmediate();
    }
  }
}

function viewsIn(item: Item, views: Uint8Array[]): void {
  if (item.type === ItemType.ByteString) views.push(item.value);
  if (item.type !== ItemType.Structure) return;
  for (const each of item.value) viewsIn(each, views);
}

const overlap = (a: Uint8Array, b: Uint8Array): boolean =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length;
