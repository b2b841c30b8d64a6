import { startMac } from '#crypto/mac';
import { bytes } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { keyedFields, serveWithKey } from './keyed-service.ts';
import { defineOperation } from './operation.ts';
import { correlationValue, partFields } from './streams.ts';
import { withSymmetricKey } from './usable-key.ts';

/** KMIP 2.1 §6.1.32 (1.4 §4.33). */
export const mac = defineOperation('MAC', {
  request: {
    ...keyedFields,
    ...partFields,
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    macData: optional(Tag.MACData, bytes),
    correlationValue,
  },

  run: (request, context) =>
    serveWithKey<{ readonly macData?: Uint8Array }>('MAC', request, context, {
      purpose: 'MACGenerate',
      types: ['SymmetricKey', 'SecretData'],
      limitReason: 'UsageLimitExceeded',
      begin(loaded, parameters) {
        const running = withSymmetricKey(loaded, (key) => startMac(key, parameters));
        return {
          take(data, isLast) {
            running.update(data);
            return isLast ? { macData: running.digest() } : {};
          },
          end: () => running.wipe?.(),
        };
      },
    }),
});
