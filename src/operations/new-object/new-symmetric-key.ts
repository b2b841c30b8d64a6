/** What Create and Re-key share: a new symmetric key. */
import { symmetricKeyBytes } from '#crypto/keys/symmetric-keys';
import type { Attributes } from '#objects/attributes/attributes';
import type { MadeObject } from '#objects/new-object';
import { keyLengthNotSupported, keyTypeMissing } from '#objects/object-errors';
import { KmipError } from '#protocol/kmip-error';
import type { KeyFormatType } from './requested-key-format.ts';
import type { Context } from '#operations/context';
import { digestOfSymmetric } from '#operations/key-material/default-digest';
import { inFormat } from '#operations/key-material/key-format';
import { generatorFor } from './random-number-generator.ts';

/**
 * @throws KmipError InvalidAttribute when `given` does not determine the key, InvalidAttributeValue for an unsupported
 * key, KeyFormatTypeNotSupported for a format that is not for symmetric keys.
 */
export function newSymmetricKey(given: Attributes, format: KeyFormatType, context: Context): MadeObject {
  const { cryptographicAlgorithm, cryptographicLength, cryptographicUsageMask } = given;
  if (cryptographicAlgorithm === undefined || cryptographicLength === undefined) {
    throw keyTypeMissing();
  }
  if (cryptographicUsageMask === undefined) {
    throw new KmipError('InvalidAttribute', 'Cryptographic Usage Mask is required for a new key');
  }
  const length = symmetricKeyBytes(cryptographicAlgorithm, cryptographicLength);
  if (length === undefined) {
    throw keyLengthNotSupported(cryptographicAlgorithm, cryptographicLength);
  }
  const key = context.random(length);
  const keyBlock = {
    keyFormatType: 'Raw',
    keyValue: { keyMaterial: key },
    cryptographicAlgorithm,
    cryptographicLength,
  } as const;
  try {
    return context.newObject({
      structure: inFormat(
        { objectType: 'SymmetricKey', keyBlock },
        { keyFormatType: format },
        { version: context.version, attributes: given },
      ),
      given: { ...given, ...generatorFor(given, context.server) },
      found: digestOfSymmetric(format, key, context.version),
      generated: true,
    });
  } finally {
    key.fill(0);
  }
}
