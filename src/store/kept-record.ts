import { roomOf } from './bounds.ts';
import type { Cached } from './record-cache.ts';
import { openMaterial } from './sealed-record.ts';
import type { Opener, SealedMaterial } from './sealed-record.ts';
import type { StoredRecord } from './engine.ts';
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

  constructor(opener: Opener, kind: Kind<T>, record: StoredRecord, value: T, material: SealedMaterial | undefined) {
    this.#opener = opener;
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
    return openMaterial(this.#opener, { kind: this.kind.name, id: this.id }, this.material);
  }
}
