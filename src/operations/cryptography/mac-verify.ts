import { isSameMac, startMac } from '#crypto/ciphers/mac';
import { bytes } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { keyedFields, serveWithKey } from './keyed-service.ts';
import { defineOperation } from '#operations/operation';
import { correlationValue, partFields } from './streams.ts';
import { openSymmetricKey, withSymmetricKey } from '#operations/key-material/usable-key';
import { judging, judgingWhole, validityIndicator, type Judged } from './verification.ts';

/** KMIP 2.1 §6.1.33 (1.4 §4.34). */
export const macVerify = defineOperation('MACVerify', {
  rights: ['use'],
  served: 'aboveQuotas',
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
      begin(loaded, parameters, { isLast }) {
        if (isLast) {
          const key = openSymmetricKey(loaded);
          const work = judgingWhole('MAC Data', async (data, code, current) =>
            isSameMac(await current.heavily('mac', { key, data, parameters }), code),
          );
          return { ...work, end: () => void key.bytes.fill(0) };
        }
        const running = withSymmetricKey(loaded, (key) => startMac(key, parameters));
        return judging('MAC Data', {
          update: (data) => running.update(data),
          isProvenBy: (code) => isSameMac(running.digest(), code),
          end: () => running.wipe?.(),
        });
      },
    }),
});
