import { startMac } from '#crypto/ciphers/mac';
import { bytes } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { inPieces } from './in-pieces.ts';
import { keyedFields, serveWithKey } from './keyed-service.ts';
import { defineOperation } from '#operations/operation';
import { correlationValue, partFields } from './streams.ts';
import { openSymmetricKey, withSymmetricKey } from '#operations/key-material/usable-key';

/** KMIP 2.1 §6.1.32 (1.4 §4.33). */
export const mac = defineOperation('MAC', {
  rights: ['use'],
  served: 'aboveQuotas',
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
      begin(loaded, parameters, { isLast }) {
        if (isLast) {
          const key = openSymmetricKey(loaded);
          return {
            async take(data, _isLast, _proof, current) {
              return { macData: await current.heavily('mac', { key, data, parameters }) };
            },
            end: () => void key.bytes.fill(0),
          };
        }
        const running = withSymmetricKey(loaded, (key) => startMac(key, parameters));
        return {
          async take(data, isLastPart, _proof, current) {
            await inPieces(data, current, (piece) => running.update(piece));
            return isLastPart ? { macData: running.digest() } : {};
          },
          end: () => running.wipe?.(),
        };
      },
    }),
});
