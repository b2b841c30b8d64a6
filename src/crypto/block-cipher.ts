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
import { pad, unpad, type Random } from './padding.ts';

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
}

const modes: { readonly [mode: string]: Mode } = {
  ECB: { isPadded: true },
  CBC: { isPadded: true },
  CFB: {},
  OFB: {},
  CTR: {},
  CCM: { isAuthenticated: true },
  GCM: { isAuthenticated: true },
  XTS: { halvesKey: true },
};

export interface BlockCipher extends Mode {
  /** OpenSSL's. */
  readonly name: string;
  /** In bytes; both 0 where there is none. */
  readonly ivLength: number;
  readonly blockSize: number;
}

/** The cipher for keys of so many bytes; undefined when there is none. */
export function blockCipher(algorithm: string, keyLength: number, modeName: string): BlockCipher | undefined {
  const mode = modes[modeName];
  if (mode === undefined) return undefined;
  const name = families[algorithm]?.((keyLength * 8) / (mode.halvesKey ? 2 : 1));
  const info = name === undefined ? undefined : getCipherInfo(`${name}-${modeName.toLowerCase()}`, { keyLength });
  if (info === undefined) return undefined;
  return { ...mode, name: info.name, ivLength: info.ivLength ?? 0, blockSize: info.blockSize ?? 0 };
}

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

/** As `createCipheriv` has it: CCM must be told lengths beforehand. */
const optionsOf = (cipher: BlockCipher, tagLength: number): CipherGCMOptions =>
  cipher.isAuthenticated ? { authTagLength: tagLength } : {};

/** @throws KmipError InvalidField for data, an initialization vector or a tag of a length that the mode does not take. */
export function encipher(cipher: BlockCipher, data: Uint8Array, use: CipherUse, random: Random): Enciphered {
  const { key, iv, padding = 'None', tagLength = defaultTagLength, additionalData } = use;
  const plain = cipher.isPadded ? pad(data, cipher.blockSize, padding, random) : data;
  try {
    const running = createCipheriv(cipher.name, key, iv, optionsOf(cipher, tagLength)) as CipherGCM;
    running.setAutoPadding(false);
    if (additionalData !== undefined) running.setAAD(additionalData, { plaintextLength: plain.length });
    const enciphered = Buffer.concat([running.update(plain), running.final()]);
    return { data: enciphered, ...(cipher.isAuthenticated ? { tag: running.getAuthTag() } : {}) };
  } catch {
    throw new KmipError('InvalidField', `${cipher.name} takes no such lengths of data, initialization vector and tag`);
  } finally {
    if (plain !== data) plain.fill(0);
  }
}

/** Undoes `encipher`. @throws KmipError CryptographicFailure when the data does not fit the key, the vector or the tag. */
export function decipher(cipher: BlockCipher, { data, tag }: Enciphered, use: CipherUse): Uint8Array {
  const { key, iv, padding = 'None', additionalData } = use;
  let plain: Uint8Array;
  try {
    const running = createDecipheriv(cipher.name, key, iv, optionsOf(cipher, tag?.length ?? 0)) as DecipherGCM;
    running.setAutoPadding(false);
    if (cipher.isAuthenticated) running.setAuthTag(tag ?? new Uint8Array(0));
    if (additionalData !== undefined) running.setAAD(additionalData, { plaintextLength: data.length });
    plain = Buffer.concat([running.update(data), running.final()]);
  } catch {
    throw new KmipError('CryptographicFailure', `the data does not decrypt with ${cipher.name} and this key`);
  }
  return cipher.isPadded ? unpad(plain, cipher.blockSize, padding) : plain;
}
