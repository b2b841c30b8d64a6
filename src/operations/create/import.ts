import { type Instance } from '#objects/attributes/attribute-codec';
import { attributesOfObject, listedAttributes } from '#objects/attributes/attribute-groups';
import { importedAttributes } from '#objects/attributes/attribute-rules';
import type { Attributes, ObjectType } from '#objects/attributes/attributes';
import { isDestroyed } from '#objects/life-cycle';
import { indexesGiven } from '#objects/managed-object';
import { hasMaterial } from '#objects/material';
import { anyObject, type ObjectStructure } from '#objects/object-structure';
import { emptyTemplate } from '#objects/template';
import { boolean, enumeration } from '#protocol/codecs';
import { grouped, optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier, type ObjectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_4, V2_0 } from '#protocol/versions';
import type { Context, Loaded } from '#operations/context';
import { attributesWithin, joined } from '#operations/new-object/embedded-attributes';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { unwrapped } from '#operations/wrapping/key-unwrapping';
import { keyWrapTypeNotSupported } from '#operations/wrapping/wrapping-steps';
import { withLinksResolved } from '#operations/attributes/link';
import { defineOperation } from '#operations/operation';
import { outOfContainer } from '#operations/fetch/pkcs12';
import { examine } from '#operations/key-material/registration-rules';
import { asBrought } from '#operations/split/split-keys';

/**
 * KMIP 2.1 §6.1.25 (1.4 §4.41). Takes an object from this or another server, with the identifier and the attributes
 * that it has there: "all attributes MUST be set to the supplied values rather than any server generated values".
 * Required attributes that were not supplied are set as for Register.
 */
export const importObject = defineOperation('Import', {
  rights: ['create', 'destroy', 'read', 'use'],
  served: 'withinQuotas',
  request: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, objectReference),
    objectType: required(Tag.ObjectType, enumeration('ObjectType'), { since: V2_0 }),
    // The field is not in the table of 1.x, but clients may send it as they do for Register.
    objectTypeOfOld: optional(Tag.ObjectType, enumeration('ObjectType'), { until: V1_4 }),
    replaceExisting: optional(Tag.ReplaceExisting, boolean),
    keyWrapType: optional(Tag.KeyWrapType, enumeration('KeyWrapType')),
    attributes: grouped(Tag.Attributes, listedAttributes(attributesOfObject), 'required'),
    object: grouped(Tag.KeyBlock, anyObject, 'required'),
  },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run(request, context) {
    const { objectTypeOfOld, objectType = objectTypeOfOld, object: provided } = request;
    if (objectType !== undefined && objectType !== provided.objectType) {
      throw new KmipError(
        'InvalidField',
        `Object Type is ${objectType}, but the object given is a ${provided.objectType}`,
      );
    }
    const { id, existing } = await placeOf(request.uniqueIdentifier, request.replaceExisting ?? false, context);
    const readable = await asAsked(provided, request.keyWrapType, id, context);
    const { instances } = joined({ instances: request.attributes }, attributesWithin(readable));
    const given = await supplied(provided.objectType, instances, id, context);
    const { structure, found } = await outOfContainer(readable, given, context);
    const said = isDestroyed(given.state) ? nothingOf(structure) : await examine(structure, given, context);
    const { object, material } = context.newObject({
      id,
      structure: structure.objectType === 'Template' ? emptyTemplate : asBrought(structure, context.rules),
      found: { ...said, ...found },
      given,
      generated: false,
      asGiven: true,
    });
    const kept = { ...object, indexes: indexesGiven(instances, object.attributes) };
    // The empty values of a destroyed object are not material: only its structure is stored.
    await commitNewObjects(
      [{ object: kept, ...(hasMaterial(structure) && material ? { material } : {}), inPlaceOf: existing }],
      context,
    );
    return { uniqueIdentifier: id };
  },
});

/** @throws KmipError InvalidField when a destroyed object comes with its value. */
function nothingOf(structure: ObjectStructure): Attributes {
  if (!hasMaterial(structure)) return {};
  throw new KmipError('InvalidField', 'State is that of a destroyed object, but its value is given');
}

/** In bytes of UTF-8. Identifiers of other servers may be longer than the 36 characters of this one. */
const longestIdentifier = 255;

/**
 * The identifier of the new object, and the existing object with it. An identifier belongs to one object, no matter
 * which client owns that.
 */
async function placeOf(
  reference: ObjectReference,
  replace: boolean,
  context: Context,
): Promise<{ readonly id: string; readonly existing?: Loaded }> {
  if (typeof reference === 'string' && !(await context.isTaken(reference))) return { id: newIdentifier(reference) };
  if (!replace) throw taken(': set Replace Existing to replace it');
  try {
    const existing = await context.load(reference, 'destroy');
    return { id: existing.object.id, existing };
  } catch (error) {
    throw error instanceof KmipError && error.reason === 'ObjectNotFound'
      ? taken(', and is not accessible to this client')
      : error;
  }
}

const taken = (why: string): KmipError =>
  new KmipError('ObjectAlreadyExists', `an object with this Unique Identifier already exists${why}`);

/** Control characters would appear in logs and listings. */
function newIdentifier(id: string): string {
  if (/^[^\p{Control}\p{Surrogate}]+$/u.test(id) && Buffer.byteLength(id) <= longestIdentifier) return id;
  throw new KmipError(
    'InvalidField',
    `Unique Identifier must be 1 to ${longestIdentifier} bytes without control characters`,
  );
}

/**
 * "If Not Wrapped then the server SHALL unwrap the object before storing it ... Otherwise the server SHALL store the
 * object as provided."
 */
async function asAsked(
  provided: ObjectStructure,
  keyWrapType: string | undefined,
  id: string,
  context: Context,
): Promise<ObjectStructure> {
  if (keyWrapType === undefined || keyWrapType === 'AsRegistered') return provided;
  if (keyWrapType !== 'NotWrapped') {
    throw keyWrapTypeNotSupported(keyWrapType);
  }
  return await unwrapped(provided, id, context);
}

/** The supplied attributes; Unique Identifier and Object Type among them must match the object. */
async function supplied(
  objectType: ObjectType,
  instances: readonly Instance[],
  id: string,
  context: Context,
): Promise<Attributes> {
  const given = importedAttributes(objectType, await withLinksResolved(instances, context), context.version);
  for (const [said, is, called] of [
    [given.uniqueIdentifier, id, 'Unique Identifier'],
    [given.objectType, objectType, 'Object Type'],
  ] as const) {
    if (said !== undefined && said !== is) {
      throw new KmipError('InvalidAttributeValue', `the attribute ${called} does not match the object`);
    }
  }
  const isGone = isDestroyed(given.state);
  if (given.destroyDate !== undefined && !isGone) {
    throw new KmipError('InvalidAttributeValue', 'Destroy Date is given, but State is not that of a destroyed object');
  }
  // The Destroy Date marks an object without value for the rest of the code.
  return isGone ? { destroyDate: context.now(), ...given } : given;
}
