import { isSameMac, startMac } from '#crypto/mac';
import { bytes } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { keyedFields, serveWithKey } from './keyed-service.ts';
import { defineOperation } from './operation.ts';
import { correlationValue, partFields } from './streams.ts';
import { withSymmetricKey } from './usable-key.ts';
import { judging, validityIndicator, type Judged } from './verification.ts';

/** KMIP 2.1 §6.1.33 (1.4 §4.34). */
export const macVerify = defineOperation('MACVerify', {
  request: {
    ...keyedFields,
    macData: optional(Tag.MACData, bytes),
    ...partFields,
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    validityIndicator,
    correlationValue,
  },

  run: ({ macData: proof, ...request }, context) =>
    serveWithKey<Judged>('MACVerify', { ...request, proof }, context, {
      purpose: 'MACVerify',
      types: ['SymmetricKey', 'SecretData'],
      begin(loaded, parameters) {
        const running = withSymmetricKey(loaded, (key) => startMac(key, parameters));
        return judging('MAC Data', {
          update: (data) => running.update(data),
          isProvenBy: (code) => isSameMac(running.digest(), code),
          end: () => running.wipe?.(),
        });
      },
    }),
});
