/**
 * What the operations that change attributes share: each loads, changes and commits one object, and has the same kind
 * of answer.
 */
import { type Instance } from '#objects/attributes/attribute-codec';
import { oneAttribute } from '#objects/attributes/attribute-groups';
import type { AttributeChange, Terms } from '#objects/attributes/attribute-changes';
import type { ManagedObject } from '#objects/managed-object';
import { grouped, required } from '#protocol/fields';
import { uniqueIdentifier, type ObjectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_4 } from '#protocol/versions';
import type { Context } from '#operations/context';

/** 1.x echoes the attribute with its index; 2.x does not. */
export const changeResponse = {
  uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
  attribute: grouped(Tag.Attribute, oneAttribute(Tag.Attribute), 'required', { until: V1_4 }),
};

/** The reasons that the operation's error table has for two failures (2.1 §6.1.2.1 and its like). */
export type Reasons = Pick<Terms, 'readOnly' | 'ambiguous'>;

export async function changeAttributes(
  reference: ObjectReference | undefined,
  reasons: Reasons,
  change: (object: ManagedObject, terms: Terms) => AttributeChange,
  context: Context,
): Promise<{ readonly uniqueIdentifier: string; readonly attribute: Instance }> {
  const loaded = await context.load(reference, 'modify');
  const terms = { ...reasons, version: context.version, now: context.now() };
  const { object, instance } = change(loaded.object, terms);
  await context.commit([{ update: loaded, to: object }]);
  return { uniqueIdentifier: object.id, attribute: instance };
}
