import { objectTypeOf } from '#objects/managed-object';
import { bytes } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { decryptWithPrivateKey } from './asymmetric-service.ts';
import { serveWithKey } from './keyed-service.ts';
import { defineOperation } from '#operations/operation';
import { correlationValue } from './streams.ts';
import { authenticatedEncryptionTag, cipherFields, decryptWith, tagHasField } from './symmetric-service.ts';
import { keyObjectIn, withSymmetricKey } from '#operations/key-material/usable-key';

/** KMIP 2.1 §6.1.11 (1.4 §4.30). */
export const decrypt = defineOperation('Decrypt', {
  rights: ['use'],
  served: 'aboveQuotas',
  request: {
    ...cipherFields,
    authenticatedEncryptionTag,
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    data: optional(Tag.Data, bytes),
    correlationValue,
  },

  run(request, context) {
    const { ivCounterNonce, authenticatedEncryptionAdditionalData: additionalData } = request;
    const initial = { ivCounterNonce, additionalData, tag: request.authenticatedEncryptionTag };
    return serveWithKey('Decrypt', request, context, {
      purpose: 'Decrypt',
      types: ['SymmetricKey', 'PrivateKey'],
      initial,
      begin(loaded, parameters, part) {
        const tagField = tagHasField(context.version);
        const given = { ...initial, parameters, part, tagField };
        return objectTypeOf(loaded.object) === 'SymmetricKey'
          ? withSymmetricKey(loaded, (key) => decryptWith(key, given))
          : decryptWithPrivateKey(keyObjectIn('private', loaded), given);
      },
    });
  },
});
