/**
 * The one form of an object between the store and operations: the record as it was read, with its state at this time,
 * for one run of one operation. A change refers to it, and so to the revision on which it is based.
 */
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { putMaterial } from '#objects/material';
import type { ObjectStructure } from '#objects/object-structure';
import type { Loaded } from '#operations/context';
import type { Kept } from '#store/store';

/** The run that holds objects. */
export interface Holder {
  /** Seconds since 1970: the state follows from the clock. */
  readonly seconds: number;
  /** Takes opened key material, to wipe it later. */
  readonly opened: OpenedMaterial;
}

export interface OpenedMaterial {
  /** @throws KmipError ServerLimitExceeded when too much is open already. */
  demandRoom(): void;
  add(material: Uint8Array): void;
}

export class HeldObject implements Loaded {
  readonly object: ManagedObject;
  /** As it is in the store, or as the batch has staged it. */
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

/** The record on which a change of the object is based. */
export function recordOf(loaded: Loaded): Kept<ManagedObject> {
  if (!(loaded instanceof HeldObject)) throw new Error('only what was loaded can be changed');
  return loaded.record;
}
