import { roomOf } from '#store/engines/bounds';
import type { Cached } from './record-cache.ts';
import { openMaterial } from '#store/seal/sealed-record';
import type { Opener, SealedMaterial } from '#store/seal/sealed-record';
import type { DamagedRecordError, StoredRecord } from '#store/engines/engine';
import { SealError } from '#store/seal/seal';
import type { Kept, Kind } from './store.ts';

/** What a cached entry takes beside its bytes, and how much larger a decoded value is than they. */
const overhead = 512;
const expansion = 4;

/** An opened body with its material still sealed. */
export class KeptRecord<T> implements Kept<T>, Cached {
  readonly kind: Kind<T>;
  readonly id: string;
  readonly revision: number;
  readonly value: T;
  readonly material: SealedMaterial | undefined;
  readonly room: number;
  readonly weight: number;
  readonly #opener: Opener;
  readonly #report: (damaged: DamagedRecordError) => void;

  constructor(
    opener: Opener,
    kind: Kind<T>,
    record: StoredRecord,
    value: T,
    material: SealedMaterial | undefined,
    report: (damaged: DamagedRecordError) => void,
  ) {
    this.#opener = opener;
    this.#report = report;
    this.kind = kind;
    this.id = record.id;
    this.revision = record.revision;
    this.value = value;
    this.material = material;
    this.room = roomOf(record);
    this.weight = overhead + expansion * record.body.length + (material?.sealed.length ?? 0);
  }

  get hasMaterial(): boolean {
    return this.material !== undefined;
  }

  openMaterial(): Uint8Array {
    if (this.material === undefined) throw new RangeError('the record has no material');
    const { id, revision } = this;
    const kind = this.kind.name;
    try {
      return openMaterial(this.#opener, { kind, id }, this.material);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      const damaged = new SealError({ kind, id, revision }, 'the seal of its key material');
      this.#report(damaged);
      throw damaged;
    }
  }
}
