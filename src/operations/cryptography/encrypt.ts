import { objectTypeOf } from '#objects/managed-object';
import { bytes } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { encryptWithPublicKey } from './asymmetric-service.ts';
import { serveWithKey } from './keyed-service.ts';
import { defineOperation } from '#operations/operation';
import { correlationValue } from './streams.ts';
import { authenticatedEncryptionTag, cipherFields, encryptWith, tagHasField } from './symmetric-service.ts';
import { publicKeyIn, withSymmetricKey } from '#operations/key-material/usable-key';

/** KMIP 2.1 §6.1.17 (1.4 §4.29). */
export const encrypt = defineOperation('Encrypt', {
  rights: ['use'],
  served: 'aboveQuotas',
  request: cipherFields,
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    data: optional(Tag.Data, bytes),
    ivCounterNonce: optional(Tag.IVCounterNonce, bytes),
    correlationValue,
    authenticatedEncryptionTag,
  },

  run(request, context) {
    const { ivCounterNonce, authenticatedEncryptionAdditionalData: additionalData } = request;
    const initial = { ivCounterNonce, additionalData };
    const random = (length: number): Uint8Array => context.random(length);
    return serveWithKey('Encrypt', request, context, {
      purpose: 'Encrypt',
      types: ['SymmetricKey', 'PublicKey', 'Certificate'],
      initial,
      begin(loaded, parameters, part) {
        const tagField = tagHasField(context.version);
        const given = { ...initial, parameters, part, tagField };
        return objectTypeOf(loaded.object) === 'SymmetricKey'
          ? withSymmetricKey(loaded, (key) => encryptWith(key, given, random))
          : encryptWithPublicKey(publicKeyIn(loaded), given);
      },
    });
  },
});
