/** The attributes that a request gives to a new object, with those of the Templates that it names in 1.x (1.4 §2.1.8). */
import type { GivenAttributes, Instance } from '#objects/attribute-codec';
import { referenceId } from '#objects/attribute-reference';
import { givenAttributes } from '#objects/attribute-rules';
import { attributeRow, type Attributes, type AttributeValue, type ObjectType } from '#objects/attributes';
import type { ManagedObject } from '#objects/managed-object';
import { templateAttributes } from '#objects/template';
import { KmipError } from '#protocol/kmip-error';
import type { Context } from './context.ts';
import { withLinkResolved } from './link.ts';

/** What the client gives directly stands before what a Template says; a Template's own names stay with it. */
export async function attributesToGive(
  objectType: ObjectType,
  given: GivenAttributes,
  context: Context,
): Promise<Attributes> {
  const named = new Set(given.instances.map(referenceId));
  const fromTemplates: Instance[] = [];
  for (const name of given.templates) {
    for (const instance of templateAttributes(await templateNamed(name, context))) {
      const inherited = instance.key !== 'name' && attributeRow(instance.key).objects.has(objectType);
      if (inherited && !named.has(referenceId(instance))) fromTemplates.push(instance);
    }
  }
  const instances = [...given.instances, ...fromTemplates];
  const resolved: Instance[] = [];
  for (const each of instances) resolved.push(await withLinkResolved(each, context));
  return givenAttributes(objectType, resolved, context.version);
}

async function templateNamed(name: AttributeValue<'name'>, context: Context): Promise<ManagedObject> {
  const query: Instance[] = [
    { key: 'name', value: name },
    { key: 'objectType', value: 'Template' },
  ];
  for await (const { object } of context.find({ instances: query })) return object;
  throw new KmipError('ItemNotFound', 'no Template has the Name given');
}
