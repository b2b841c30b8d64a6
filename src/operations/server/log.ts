import { text } from '#protocol/codecs';
import { required } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.29. */
export const log = defineOperation('Log', {
  rights: ['ask'],
  served: 'aboveQuotas',
  request: { logMessage: required(Tag.LogMessage, text) },
  response: {},

  async run({ logMessage }, context) {
    context.log(logMessage);
    return {};
  },
});
