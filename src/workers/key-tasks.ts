/** Key pairs, and whether the numbers of keys belong together. */
import { familyOf, type AsymmetricKey, type Half, type KeyMaterial } from '#crypto/keys/asymmetric-key';
import { makeKeyPair, type Recipe } from '#crypto/keys/generate-key-pair';
import { checkKey, readKey, type Hints } from '#crypto/keys/key-formats';
import type { Version } from '#protocol/versions';
import { costOfMaking, costOfReading } from './key-costs.ts';
import { defineTask } from './task.ts';

/** A key in a Key Format Type. */
export interface WrittenKey {
  readonly half: Half;
  readonly format: string;
  readonly material: KeyMaterial;
  readonly version: Version;
  readonly hints: Hints;
}

export const keyTasks = {
  makeKeyPair: defineTask({
    cost: costOfMaking,
    run: (recipe: Recipe) => makeKeyPair(recipe),
  }),
  /**
   * Reads a key and checks its numbers. They are not checked when the key is of another family than its algorithm says:
   * then its cost would be different.
   */
  readCheckedKey: defineTask({
    cost: ({ half, material, hints }: WrittenKey) => costOfReading(half, material, familyOf(hints.algorithm ?? '')),
    run({ half, format, material, version, hints }): AsymmetricKey {
      const key = readKey(half, format, material, version, hints);
      if (hints.algorithm === undefined || familyOf(hints.algorithm) === key.family) checkKey(key);
      return key;
    },
  }),
};
