import { bytes, integer } from '#protocol/codecs';
import { required } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';

/**
 * KMIP 2.1 §6.1.50 (1.4 §4.36): "The server MAY elect to ignore the information provided by the client ... and MAY
 * indicate this to the client by returning zero". OpenSSL seeds its generator from the operating system, and
 * node:crypto has no function to add to it.
 */
export const rngSeed = defineOperation('RNGSeed', {
  rights: ['ask'],
  served: 'aboveQuotas',
  request: { data: required(Tag.Data, bytes) },
  response: { dataLength: required(Tag.DataLength, integer) },

  run: () => Promise.resolve({ dataLength: 0 }),
});
