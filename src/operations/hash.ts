import { startHash } from '#crypto/hashes';
import { bytes } from '#protocol/codecs';
import { optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { cryptographicParameters, type CryptographicParameters } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { defineOperation } from './operation.ts';
import { correlationValue, inParts, partFields, type Work } from './streams.ts';

interface Hashed {
  readonly data?: Uint8Array;
}

/** KMIP 2.1 §6.1.24 (1.4 §4.37). The parameters are required; of a stream the first part has them for all. */
export const hash = defineOperation('Hash', {
  request: {
    cryptographicParameters: optional(Tag.CryptographicParameters, cryptographicParameters),
    data: optional(Tag.Data, bytes),
    ...partFields,
  },
  response: { data: optional(Tag.Data, bytes), correlationValue },

  run: (request, context) =>
    inParts<Hashed>('Hash', request, context, async (begun) => {
      const parameters = request.cryptographicParameters ?? begun?.parameters;
      if (parameters === undefined) throw new KmipError('InvalidMessage', 'the request lacks Cryptographic Parameters');
      return { parameters, begin: () => hashing(parameters) };
    }),
});

function hashing({ hashingAlgorithm }: CryptographicParameters): Work<Hashed> {
  if (hashingAlgorithm === undefined) {
    throw new KmipError('InvalidField', 'the Cryptographic Parameters name no Hashing Algorithm');
  }
  const running = startHash(hashingAlgorithm);
  return {
    take(data, isLast) {
      running.update(data);
      return isLast ? { data: running.digest() } : {};
    },
  };
}
