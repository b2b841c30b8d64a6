import { attributeSet } from '#objects/attributes/attribute-groups';
import type { Attributes, AttributeValue } from '#objects/attributes/attributes';
import { anyObject, type ObjectStructure } from '#objects/object-structure';
import { emptyTemplate } from '#objects/template';
import { enumeration } from '#protocol/codecs';
import { grouped, optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V2_0 } from '#protocol/versions';
import type { Context } from '#operations/context';
import { attributesGivenWithin, joined } from '#operations/new-object/embedded-attributes';
import { attributesToRegister } from '#operations/new-object/requested-attributes';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { defineOperation } from '#operations/operation';
import { checkProtectionStorage, protectionStorageMasks } from '#operations/new-object/protection-storage';
import { outOfContainer } from '#operations/fetch/pkcs12';
import { checkUsageMask, examine, wrappingKeyOf } from '#operations/key-material/registration-rules';
import { asBrought } from '#operations/split/split-keys';

/** KMIP 2.1 §6.1.43 (1.4 §4.3). Stores an object that the client already has. */
export const register = defineOperation('Register', {
  rights: ['create', 'read', 'use'],
  served: 'withinQuotas',
  request: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'required'),
    object: grouped(Tag.KeyBlock, anyObject, 'required'),
    protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
  },

  async run({ objectType, attributes, object, protectionStorageMasks: wanted }, context) {
    if (object.objectType !== objectType) {
      throw new KmipError(
        'InvalidObjectType',
        `Object Type is ${objectType}, but the object given is a ${object.objectType}`,
      );
    }
    checkProtectionStorage(wanted);
    const together = joined(attributes, attributesGivenWithin(object));
    const given = await attributesToRegister(objectType, [together], context);
    checkUsageMask(objectType, given);
    const { structure, found } = await outOfContainer(object, given, context);
    const made = context.newObject({
      structure: structure.objectType === 'Template' ? emptyTemplate : asBrought(structure, context.rules),
      found: { ...(await examine(structure, given, context)), ...found },
      given: await withWrappingKey(structure, given, context),
      generated: false,
    });
    // The material in the request is needed if the item runs again, and is wiped with the message.
    return { uniqueIdentifier: await commitNewObjects([made], context) };
  },
});

/** 2.1 §6.1.43: "the server SHALL create a Link attribute of Link Type Wrapping Key Link". */
async function withWrappingKey(structure: ObjectStructure, given: Attributes, context: Context): Promise<Attributes> {
  const reference = wrappingKeyOf(structure);
  if (reference === undefined) return given;
  const id = typeof reference === 'string' ? reference : (await context.load(reference, 'read')).object.id;
  const link = { linkType: 'WrappingKeyLink', linkedObjectIdentifier: id } as const;
  const isOther = (each: AttributeValue<'link'>): boolean =>
    each.linkType !== link.linkType || each.linkedObjectIdentifier !== id;
  return { ...given, link: [...(given.link ?? []).filter(isOther), link] };
}
