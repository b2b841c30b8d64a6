import { objectTypeOf } from '#objects/managed-object';
import { anyObject, type ObjectStructure } from '#objects/object-structure';
import { templateStructure } from '#objects/template';
import { enumeration } from '#protocol/codecs';
import { grouped, optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { keyWrappingSpecification, objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_4, versionText, type Version } from '#protocol/versions';
import type { ObjectChange } from './context.ts';
import { inFormat } from './key-format.ts';
import { inWrapping, isHidden } from './key-wrapping.ts';
import { defineOperation } from './operation.ts';

/** KMIP 2.1 §6.1.19 (1.4 §4.11). */
export const get = defineOperation('Get', {
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    keyFormatType: optional(Tag.KeyFormatType, enumeration('KeyFormatType')),
    keyWrapType: optional(Tag.KeyWrapType, enumeration('KeyWrapType'), { since: V1_4 }),
    keyCompressionType: optional(Tag.KeyCompressionType, enumeration('KeyCompressionType')),
    keyWrappingSpecification: optional(Tag.KeyWrappingSpecification, keyWrappingSpecification),
  },
  response: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    object: grouped(Tag.KeyBlock, anyObject, 'required'),
  },

  async run(request, context) {
    const loaded = await context.load(request.uniqueIdentifier, 'fetch');
    const { object } = loaded;
    const { destroyDate, sensitive, extractable, keyValuePresent, fresh } = object.attributes;
    if (destroyDate !== undefined) throw new KmipError('ObjectDestroyed', 'the object was destroyed');
    if (sensitive === true && !isHidden(object, request.keyWrappingSpecification)) {
      throw new KmipError('Sensitive', 'the object is Sensitive: it is given out encrypted only');
    }
    if (extractable === false) throw new KmipError('NotExtractable', 'the object is not Extractable');
    if (keyValuePresent === false) throw new KmipError('KeyValueNotPresent', 'the server does not have the key value');
    const objectType = objectTypeOf(object);
    const opened = objectType === 'Template' ? templateStructure(object) : loaded.openStructure();
    const formed = inFormat(opened, request, { version: context.version, attributes: object.attributes });
    const { structure, changes } = await inWrapping(object, formed, request, context);
    checkSayable(structure, context.version);
    // "as soon as the object has been served via the Get operation" (2.1 §4.24); no change that Last Change Date tells of (§4.29).
    const served: ObjectChange[] =
      fresh === true ? [{ update: loaded, to: { ...object, attributes: { ...object.attributes, fresh: false } } }] : [];
    if (served.length + changes.length > 0) await context.commit([...served, ...changes]);
    return { objectType, uniqueIdentifier: object.id, object: structure };
  },
});

/** An older client that gets a value of a newer version, such as an algorithm, loses the whole answer. */
function checkSayable(structure: ObjectStructure, version: Version): void {
  if (anyObject.fits?.(structure, version) !== false) return;
  throw new KmipError(
    'KeyFormatTypeNotSupported',
    `version ${versionText(version)} has no word for a value in the object, such as its algorithm: ask in a newer one`,
  );
}
