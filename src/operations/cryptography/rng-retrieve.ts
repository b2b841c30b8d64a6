import { bytes, integer } from '#protocol/codecs';
import { required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';

/** In bytes: more than any key needs, and small enough for a message of 1 MiB. */
const maximumLength = 512 * 1024;

/** KMIP 2.1 §6.1.49 (1.4 §4.35): from the generator that makes keys. */
export const rngRetrieve = defineOperation('RNGRetrieve', {
  rights: ['ask'],
  served: 'aboveQuotas',
  request: { dataLength: required(Tag.DataLength, integer) },
  response: { data: required(Tag.Data, bytes) },

  async run({ dataLength }, context) {
    if (dataLength < 1 || dataLength > maximumLength) {
      throw new KmipError('InvalidField', `Data Length must be from 1 to ${maximumLength} bytes`);
    }
    return { data: context.random(dataLength) };
  },
});
