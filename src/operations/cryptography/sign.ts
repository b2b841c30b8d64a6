import { startSigning } from '#crypto/signatures/signature';
import { bytes } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_4 } from '#protocol/versions';
import { inPieces } from './in-pieces.ts';
import { keyedFields, serveWithKey } from './keyed-service.ts';
import { defineOperation } from '#operations/operation';
import { withContent } from './signed-content.ts';
import { correlationValue, partFields } from './streams.ts';
import { keyObjectIn } from '#operations/key-material/usable-key';

/** KMIP 2.1 §6.1.55 (1.4 §4.31). */
export const sign = defineOperation('Sign', {
  rights: ['use'],
  served: 'aboveQuotas',
  request: {
    ...keyedFields,
    digestedData: optional(Tag.DigestedData, bytes, { since: V1_4 }),
    ...partFields,
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    signatureData: optional(Tag.SignatureData, bytes),
    correlationValue,
  },

  run(request, context) {
    return serveWithKey<{ readonly signatureData?: Uint8Array }>('Sign', withContent(request), context, {
      purpose: 'Sign',
      types: ['PrivateKey'],
      begin(loaded, parameters, { isLast }) {
        const key = keyObjectIn('private', loaded);
        if (isLast) {
          return {
            async take(data, _isLast, _proof, current) {
              const content = request.digestedData === undefined ? { data } : { digest: data };
              return { signatureData: await current.heavily('sign', { key, content, parameters }) };
            },
          };
        }
        const running = startSigning(key, parameters);
        return {
          async take(data, isLastPart, _proof, current) {
            await inPieces(data, current, (piece) => running.update(piece));
            if (!isLastPart) return {};
            const end = running.end();
            if ('signature' in end) return { signatureData: end.signature };
            return { signatureData: await current.heavily('sign', { key, content: end, parameters }) };
          },
        };
      },
    });
  },
});
