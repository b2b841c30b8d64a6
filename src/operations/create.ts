import { attributeSet } from '#objects/attribute-codec';
import { newObject } from '#objects/new-object';
import { symmetricKeyBytes } from '#crypto/symmetric-keys';
import { enumeration } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V2_0 } from '#protocol/versions';
import { attributesToGive } from './given.ts';
import { defineOperation } from './operation.ts';
import { checkProtectionStorage, protectionStorageMasks } from './protection-storage.ts';
import { generatorFor } from './random-number-generator.ts';

/** KMIP 2.1 §6.1.8 (1.4 §4.1). Makes a symmetric key. */
export const create = defineOperation('Create', {
  request: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'required'),
    protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
  },

  async run({ objectType, attributes, protectionStorageMasks: wanted }, context) {
    if (objectType !== 'SymmetricKey') throw new KmipError('InvalidObjectType', 'Create makes Symmetric Keys only');
    checkProtectionStorage(wanted);
    const given = await attributesToGive(objectType, [attributes], context);
    const { cryptographicAlgorithm, cryptographicLength } = given;
    if (cryptographicAlgorithm === undefined || cryptographicLength === undefined) {
      throw new KmipError('InvalidAttribute', 'Create needs Cryptographic Algorithm and Cryptographic Length');
    }
    if (given.cryptographicUsageMask === undefined) {
      throw new KmipError('InvalidAttribute', 'Create needs a Cryptographic Usage Mask');
    }
    const length = symmetricKeyBytes(cryptographicAlgorithm, cryptographicLength);
    if (length === undefined) {
      throw new KmipError(
        'InvalidAttributeValue',
        `${cryptographicAlgorithm} has no keys of ${cryptographicLength} bits`,
      );
    }
    const key = context.random(length);
    const { object, material } = newObject({
      id: context.newIdentifier(),
      owner: context.clientId,
      structure: {
        objectType,
        keyBlock: {
          keyFormatType: 'Raw',
          keyValue: { keyMaterial: key },
          cryptographicAlgorithm,
          cryptographicLength,
        },
      },
      given: { ...given, ...generatorFor(given, context.server) },
      found: {},
      now: context.now(),
      generated: true,
    });
    key.fill(0);
    try {
      await context.commit([{ create: object, ...(material === undefined ? {} : { material }) }]);
    } finally {
      material?.fill(0);
    }
    context.setPlaceholder(object.id);
    return { objectType, uniqueIdentifier: object.id };
  },
});
