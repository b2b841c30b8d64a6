/** Key pairs, and whether the numbers of keys belong together. */
import type { AsymmetricKey } from '#crypto/asymmetric-key';
import { makeKeyPair, type Recipe } from '#crypto/generate-key-pair';
import { checkKey } from '#crypto/key-formats';
import { costOfChecking, costOfMaking } from './key-costs.ts';
import { defineTask } from './task.ts';

export const keyTasks = {
  makeKeyPair: defineTask({
    cost: costOfMaking,
    run: (recipe: Recipe) => makeKeyPair(recipe),
  }),
  checkKey: defineTask({
    cost: costOfChecking,
    run: (key: AsymmetricKey) => checkKey(key),
  }),
};
