/**
 * The keys of an open store, as this process knows them. Other processes may put a new data key into use, re-seal
 * every record under it and delete the old one. No record stays behind under the old one:
 *
 * - A process that seals has looked at the root record within the last second (`checkInterval`), and a rotation waits
 *   for longer (`rotationGrace`) before it goes through the records.
 * - Clocks and disks being what they are, a process looks again after each commit. If the data key was replaced by
 *   then, it seals again before it acknowledges; if not, the rotation is still to come, and will meet the record.
 */
import { randomBytes as nodeRandomBytes, createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DamagedRecordError, succeeds } from '#store/engines/engine';
import type { Engine } from '#store/engines/engine';
import { OperatorError } from '#operator-error';
import { reserveUses } from './data-key-uses.ts';
import { newKey, openRoot, unlock, wrappingOf } from './open-root.ts';
import type { OpenRoot } from './open-root.ts';
import type { RandomBytes, RootKeySource } from './root-key.ts';
import { keyLength, makeRootRecord, readRootRecord } from './root-record.ts';
import type { Keys, RootRecord } from './root-record.ts';
import { SealError, keyNumberOf, nonceLength, open, seal } from './seal.ts';
import type { Place } from './seal.ts';
import type { Opener, Sealer } from './sealed-record.ts';

export interface KeyringOptions {
  readonly engine: Engine;
  readonly rootKey: RootKeySource;
  readonly randomBytes?: RandomBytes;
  /** Milliseconds, from a clock that never goes back. */
  readonly now?: () => number;
  readonly log?: { warn(message: string): unknown };
  /** Called with the error when a count of uses cannot be read. */
  readonly damaged?: (error: DamagedRecordError) => void;
  /** The maximum of uses of a data key, after which it is replaced. */
  readonly usesPerDataKey?: number;
}

/** Milliseconds. */
export const checkInterval = 1000;
export const rotationGrace = 2000;
/** Milliseconds for which a deleted data key still opens records that were read before. */
const forgetAfter = 10_000;
/**
 * Milliseconds before the source is asked again for a root key that it did not have: a passphrase costs a second of
 * work.
 */
const askAgainAfter = 30_000;

const usesPerDataKeyByDefault = 2 ** 31;
/** The maximum of uses when no new data key can be made, because the root key is not available. */
const usesAtMost = 2 ** 32 - 2 ** 24;
/** Blocks of uses grow with the number of seals of a process. */
const firstBlock = 2 ** 10;
const largestBlock = 2 ** 20;

const termLength = 16;
/**
 * The maximum of remembered terms, and of the length of their values: most terms are repeated, such as those of an
 * owner or a type.
 */
const keptTerms = 1000;
const keptTermLength = 200;

export class Keyring implements Opener {
  readonly #engine: Engine;
  readonly #source: RootKeySource;
  readonly #randomBytes: RandomBytes;
  readonly #now: () => number;
  readonly #log: KeyringOptions['log'];
  readonly #damaged: KeyringOptions['damaged'];
  readonly #usesPerDataKey: number;
  #root: OpenRoot;
  #checkedAt: number;
  #checking: Promise<void> | undefined;
  #refused: { readonly check: string; readonly until: number; readonly error: OperatorError } | undefined;
  #forgetting = new Map<number, { readonly key: KeyObject; readonly until: number }>();
  /** Uses of the current data key that are reserved and unused. */
  #left = 0;
  #block = firstBlock;
  #reserving: Promise<void> | undefined;
  #nonces: Buffer = Buffer.alloc(0);
  readonly #terms = new Map<string, string>();

  /** Makes the keys of a new store. Throws OperatorError. */
  static async open(options: KeyringOptions): Promise<Keyring> {
    const { engine, rootKey, randomBytes = nodeRandomBytes, now = () => performance.now() } = options;
    const checkedAt = now();
    const root = await openRoot(engine, rootKey, randomBytes);
    return new Keyring({ ...options, randomBytes, now }, root, checkedAt);
  }

  private constructor(
    options: KeyringOptions & Required<Pick<KeyringOptions, 'randomBytes' | 'now'>>,
    root: OpenRoot,
    checkedAt: number,
  ) {
    this.#engine = options.engine;
    this.#source = options.rootKey;
    this.#randomBytes = options.randomBytes;
    this.#now = options.now;
    this.#log = options.log;
    this.#damaged = options.damaged;
    this.#usesPerDataKey = options.usesPerDataKey ?? usesPerDataKeyByDefault;
    this.#root = root;
    this.#checkedAt = checkedAt;
  }

  get keys(): Keys {
    return this.#root.keys;
  }

  /** A keyed hash: equal values of a field have equal terms, and the term shows nothing else of the value. */
  readonly term = (field: string, value: string | Uint8Array): string => {
    if (typeof value !== 'string' || value.length > keptTermLength) return this.#makeTerm(field, value);
    const name = `${field.length}:${field}${value}`;
    let term = this.#terms.get(name);
    if (term === undefined) {
      term = this.#makeTerm(field, value);
      if (this.#terms.size >= keptTerms) this.#terms.clear();
      this.#terms.set(name, term);
    }
    return term;
  };

  /** Derived from the index key, which no rotation replaces. */
  derivedKey(purpose: string): KeyObject {
    const bytes = Buffer.from(hkdfSync('sha256', this.keys.index, '', `kmipd ${purpose}`, keyLength));
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return key;
  }

  /** Throws SealError, also for an unknown data key: call `know` first. */
  open(place: Place, sealed: Uint8Array): Buffer {
    const key = this.#keyOf(keyNumberOf(place, sealed));
    if (key === undefined) throw new SealError({ kind: place.kind, id: place.id });
    return open(key, place, sealed);
  }

  /** Reads data keys that another process has made meanwhile. Undefined when there is no need to wait. */
  know(keyNumbers: readonly number[]): Promise<void> | undefined {
    const known = () => keyNumbers.every((number) => this.#keyOf(number) !== undefined);
    if (known()) return undefined;
    // A read in progress may have begun before the new key was stored.
    return this.#look().then(() => (known() ? undefined : this.#look()));
  }

  /** Reads the keys again when they are older than `checkInterval`. */
  async check(): Promise<void> {
    const now = this.#now();
    for (const [number, { until }] of this.#forgetting) if (until <= now) this.#forgetting.delete(number);
    if (now - this.#checkedAt >= checkInterval) await this.#look();
  }

  /** For up to `uses` seals under the current data key. */
  async sealing(uses: number): Promise<Sealer> {
    await this.check();
    while (this.#left < uses) {
      this.#reserving ??= this.#reserve(uses).finally(() => (this.#reserving = undefined));
      await this.#reserving;
    }
    this.#left -= uses;
    let left = uses;
    const { current, data } = this.keys;
    return {
      keyNumber: current,
      seal: (place, ...plain) => {
        if (left-- === 0) throw new RangeError('sealed more often than was reserved');
        return seal(data.get(current)!, current, this.#nonce(), place, ...plain);
      },
    };
  }

  /** Whether another data key is in use now. */
  async isReplaced(keyNumber: number): Promise<boolean> {
    // A read in progress may have begun too early.
    await this.#checking;
    await this.#look();
    return this.keys.current !== keyNumber;
  }

  /** Changes the keys by compare-and-set; undefined leaves them. Throws OperatorError. */
  async update(change: (keys: Keys) => Keys | undefined): Promise<void> {
    for (;;) {
      const asked = this.#now();
      const record = await readRootRecord(this.#engine, this.#root.revision);
      if (record !== 'unchanged') this.#replace(await this.#unlock(record));
      this.#checkedAt = asked;
      const keys = change(this.keys);
      if (keys === undefined) return;
      const { lock, wrapping } = this.#root;
      const revision = this.#root.revision + 1;
      const put = makeRootRecord(wrapping, lock, keys, revision, this.#nonce());
      if (await succeeds(this.#engine.commit([{ put }]))) return this.#replace({ revision, lock, wrapping, keys });
    }
  }

  newDataKey(): KeyObject {
    return newKey(this.#randomBytes);
  }

  #makeTerm(field: string, value: string | Uint8Array): string {
    const hmac = createHmac('sha256', this.keys.index).update(`${field.length}:${field}`).update(value);
    return hmac.digest().toString('base64url', 0, termLength);
  }

  #keyOf(number: number): KeyObject | undefined {
    return this.keys.data.get(number) ?? this.#forgetting.get(number)?.key;
  }

  #look(): Promise<void> {
    return (this.#checking ??= this.#lookOnce().finally(() => (this.#checking = undefined)));
  }

  async #lookOnce(): Promise<void> {
    const asked = this.#now();
    const record = await readRootRecord(this.#engine, this.#root.revision);
    if (record !== 'unchanged') {
      try {
        this.#replace(await this.#unlock(record));
      } catch (error) {
        // Without the new root key the server can continue, as long as the data keys stay.
        if (!(error instanceof OperatorError) || record?.current !== this.keys.current) throw error;
      }
    }
    this.#checkedAt = asked;
  }

  async #unlock(record: RootRecord | undefined): Promise<OpenRoot> {
    if (record === undefined) throw new OperatorError('the root record is missing', 'restore the store from a backup');
    const { check } = record.lock;
    if (check === this.#root.lock.check) return unlock(record, this.#root.wrapping);
    if (this.#refused?.check === check && this.#now() < this.#refused.until) throw this.#refused.error;
    try {
      return unlock(record, await wrappingOf(record.lock, this.#source));
    } catch (error) {
      if (error instanceof OperatorError) {
        this.#log?.warn(`the root key of the store was changed, and this process has not got it: ${error.message}`);
        this.#refused = { check, until: this.#now() + askAgainAfter, error };
      }
      throw error;
    }
  }

  #replace(root: OpenRoot): void {
    // An earlier read may end later.
    if (root.revision < this.#root.revision) return;
    const { current, data } = this.keys;
    const until = this.#now() + forgetAfter;
    for (const [number, key] of data) if (!root.keys.data.has(number)) this.#forgetting.set(number, { key, until });
    if (root.keys.current !== current) this.#left = 0;
    this.#terms.clear();
    this.#root = root;
  }

  async #reserve(uses: number): Promise<void> {
    const { current, data } = this.keys;
    const block = Math.max(uses, Math.min(this.#block, Math.floor(this.#usesPerDataKey / 4)));
    const reserve = (limit: number) =>
      reserveUses(this.#engine, data.get(current)!, current, block, limit, () => this.#nonce());
    if (!(await reserve(this.#usesPerDataKey).catch((error: unknown) => this.#uncounted(error)))) {
      try {
        return await this.update((keys) =>
          keys.current === current ? withNewDataKey(keys, this.newDataKey()) : undefined,
        );
      } catch (error) {
        if (!(error instanceof OperatorError) || !(await reserve(usesAtMost))) throw error;
      }
    }
    if (this.keys.current !== current) return;
    this.#left += block;
    this.#block = Math.min(2 * this.#block, largestBlock);
  }

  /** A data key whose count of uses cannot be read is replaced, like one that was used up. */
  #uncounted(error: unknown): false {
    if (!(error instanceof DamagedRecordError)) throw error;
    this.#damaged?.(error);
    return false;
  }

  /**
   * The first revision of a record. It is random, so that two records with one identifier do not have the same one: 46
   * bits, which leaves room for as many changes.
   */
  firstRevision(): number {
    return 1 + (this.#nonce().readUIntBE(0, 6) % 2 ** 46);
  }

  #nonce(): Buffer {
    if (this.#nonces.length < nonceLength) this.#nonces = this.#randomBytes(256 * nonceLength);
    const nonce = this.#nonces.subarray(0, nonceLength);
    this.#nonces = this.#nonces.subarray(nonceLength);
    return nonce;
  }
}

export function withNewDataKey(keys: Keys, key: KeyObject): Keys {
  const current = keys.current + 1;
  return { ...keys, current, data: new Map(keys.data).set(current, key) };
}
