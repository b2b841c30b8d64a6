import { type Instance } from '#objects/attributes/attribute-codec';
import { attributeReferences, listedAttributes } from '#objects/attributes/attribute-groups';
import { referenceId, referenceText, type Reference } from '#objects/attributes/attribute-reference';
import { maximumInstances } from '#objects/attributes/attribute-collection';
import { attributeRow, attributeRows } from '#objects/attributes/attributes';
import { allInstances, referredIn, type ManagedObject } from '#objects/managed-object';
import { asAnswered, atMost } from '#protocol/bounds';
import { grouped, optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { ServerFacts } from '#operations/context';
import { defineOperation } from '#operations/operation';

/** All attributes of the table, and as many names of custom attributes as one object can have. */
const namesAsked = atMost(attributeRows.size + maximumInstances);

/**
 * KMIP 2.1 §6.1.20 (1.4 §4.12). Returns the requested attributes that the object has. Absent ones, and ones that the
 * version does not have, are left out. The attributes of a destroyed object remain.
 */
export const getAttributes = defineOperation('GetAttributes', {
  rights: ['read'],
  served: 'inReserve',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    attributeReferences: grouped(Tag.AttributeReference, attributeReferences(namesAsked), 'optional'),
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
    // Always written: an empty Attributes in 2.x, no Attribute at all in 1.x.
    attributes: grouped(Tag.Attributes, listedAttributes(asAnswered), 'optional'),
  },

  async run(request, context) {
    const references = request.attributeReferences;
    if (references !== undefined) refuseRepeated(references);
    const { object } = await context.load(request.uniqueIdentifier, 'read');
    return {
      uniqueIdentifier: object.id,
      attributes: references?.flatMap(referredIn(object)) ?? unasked(object, context.server),
    };
  },
});

/** All attributes that clients can read; the official cases (SKLC-O-1-14, TL-M-3) require every attribute. */
const unasked = (object: ManagedObject, { interop }: ServerFacts): readonly Instance[] =>
  allInstances(object).filter(({ key }) => interop || attributeRow(key).onlyByName !== true);

function refuseRepeated(references: readonly Reference[]): void {
  const seen = new Set<string>();
  for (const reference of references) {
    const id = referenceId(reference);
    if (seen.has(id))
      throw new KmipError('InvalidMessage', `${referenceText(reference)} must not be requested more than once`);
    seen.add(id);
  }
}
