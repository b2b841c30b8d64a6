import { attributeSet } from '#objects/attribute-groups';
import { enumeration } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V2_0 } from '#protocol/versions';
import { formatAsked, withoutFormat } from './asked-format.ts';
import { attributesToMake } from './given.ts';
import { keep } from './keep.ts';
import { newSymmetricKey } from './new-symmetric-key.ts';
import { defineOperation } from './operation.ts';
import { checkProtectionStorage, protectionStorageMasks } from './protection-storage.ts';

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
    const given = await attributesToMake(objectType, [withoutFormat(attributes)], context);
    const made = newSymmetricKey(given, formatAsked(attributes) ?? 'Raw', context);
    await keep([made], context);
    context.setPlaceholder(made.object.id);
    return { objectType, uniqueIdentifier: made.object.id };
  },
});
