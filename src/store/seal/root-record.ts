/**
 * The one record that the root key opens: 'root'/'root'. It holds the keyring (every data key and the index key) sealed
 * under the root key, so that changing either is one compare-and-set on every engine. Beside it, in the clear, lies
 * what is needed before the root key is there, or when a process has not got it any more: a value to check the root
 * key against, how to derive it from a passphrase, and the number of the data key in use.
 */
import { createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DamagedRecordError } from '#store/engines/engine';
import type { Engine, StoredRecord } from '#store/engines/engine';
import { SealError, open, seal } from './seal.ts';

export const keyLength = 32;

/** scrypt's parameters for a root key from a passphrase; lengths in bytes. */
export interface Derivation {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  /** Base64. */
  readonly salt: string;
}

/** The data that a root key must fit. */
export interface Lock {
  readonly check: string;
  readonly derivation?: Derivation;
}

export interface Keys {
  /** The data key to seal with: the highest number, which is never used again. */
  readonly current: number;
  readonly data: ReadonlyMap<number, KeyObject>;
  /** Data keys that a rotation is about to replace everywhere and delete. */
  readonly retiring: ReadonlySet<number>;
  readonly index: KeyObject;
}

export interface RootRecord {
  readonly revision: number;
  readonly lock: Lock;
  readonly current: number;
  readonly keyring: Uint8Array;
}

const place = { kind: 'root', id: 'root' } as const;
const keyringPlace = { ...place, part: 'keyring' } as const;
const entryLength = 4 + 1 + keyLength;

export async function readRootRecord(engine: Engine): Promise<RootRecord | undefined>;
export async function readRootRecord(
  engine: Engine,
  knownRevision: number,
): Promise<RootRecord | 'unchanged' | undefined>;
export async function readRootRecord(
  engine: Engine,
  knownRevision?: number,
): Promise<RootRecord | 'unchanged' | undefined> {
  const record = await engine.get(place.kind, place.id, knownRevision);
  if (record === undefined || record === 'unchanged') return record;
  try {
    const { check, derivation, current, keyring } = JSON.parse(Buffer.from(record.body).toString());
    const lock: Lock = derivation === undefined ? { check } : { check, derivation };
    return { revision: record.revision, lock, current, keyring: Buffer.from(keyring, 'base64') };
  } catch {
    throw new DamagedRecordError(record, 'it is not JSON');
  }
}

/** The root record as it is to be committed. `revision` is its new one. */
export function makeRootRecord(
  wrapping: KeyObject,
  lock: Lock,
  keys: Keys,
  revision: number,
  nonce: Uint8Array,
): StoredRecord {
  const plain = encodeKeys(keys);
  const keyring = seal(wrapping, 0, nonce, { ...keyringPlace, revision }, plain).toString('base64');
  plain.fill(0);
  const body = Buffer.from(JSON.stringify({ ...lock, current: keys.current, keyring }));
  return { ...place, revision, terms: [], body };
}

/** Throws DamagedRecordError. */
export function openKeyring(wrapping: KeyObject, { revision, keyring }: RootRecord): Keys {
  let plain: Buffer;
  try {
    plain = open(wrapping, { ...keyringPlace, revision }, keyring);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw new SealError({ ...place, revision });
  }
  const keys = decodeKeys(plain);
  plain.fill(0);
  return keys;
}

/** The key that wraps the keyring. The root key itself encrypts nothing. */
export function wrappingKey(rootKey: Uint8Array): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', rootKey, '', 'kmipd keyring', keyLength)));
}

/** Distinguishes a wrong root key from a damaged record, and shows nothing of the key. */
export function checkValue(rootKey: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', rootKey, '', 'kmipd root key check', 16)).toString('hex');
}

/** index key (32) | current (4) | then for each data key: number (4) | retiring (1) | key (32) */
function encodeKeys({ current, data, retiring, index }: Keys): Buffer {
  const bytes = Buffer.alloc(keyLength + 4 + data.size * entryLength);
  index.export().copy(bytes);
  let at = bytes.writeUInt32BE(current, keyLength);
  for (const [number, key] of data) {
    at = bytes.writeUInt32BE(number, at);
    at = bytes.writeUInt8(retiring.has(number) ? 1 : 0, at);
    at += key.export().copy(bytes, at);
  }
  return bytes;
}

function decodeKeys(bytes: Buffer): Keys {
  const data = new Map<number, KeyObject>();
  const retiring = new Set<number>();
  for (let at = keyLength + 4; at < bytes.length; at += entryLength) {
    const number = bytes.readUInt32BE(at);
    data.set(number, createSecretKey(bytes.subarray(at + 5, at + entryLength)));
    if (bytes[at + 4] === 1) retiring.add(number);
  }
  const index = createSecretKey(bytes.subarray(0, keyLength));
  return { current: bytes.readUInt32BE(keyLength), data, retiring, index };
}
