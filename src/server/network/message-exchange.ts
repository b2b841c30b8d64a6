/**
 * The way of one request through a door: bytes to an Item, to the message core, and back to bytes of the same encoding.
 * Worker threads read and write long texts; long answers are written in turns.
 */
import { decode } from '#ttlv/decode';
import { encode, encodedLength, encodeInTurns } from '#ttlv/encode';
import { ItemType, messageTooLong, type Item, type TtlvError } from '#ttlv/item';
import type { Encoding } from '#protocol/encodings';
import { versionAtStart, versionIn } from '#protocol/message';
import type { WireVersion } from '#protocol/versions';
import type { MessageCore } from '#server/message/message-core';
import { isLong } from '#server/message/message-size';
import { workOfBytes } from '#server/run/pace';
import type { RequestScope } from '#server/run/request-scope';
import type { Services } from '#server/services';
import type { Asker } from '#workers/pool';
import { shortWritten } from '#workers/text-tasks';

export interface MessageExchange {
  /**
   * The answer to one request, for every error too. After it, `scope` has wiped everything but the bytes of the answer;
   * the door wipes the body. Rejects with UnwritableAnswer when this encoding cannot represent the answer.
   */
  respond(body: Uint8Array, encoding: Encoding, scope: RequestScope): Promise<Uint8Array>;
  /** The answer to bytes that are not a message, in the version that they name, if it can be read. */
  refuse(
    error: TtlvError,
    version: WireVersion | undefined,
    encoding: Encoding,
    scope: RequestScope,
  ): Promise<Uint8Array>;
}

/** XML cannot carry every character of a Text String. */
export class UnwritableAnswer extends Error {}

export interface ExchangeOptions extends Pick<Services, 'workers' | 'random'> {
  readonly core: MessageCore;
  /** Bytes of a request in TTLV. */
  readonly maximumMessageSize: number;
}

export function createExchange({ core, workers, random, maximumMessageSize }: ExchangeOptions): MessageExchange {
  const limits = { maximumBytes: maximumMessageSize };

  /** Also for a client that has closed its side and waits for the answer. */
  const asker = ({ principal, origin }: RequestScope): Asker => ({
    client: principal.clientId,
    random,
    hasLeft: () => origin.signal.aborted,
  });

  async function answerTo(body: Uint8Array, encoding: Encoding, scope: RequestScope): Promise<Item> {
    let versionOf = (): WireVersion | undefined => encoding.versionOf(body);
    let message: Item;
    try {
      if (encoding.name === 'ttlv') {
        scope.size = body.length;
        message = encoding.read(body, limits);
      } else if (workers.isHeavy('readText', { encoding: encoding.name, body })) {
        const carried = await workers.run('readText', { encoding: encoding.name, body }, asker(scope));
        scope.secretsToWipe.addMessage(carried);
        scope.size = carried.length;
        versionOf = () => versionAtStart(carried);
        message = decode(carried, limits);
      } else {
        const read = encoding.read(body);
        addByteStrings(read, scope);
        scope.size = encodedLength(read);
        versionOf = () => versionIn(read);
        if (scope.size > maximumMessageSize) {
          throw messageTooLong(scope.size, maximumMessageSize, 0);
        }
        message = read;
      }
    } catch (error) {
      return await core.refuse(error, versionOf(), scope);
    }
    const turn = scope.pace(workOfBytes(scope.size));
    if (turn !== undefined) await turn;
    return await core.answer(message, scope);
  }

  function inTtlv(message: Item, { turn }: RequestScope): Uint8Array | Promise<Uint8Array> {
    return isLong(message) ? encodeInTurns(message, () => turn(0)) : encode(message);
  }

  async function inText(encoding: Encoding, message: Item, scope: RequestScope): Promise<Uint8Array> {
    if (!isLong(message) && encodedLength(message) <= shortWritten) {
      checkTexts(message);
      return await writable(() => encoding.write(message));
    }
    const carried = await inTtlv(message, scope);
    scope.secretsToWipe.addMessage(carried);
    return await writable(() => workers.run('writeText', { encoding: encoding.name, body: carried }, asker(scope)));
  }

  const write = (encoding: Encoding, message: Item, scope: RequestScope): Uint8Array | Promise<Uint8Array> =>
    encoding.name === 'ttlv' ? inTtlv(message, scope) : inText(encoding, message, scope);

  /** Returns the bytes of the answer; nothing else that is secret remains. */
  async function encoded(answering: Promise<Item>, encoding: Encoding, scope: RequestScope): Promise<Uint8Array> {
    let reply: Uint8Array | undefined;
    try {
      const answer = await answering;
      try {
        reply = await write(encoding, answer, scope);
      } catch (error) {
        if (error instanceof UnwritableAnswer) throw error;
        reply = await write(encoding, await core.refuse(error, versionIn(answer), scope), scope);
      }
      return reply;
    } finally {
      const wiping = scope.answered(reply);
      if (wiping !== undefined) await wiping;
    }
  }

  return {
    respond: (body, encoding, scope) => encoded(answerTo(body, encoding, scope), encoding, scope),
    refuse: (error, version, encoding, scope) => encoded(core.refuse(error, version, scope), encoding, scope),
  };
}

/** An Item that was read from a text has byte strings of its own, which must be wiped with the request. */
function addByteStrings(item: Item, scope: RequestScope): void {
  if (item.type === ItemType.ByteString) scope.secretsToWipe.addMessage(item.value);
  else if (item.type === ItemType.Structure) for (const child of item.value) addByteStrings(child, scope);
}

/** As in TTLV, half a surrogate pair is refused: an answer that holds one is a bug, in every encoding. */
function checkTexts(item: Item): void {
  if (item.type === ItemType.Structure) for (const child of item.value) checkTexts(child);
  else if (item.type === ItemType.TextString && /\p{Surrogate}/u.test(item.value)) {
    throw new Error('a text string holds half a surrogate pair');
  }
}

async function writable(text: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await text();
  } catch (error) {
    if (error instanceof RangeError) throw new UnwritableAnswer(error.message);
    throw error;
  }
}
