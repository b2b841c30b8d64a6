/**
 * The one form of an object between the store and operations: the record that was read, with its state as the clock has
 * it, for one run of one operation. A change names it, and so the revision that it was made from.
 */
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { putMaterial } from '#objects/material';
import type { ObjectStructure } from '#objects/object-structure';
import type { Loaded } from '#operations/context';
import type { Kept } from '#store/store';

/** The run that holds objects. */
export interface Holder {
  /** Seconds since 1970: states move with the clock. */
  readonly seconds: number;
  /** Takes opened key material, to wipe it when its time has come. */
  readonly opened: OpenedMaterial;
}

export interface OpenedMaterial {
  /** @throws KmipError ServerLimitExceeded when nothing further may be opened. */
  demandRoom(): void;
  add(material: Uint8Array): void;
}

export class HeldObject implements Loaded {
  readonly object: ManagedObject;
  /** As the store has it, or as the batch has staged it. */
  readonly record: Kept<ManagedObject>;
  readonly #opened: OpenedMaterial;

  constructor(record: Kept<ManagedObject>, { seconds, opened }: Holder) {
    const { id, owner, attributes, indexes, structure } = record.value;
    this.object = { id, owner, attributes: attributesAt(attributes, seconds), indexes, structure };
    this.record = record;
    this.#opened = opened;
  }

  get room(): number {
    return this.record.room;
  }

  openStructure(): ObjectStructure {
    const { structure } = this.object;
    if (!this.record.hasMaterial) return structure;
    this.#opened.demandRoom();
    const material = this.record.openMaterial();
    this.#opened.add(material);
    return putMaterial(structure, material);
  }
}

/** What a change of an object begins from. */
export function recordOf(loaded: Loaded): Kept<ManagedObject> {
  if (!(loaded instanceof HeldObject)) throw new Error('only what was loaded can be changed');
  return loaded.record;
}
