import { startHash } from '#crypto/hashes';
import { bytes } from '#protocol/codecs';
import { optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { cryptographicParameters, type CryptographicParameters } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { inPieces } from './in-pieces.ts';
import { defineOperation } from '#operations/operation';
import { correlationValue, inParts, partFields } from './streams.ts';
import type { Work } from '#operations/context';

interface Hashed {
  readonly data?: Uint8Array;
}

/** KMIP 2.1 §6.1.24 (1.4 §4.37). The parameters are required; for a stream, in its first part. */
export const hash = defineOperation('Hash', {
  rights: ['ask'],
  served: 'aboveQuotas',
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
      return { parameters, begin: ({ isLast }) => (isLast ? hashingWhole(parameters) : hashing(parameters)) };
    }),
});

function hashingWhole(parameters: CryptographicParameters): Work<Hashed> {
  const algorithm = algorithmOf(parameters);
  return {
    take: async (data, _isLast, _proof, context) => ({ data: await context.heavily('hash', { algorithm, data }) }),
  };
}

function algorithmOf({ hashingAlgorithm }: CryptographicParameters): string {
  if (hashingAlgorithm !== undefined) return hashingAlgorithm;
  throw new KmipError('InvalidField', 'Cryptographic Parameters lacks Hashing Algorithm');
}

function hashing(parameters: CryptographicParameters): Work<Hashed> {
  const running = startHash(algorithmOf(parameters));
  return {
    async take(data, isLast, _proof, context) {
      await inPieces(data, context, (piece) => running.update(piece));
      return isLast ? { data: running.digest() } : {};
    },
  };
}
