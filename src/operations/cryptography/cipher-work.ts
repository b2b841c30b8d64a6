/**
 * Runs a cipher: on the whole data, in a thread when it is large; or on a stream, whose state is in the main thread, in
 * pieces with turns of other clients in between.
 */
import {
  deciphering,
  enciphering,
  type Cipher,
  type CipherUse,
  type Deciphering,
  type Enciphered,
} from '#crypto/ciphers/block-cipher';
import type { KeyWrapMode } from '#crypto/ciphers/key-wrap';
import type { Random } from '#crypto/padding';
import type { Context } from '#operations/context';
import { inPieces } from './in-pieces.ts';
import type { Part } from './streams.ts';

export interface Encipherer {
  take(data: Uint8Array, isLast: boolean, context: Context): Promise<Enciphered>;
  end(): void;
}
export interface Decipherer {
  take(data: Uint8Array, isLast: boolean, context: Context, tag?: Uint8Array): Promise<Uint8Array>;
  end(): void;
}

const nothing = new Uint8Array(0);

/**
 * The caller may wipe the key of `use` after the return. @throws KmipError as `enciphering` does, immediately or at a
 * part.
 */
export function encipherer(cipher: Cipher, use: CipherUse, part: Part, random: Random): Encipherer {
  if (part.isLast) {
    const own = withOwnKey(use);
    return {
      take: (data, _isLast, context) => context.heavily('encipher', { cipher, data, use: own }),
      end: () => void own.key.fill(0),
    };
  }
  const running = enciphering(cipher, use, random);
  return {
    async take(data, isLast, context) {
      const parts: Uint8Array[] = [];
      await inPieces(data, context, (piece) => parts.push(running.take(piece, false).data));
      const { data: rest, ...tag } = running.take(nothing, isLast);
      return { data: Buffer.concat([...parts, rest]), ...tag };
    },
    end: () => undefined,
  };
}

/** The inverse of `encipherer`. @throws KmipError as `deciphering` does, immediately or at a part. */
export function decipherer(cipher: Cipher, use: CipherUse, part: Part): Decipherer {
  if (part.isLast) {
    const own = withOwnKey(use);
    return {
      take: (data, _isLast, context, tag) =>
        context.heavily('decipher', { cipher, use: own, data, ...(tag === undefined ? {} : { tag }) }),
      end: () => void own.key.fill(0),
    };
  }
  const running = deciphering(cipher, use);
  return {
    take: (data, isLast, context, tag) => takenInPieces(running, data, isLast, context, tag),
    end: () => running.end(),
  };
}

async function takenInPieces(
  running: Deciphering,
  data: Uint8Array,
  isLast: boolean,
  context: Context,
  tag: Uint8Array | undefined,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  try {
    await inPieces(data, context, (piece) => parts.push(running.take(piece, false)));
    parts.push(running.take(nothing, isLast, tag));
    return Buffer.concat(parts);
  } finally {
    for (const each of parts) each.fill(0);
  }
}

/** AES key wrap, which has no streams. */
export function keyWrapper(
  task: 'wrapKey' | 'unwrapKey',
  mode: KeyWrapMode,
  key: Uint8Array,
): { take(data: Uint8Array, context: Context): Promise<Uint8Array>; end(): void } {
  const own = Uint8Array.from(key);
  return {
    take: (data, context) => context.heavily(task, { mode, key: own, data }),
    end: () => void own.fill(0),
  };
}

const withOwnKey = (use: CipherUse): CipherUse => ({ ...use, key: Uint8Array.from(use.key) });
