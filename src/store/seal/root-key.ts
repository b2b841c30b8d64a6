/**
 * The root key opens the store's keyring and is never kept in the store. It comes from a source: a file
 * (root-key-file.ts) or a passphrase (passphrase.ts).
 */
import { checkValue } from './root-record.ts';
import type { Derivation, Lock } from './root-record.ts';

/** Bytes from a cryptographic source, in memory that the caller may keep and wipe. */
export type RandomBytes = (size: number) => Buffer;

export interface NewRootKey {
  readonly key: Buffer;
  readonly derivation?: Derivation;
  /** To be called when the store is locked with this key: replaces the old key by the prepared one. */
  readonly settle?: () => Promise<void>;
}

/** The caller wipes a key of a source after use. */
export interface RootKeySource {
  /** The root key that fits. Called again whenever another process has changed it. Throws OperatorError. */
  open(lock: Lock): Promise<Buffer>;
  /**
   * A root key for a new store or, given the lock of the one in use, another to take its place. Throws OperatorError.
   */
  make(inUse?: Lock): Promise<NewRootKey>;
}

export function fits(lock: Lock, key: Uint8Array): boolean {
  return checkValue(key) === lock.check;
}

export function lockFor({ key, derivation }: NewRootKey): Lock {
  const check = checkValue(key);
  return derivation === undefined ? { check } : { check, derivation };
}
