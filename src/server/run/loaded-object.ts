/** An object as an operation holds it. */
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { putMaterial } from '#objects/material';
import type { ObjectStructure } from '#objects/object-structure';
import type { Loaded } from '#operations/context';
import type { Kept } from '#store/store';
import type { SecretsToWipe } from './secrets-to-wipe.ts';

/** It keeps the record that it came from, which a change names. */
export class LoadedObject implements Loaded {
  readonly object: ManagedObject;
  readonly record: Kept<ManagedObject>;
  readonly #secrets: SecretsToWipe;

  constructor(record: Kept<ManagedObject>, now: number, secrets: SecretsToWipe) {
    const { id, owner, attributes, indexes, structure } = record.value;
    this.object = { id, owner, attributes: attributesAt(attributes, now), indexes, structure };
    this.record = record;
    this.#secrets = secrets;
  }

  get room(): number {
    return this.record.room;
  }

  openStructure(): ObjectStructure {
    const { structure } = this.object;
    if (!this.record.hasMaterial) return structure;
    this.#secrets.demandRoom();
    const material = this.record.openMaterial();
    this.#secrets.add(material);
    return putMaterial(structure, material);
  }
}

export function recordOf(loaded: Loaded): Kept<ManagedObject> {
  if (!(loaded instanceof LoadedObject)) throw new Error('only what was loaded can be changed');
  return loaded.record;
}
