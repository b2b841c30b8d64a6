/** Block ciphers in their modes of operation (SP 800-38A, 38C, 38D, 38E). What exists is what OpenSSL has. */
import {
  createCipheriv,
  createDecipheriv,
  getCipherInfo,
  type CipherGCM,
  type CipherGCMOptions,
  type DecipherGCM,
} from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';
import { paddingFor, unpadded, type Random } from '#crypto/padding';

/** What OpenSSL calls the algorithm with a key of so many bits. */
const families: { readonly [algorithm: string]: (bits: number) => string } = {
  AES: (bits) => `aes-${bits}`,
  ARIA: (bits) => `aria-${bits}`,
  Camellia: (bits) => `camellia-${bits}`,
  DES3: (bits) => (bits === 128 ? 'des-ede' : 'des-ede3'),
  SM4: () => 'sm4',
};

const defaultTagLength = 16;

interface Mode {
  /** What it takes and gives is whole blocks. */
  readonly isPadded?: true;
  /** It gives a tag besides, which opening checks. */
  readonly isAuthenticated?: true;
  /** A key is two, one for the data and one for the tweak. */
  readonly halvesKey?: true;
  /**
   * It takes its data at once: CCM needs its length beforehand (SP 800-38C §6.1), XTS steals from its last block (IEEE
   * 1619 §5.3).
   */
  readonly needsAllData?: true;
}

const modes: { readonly [mode: string]: Mode } = {
  ECB: { isPadded: true },
  CBC: { isPadded: true },
  CFB: {},
  OFB: {},
  CTR: {},
  CCM: { isAuthenticated: true, needsAllData: true },
  GCM: { isAuthenticated: true },
  XTS: { halvesKey: true, needsAllData: true },
};

export interface Cipher extends Mode {
  /** OpenSSL's. */
  readonly name: string;
  /** In bytes; 0 where the mode has none. */
  readonly ivLength: number;
  readonly blockSize: number;
}

/** RFC 8439: nothing to choose, and no blocks. OpenSSL's IV of ChaCha20 has the counter before the nonce. */
export const chaCha20: Cipher = { name: 'chacha20', ivLength: 16, blockSize: 1 };
export const chaCha20Poly1305: Cipher = {
  name: 'chacha20-poly1305',
  ivLength: 12,
  blockSize: 1,
  isAuthenticated: true,
};

/** Asked of OpenSSL once: by algorithm, bytes of the key, and mode. */
const blockCiphers: ReadonlyMap<string, Cipher> = new Map(
  Object.entries(families).flatMap(([algorithm, family]) =>
    [16, 24, 32, 64].flatMap((keyLength) =>
      Object.entries(modes).flatMap(([modeName, mode]): [string, Cipher][] => {
        const name = `${family((keyLength * 8) / (mode.halvesKey ? 2 : 1))}-${modeName.toLowerCase()}`;
        // Asked for a wrong length, OpenSSL would leave an error behind, which the next key that node reads in this
        // thread would fail with.
        const info = getCipherInfo(name);
        if (info?.keyLength !== keyLength) return [];
        const cipher = { ...mode, name: info.name, ivLength: info.ivLength ?? 0, blockSize: info.blockSize ?? 0 };
        return [[`${algorithm} ${keyLength} ${modeName}`, cipher]];
      }),
    ),
  ),
);

/**
 * The shortest vector that may be left to chance, in bytes: a random one of GCM has 96 bits at least (SP 800-38D
 * §8.2.2), and fewer than 64 come twice too soon in every mode.
 */
export const leastRandomVector = ({ isAuthenticated }: Cipher): number => (isAuthenticated ? 12 : 8);

/** The cipher for keys of so many bytes; undefined when it is not supported. */
export const blockCipher = (algorithm: string, keyLength: number, mode: string): Cipher | undefined =>
  blockCiphers.get(`${algorithm} ${keyLength} ${mode}`);

export interface CipherUse {
  readonly key: Uint8Array;
  /** As long as the cipher's, but for authenticated modes: 7 to 13 bytes in CCM, 1 and more in GCM. */
  readonly iv: Uint8Array;
  /** Padding Method; heeded by the modes that give whole blocks. */
  readonly padding?: string | undefined;
  /** In bytes; heeded by authenticated modes. */
  readonly tagLength?: number | undefined;
  readonly additionalData?: Uint8Array | undefined;
}

export interface Enciphered {
  readonly data: Uint8Array;
  /** Of authenticated modes. */
  readonly tag?: Uint8Array;
}

/** A cipher at work: takes its data part by part, and is complete with the last one. */
export interface Enciphering {
  /** @throws KmipError InvalidField for data of a length that the mode does not take. */
  take(data: Uint8Array, isLast: boolean): Enciphered;
}
export interface Deciphering {
  /**
   * What it gives of an authenticated mode before the last part is not authenticated.
   * @param tag goes with the last part, in authenticated modes.
   * @throws KmipError CryptographicFailure when the data does not fit the key, the vector or the tag: always with the
   * same text.
   */
  take(data: Uint8Array, isLast: boolean, tag?: Uint8Array): Uint8Array;
  /** Wipes what was held back. */
  end(): void;
}

const nothing = new Uint8Array(0);

const optionsOf = (cipher: Cipher, authTagLength: number): CipherGCMOptions =>
  cipher.isAuthenticated ? { authTagLength } : {};

/**
 * `length` is that of all the data, which CCM must know at the start.
 * @throws KmipError InvalidField for an initialization vector or a tag of a length that the mode does not take.
 */
export function enciphering(cipher: Cipher, use: CipherUse, random: Random, length = 0): Enciphering {
  const { key, iv, padding = 'None', tagLength = defaultTagLength, additionalData } = use;
  const attempt = <T>(step: () => T): T => {
    try {
      return step();
    } catch {
      throw new KmipError(
        'InvalidField',
        `the length of the data, the IV/Counter/Nonce or the tag is not valid for ${cipher.name}`,
      );
    }
  };
  const running = attempt(() => {
    const made = createCipheriv(cipher.name, key, iv, optionsOf(cipher, tagLength)) as CipherGCM;
    made.setAutoPadding(false);
    if (additionalData !== undefined) made.setAAD(additionalData, { plaintextLength: length });
    return made;
  });
  let taken = 0;
  return {
    take(data, isLast) {
      taken += data.length;
      const rest = cipher.isPadded && isLast ? paddingFor(taken, cipher.blockSize, padding, random) : nothing;
      return attempt(() => {
        const enciphered = [running.update(data)];
        if (rest.length > 0) enciphered.push(running.update(rest));
        if (isLast) enciphered.push(running.final());
        const tag = isLast && cipher.isAuthenticated ? { tag: running.getAuthTag() } : {};
        return { data: Buffer.concat(enciphered), ...tag };
      });
    },
  };
}

/** Undoes `enciphering`. What may be padding is held back until the last part. */
export function deciphering(cipher: Cipher, use: CipherUse, length = 0): Deciphering {
  const { key, iv, padding = 'None', tagLength = defaultTagLength, additionalData } = use;
  const failure = (): KmipError =>
    new KmipError('CryptographicFailure', `the data cannot be decrypted with ${cipher.name} and this key`);
  const attempt = <T>(step: () => T): T => {
    try {
      return step();
    } catch {
      throw failure();
    }
  };
  const running = attempt(() => {
    const made = createDecipheriv(cipher.name, key, iv, optionsOf(cipher, tagLength)) as DecipherGCM;
    made.setAutoPadding(false);
    if (additionalData !== undefined) made.setAAD(additionalData, { plaintextLength: length });
    return made;
  });
  const mayEndInPadding = cipher.isPadded && padding !== 'None';
  let heldBack: Uint8Array = nothing;
  const end = (): void => void heldBack.fill(0);
  return {
    take(data, isLast, tag = nothing) {
      const plain = attempt(() => {
        if (isLast && cipher.isAuthenticated) running.setAuthTag(tag);
        return Buffer.concat([heldBack, running.update(data), ...(isLast ? [running.final()] : [])]);
      });
      if (!mayEndInPadding) return plain;
      end();
      if (isLast) {
        const result = unpadded(plain, cipher.blockSize, padding);
        if (result === undefined) throw failure();
        return result;
      }
      const edge = Math.max(0, plain.length - cipher.blockSize);
      heldBack = Buffer.from(plain.subarray(edge));
      return plain.subarray(0, edge);
    },
    end,
  };
}

/** All at once. @throws KmipError as `enciphering` does. */
export const encipher = (cipher: Cipher, data: Uint8Array, use: CipherUse, random: Random): Enciphered =>
  enciphering(cipher, use, random, data.length).take(data, true);

/** Undoes `encipher`. @throws KmipError as `deciphering` does. */
export const decipher = (cipher: Cipher, { data, tag }: Enciphered, use: CipherUse): Uint8Array =>
  deciphering(cipher, use, data.length).take(data, true, tag);
