import { attributeSet } from '#objects/attributes/attribute-groups';
import { enumeration } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V2_0 } from '#protocol/versions';
import { formatAsked, withoutFormat } from '#operations/new-object/requested-key-format';
import { attributesToMake } from '#operations/new-object/requested-attributes';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { newSymmetricKey } from '#operations/new-object/new-symmetric-key';
import { defineOperation } from '#operations/operation';
import { checkProtectionStorage, protectionStorageMasks } from '#operations/new-object/protection-storage';

/** KMIP 2.1 §6.1.8 (1.4 §4.1). Makes a symmetric key. */
export const create = defineOperation('Create', {
  rights: ['create', 'read'],
  served: 'withinQuotas',
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
    if (objectType !== 'SymmetricKey')
      throw new KmipError('InvalidObjectType', `Object Type must be SymmetricKey, not ${objectType}`);
    checkProtectionStorage(wanted);
    const given = await attributesToMake(objectType, [withoutFormat(attributes)], context);
    const made = newSymmetricKey(given, formatAsked(attributes) ?? 'Raw', context);
    return { objectType, uniqueIdentifier: await commitNewObjects([made], context) };
  },
});
