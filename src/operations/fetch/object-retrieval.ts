/** How the value of an object leaves the server, for Get and Export (KMIP 2.1 §6.1.18, §6.1.19; 1.4 §4.11, §4.40). */
import { objectTypeOf } from '#objects/managed-object';
import { keyValueNotPresent, objectDestroyed } from '#objects/object-errors';
import { anyObject, type ObjectStructure } from '#objects/object-structure';
import { templateStructure } from '#objects/template';
import { enumeration } from '#protocol/codecs';
import { optional, type Shape } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { keyWrappingSpecification, objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_4, versionText, type WireVersion } from '#protocol/versions';
import type { Context, Loaded } from '#operations/context';
import { inFormat } from '#operations/key-material/key-format';
import { unwrapped } from '#operations/wrapping/key-unwrapping';
import { inWrapping, isHidden, type Wrapped } from '#operations/wrapping/key-wrapping';
import { inContainer, isPacked } from './pkcs12.ts';

/** The fields that name the object and its format. */
export const wayOut = {
  uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
  keyFormatType: optional(Tag.KeyFormatType, enumeration('KeyFormatType')),
  keyWrapType: optional(Tag.KeyWrapType, enumeration('KeyWrapType'), { since: V1_4 }),
  keyCompressionType: optional(Tag.KeyCompressionType, enumeration('KeyCompressionType')),
  keyWrappingSpecification: optional(Tag.KeyWrappingSpecification, keyWrappingSpecification),
};

/**
 * The loaded object in the requested format.
 * @throws KmipError with the reasons of 2.1 §6.1.19.1.
 */
export async function givingOut(loaded: Loaded, asked: Shape<typeof wayOut>, context: Context): Promise<Wrapped> {
  const { object } = loaded;
  const { destroyDate, sensitive, extractable, keyValuePresent } = object.attributes;
  if (destroyDate !== undefined) throw objectDestroyed();
  if (sensitive === true && !isHidden(object, asked)) {
    throw new KmipError(
      'Sensitive',
      'the object is Sensitive: request it with a Key Wrapping Specification that encrypts it',
    );
  }
  if (extractable === false) throw new KmipError('NotExtractable', 'the object is not Extractable');
  if (keyValuePresent === false) throw keyValueNotPresent();
  const held = objectTypeOf(object) === 'Template' ? templateStructure(object) : loaded.openStructure();
  const opened = asked.keyWrapType === 'NotWrapped' ? await notWrapped(held, object.id, context) : held;
  const formed = isPacked(opened, asked, context.version)
    ? await inContainer(opened, loaded, context)
    : inFormat(opened, asked, { version: context.version, attributes: object.attributes });
  const wrapped = await inWrapping(object, formed, asked, context);
  checkRepresentable(wrapped.structure, context.version);
  return wrapped;
}

/** Unwraps an object that was registered wrapped, if the client may use the wrapping key. */
async function notWrapped(held: ObjectStructure, id: string, context: Context): Promise<ObjectStructure> {
  try {
    return await unwrapped(held, id, context);
  } catch (error) {
    if (!(error instanceof KmipError) || error.reason !== 'CryptographicFailure') throw error;
    // The error table of Get has no other reason for this failure.
    throw new KmipError('KeyWrapTypeNotSupported', error.message);
  }
}

/**
 * A client of an older version cannot read an answer that contains a value of a newer version, such as an algorithm.
 */
function checkRepresentable(structure: ObjectStructure, version: WireVersion): void {
  if (anyObject.fits?.(structure, version) !== false) return;
  throw new KmipError(
    'KeyFormatTypeNotSupported',
    `the object has a value that KMIP ${versionText(version)} cannot represent: use a newer version`,
  );
}
