import { startVerifying } from '#crypto/signatures/signature';
import { bytes } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_4 } from '#protocol/versions';
import { keyedFields, serveWithKey } from './keyed-service.ts';
import { defineOperation } from '#operations/operation';
import { withContent } from './signed-content.ts';
import { correlationValue, partFields } from './streams.ts';
import { publicKeyIn } from '#operations/key-material/usable-key';
import { judging, judgingWhole, validityIndicator, type Judged } from './verification.ts';

/** KMIP 2.1 §6.1.56 (1.4 §4.32). No supported scheme recovers data from a signature. */
export const signatureVerify = defineOperation('SignatureVerify', {
  rights: ['use'],
  served: 'aboveQuotas',
  request: {
    ...keyedFields,
    digestedData: optional(Tag.DigestedData, bytes, { since: V1_4 }),
    signatureData: optional(Tag.SignatureData, bytes),
    ...partFields,
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    validityIndicator,
    data: optional(Tag.Data, bytes),
    correlationValue,
  },

  run(request, context) {
    const { signatureData: proof, digestedData } = request;
    return serveWithKey<Judged>('SignatureVerify', { ...withContent(request), proof }, context, {
      purpose: 'Verify',
      types: ['PublicKey', 'Certificate'],
      begin(loaded, parameters, { isLast }) {
        const key = publicKeyIn(loaded);
        if (!isLast) {
          const running = startVerifying(key, parameters);
          return judging('Signature Data', {
            update: (data) => running.update(data),
            isProvenBy(signature, current) {
              const end = running.end(signature);
              if ('isGenuine' in end) return end.isGenuine;
              return current.heavily('verify', { key, content: end, signature, parameters });
            },
          });
        }
        return judgingWhole('Signature Data', (data, signature, current) => {
          const content = digestedData === undefined ? { data } : { digest: data };
          return current.heavily('verify', { key, content, signature, parameters });
        });
      },
    });
  },
});
