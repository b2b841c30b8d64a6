/** The key derivation of PKCS#12 (RFC 7292 appendix B), which node:crypto does not have. */
import { createHash } from 'node:crypto';

/** Appendix B.3: what a derived value is for. */
const purposes = { key: 1, iv: 2, mac: 3 } as const;
export type Purpose = keyof typeof purposes;

/** OpenSSL's names, with the bytes that each works on at a time. */
const blockSizes: { readonly [hash: string]: number } = { sha1: 64, sha224: 64, sha256: 64, sha384: 128, sha512: 128 };

export interface Derivation {
  readonly hash: string;
  readonly salt: Uint8Array;
  readonly rounds: number;
}

/**
 * So many bytes for a purpose. Passwords are hashed as UTF-16 with a zero behind them.
 * @throws RangeError for a hash that is not in the table of block sizes.
 */
export function derivePkcs12(
  password: string,
  { hash, salt, rounds }: Derivation,
  purpose: Purpose,
  size: number,
): Buffer {
  const blockSize = blockSizes[hash];
  if (blockSize === undefined) throw new RangeError(`PKCS#12 key derivation with ${hash} is not supported`);
  const diversifier = Buffer.alloc(blockSize, purposes[purpose]);
  const input = Buffer.concat([filling(salt, blockSize), filling(asBmpString(password), blockSize)]);
  const parts: Buffer[] = [];
  for (let length = 0; length < size;) {
    const part = hashed(hash, Buffer.concat([diversifier, input]), rounds);
    parts.push(part);
    length += part.length;
    const addend = Buffer.alloc(blockSize, part);
    for (let start = 0; start < input.length; start += blockSize) {
      addOne(input.subarray(start, start + blockSize), addend);
    }
  }
  return Buffer.concat(parts).subarray(0, size);
}

function hashed(hash: string, data: Buffer, rounds: number): Buffer {
  let value = data;
  for (let round = 1; round <= rounds; round++) value = createHash(hash).update(value).digest();
  return value;
}

/** Repeated to the next whole number of blocks. */
const filling = (bytes: Uint8Array, blockSize: number): Buffer =>
  bytes.length === 0 ? Buffer.alloc(0) : Buffer.alloc(Math.ceil(bytes.length / blockSize) * blockSize, bytes);

const asBmpString = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le').swap16();

/** block = block + addend + 1, as big-endian numbers of their size. */
function addOne(block: Buffer, addend: Buffer): void {
  let carry = 1;
  for (let place = block.length - 1; place >= 0; place--) {
    carry += (block[place] as number) + (addend[place] as number);
    block[place] = carry & 0xff;
    carry >>= 8;
  }
}
