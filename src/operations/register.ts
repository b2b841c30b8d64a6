import { isDeepStrictEqual } from 'node:util';
import { attributeSet, type GivenAttributes, type Instance } from '#objects/attribute-codec';
import { referenceText } from '#objects/attribute-reference';
import { isServersOwn } from '#objects/attribute-rules';
import { attributeRow, type Attributes } from '#objects/attributes';
import { newObject } from '#objects/new-object';
import { anyObject, isWrapped, type ObjectStructure } from '#objects/object-structure';
import { emptyTemplate } from '#objects/template';
import { enumeration } from '#protocol/codecs';
import { grouped, optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V2_0 } from '#protocol/versions';
import type { Context } from './context.ts';
import { attributesToGive } from './given.ts';
import { defineOperation } from './operation.ts';
import { checkProtectionStorage, protectionStorageMasks } from './protection-storage.ts';
import { examine, wrappingKeyOf } from './registrable.ts';

/** KMIP 2.1 §6.1.43 (1.4 §4.3). Takes an object that the client has already. */
export const register = defineOperation('Register', {
  request: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'required'),
    object: grouped(Tag.KeyBlock, anyObject, 'required'),
    protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
  },

  async run({ objectType, attributes, object: structure, protectionStorageMasks: wanted }, context) {
    if (structure.objectType !== objectType) {
      throw new KmipError('InvalidObjectType', `Object Type is ${objectType}, but a ${structure.objectType} is given`);
    }
    checkProtectionStorage(wanted);
    const together = joined(attributes, attributesWithin(structure));
    const given = await attributesToGive(structure.objectType, [together], context);
    const { object, material } = newObject({
      id: context.newIdentifier(),
      owner: context.clientId,
      structure: structure.objectType === 'Template' ? emptyTemplate : structure,
      found: await examine(structure, given, context),
      given: await withWrappingKey(structure, given, context),
      now: context.now(),
      generated: false,
    });
    try {
      await context.commit([{ create: object, ...(material === undefined ? {} : { material }) }]);
    } finally {
      // What the request holds of it stays for another run, and is wiped with the message.
      material?.fill(0);
    }
    context.setPlaceholder(object.id);
    return { uniqueIdentifier: object.id };
  },
});

/**
 * What stands inside the object: all that a Template is (SASED-M-2 has its Name there, against the error table of 1.4 §11.4), and of a Key Value the attributes
 * that differ from the object's "only by the fact that" they are encapsulated (2.1 §3.2). Those that the server sets are left to it; the Key Value keeps them.
 */
function attributesWithin(structure: ObjectStructure): readonly Instance[] {
  if (structure.objectType === 'Template') return structure.attributes;
  const keyValue = 'keyBlock' in structure ? structure.keyBlock.keyValue : undefined;
  if (keyValue === undefined || isWrapped(keyValue)) return [];
  return (keyValue.attributes ?? []).filter((each) => !isServersOwn(each));
}

/** Both, what they have in common once. @throws KmipError when they contradict one another. */
function joined(given: GivenAttributes, within: readonly Instance[]): GivenAttributes {
  const added = within.filter((each) => {
    const same = given.instances.filter(({ key }) => key === each.key);
    if (same.some(({ value }) => isDeepStrictEqual(value, each.value))) return false;
    if (same.length === 0 || attributeRow(each.key).multiple) return true;
    throw new KmipError('InvalidAttributeValue', `${referenceText(each)} is given twice, with different values`);
  });
  return { ...given, instances: [...given.instances, ...added] };
}

/** 2.1 §6.1.43: "the server SHALL create a Link attribute of Link Type Wrapping Key Link". */
async function withWrappingKey(structure: ObjectStructure, given: Attributes, context: Context): Promise<Attributes> {
  const reference = wrappingKeyOf(structure);
  if (reference === undefined) return given;
  const id = typeof reference === 'string' ? reference : (await context.load(reference, 'read')).object.id;
  const link = { linkType: 'WrappingKeyLink', linkedObjectIdentifier: id } as const;
  return { ...given, link: [...(given.link ?? []).filter((each) => !isDeepStrictEqual(each, link)), link] };
}
