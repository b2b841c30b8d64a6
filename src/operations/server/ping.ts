import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.36. */
export const ping = defineOperation('Ping', {
  rights: ['ask'],
  served: 'inReserve',
  request: {},
  response: {},
  run: async () => ({}),
});
