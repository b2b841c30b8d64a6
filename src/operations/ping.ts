import { defineOperation } from './operation.ts';

/** KMIP 2.1 §6.1.36. */
export const ping = defineOperation('Ping', {
  request: {},
  response: {},
  run: async () => ({}),
});
