/**
 * The attributes that a request gives to a new object, with those of the Templates that it names in 1.x (1.4 §2.1.8).
 */
import type { Instance } from '#objects/attributes/attribute-codec';
import type { GivenAttributes } from '#objects/attributes/attribute-groups';
import { givenAttributes } from '#objects/attributes/attribute-rules';
import { attributeRow, type Attributes, type AttributeValue, type ObjectType } from '#objects/attributes/attributes';
import { besideMaterial, withDefaults } from '#objects/creation-rules';
import { InstanceSet } from '#objects/attributes/instance-set';
import type { ManagedObject } from '#objects/managed-object';
import { objectArchived } from '#objects/object-errors';
import { templateAttributes } from '#objects/template';
import { KmipError } from '#protocol/kmip-error';
import type { Context } from '#operations/context';
import { withLinksResolved } from '#operations/attributes/link';

/**
 * The attributes of a request. Earlier sets take precedence; each set includes the attributes of its Templates, but not
 * the names of the Templates.
 */
export async function attributesToGive(
  objectType: ObjectType,
  sets: readonly (GivenAttributes | undefined)[],
  context: Context,
): Promise<Attributes> {
  const [only] = sets;
  if (only !== undefined && sets.length === 1 && (only.templates ?? []).length === 0) {
    return await checked(objectType, only.instances, context);
  }
  const joined: Instance[] = [];
  const there = new InstanceSet();
  const join = async (instances: readonly Instance[]): Promise<void> => {
    const added = there.joining(instances, 'union');
    there.add(added);
    for (const each of added) joined.push(each);
    await context.pace(4 * instances.length);
  };
  for (const set of sets) {
    await join(set?.instances ?? []);
    // "The value in the last of the conflicting templates takes precedence": the last Template is added first.
    for (const name of (set?.templates ?? []).toReversed()) {
      const inherited = templateAttributes(await templateNamed(name, context));
      await join(inherited.filter(({ key }) => key !== 'name' && attributeRow(key).objects.has(objectType)));
    }
  }
  return await checked(objectType, joined, context);
}

async function checked(objectType: ObjectType, instances: readonly Instance[], context: Context): Promise<Attributes> {
  const given = givenAttributes(objectType, await withLinksResolved(instances, context), context.version);
  const turn = context.pace(instances.length);
  if (turn !== undefined) await turn;
  return given;
}

/**
 * The same for an object that the server makes, with the caller's defaults (2.1 §6.1.53) for attributes that the
 * request leaves out.
 */
export async function attributesToMake(
  objectType: ObjectType,
  sets: readonly (GivenAttributes | undefined)[],
  context: Context,
): Promise<Attributes> {
  const given = await attributesToGive(objectType, sets, context);
  return withDefaults(objectType, given, await context.creationRules(), context.version);
}

/**
 * The same for an object that the client registers: defaults do not apply to attributes that follow from the object.
 */
export async function attributesToRegister(
  objectType: ObjectType,
  sets: readonly (GivenAttributes | undefined)[],
  context: Context,
): Promise<Attributes> {
  const given = await attributesToGive(objectType, sets, context);
  return withDefaults(objectType, given, besideMaterial(await context.creationRules()), context.version);
}

async function templateNamed(name: AttributeValue<'name'>, context: Context): Promise<ManagedObject> {
  const query: Instance[] = [
    { key: 'name', value: name },
    { key: 'objectType', value: 'Template' },
  ];
  for await (const { object } of context.find({ instances: query })) return object;
  for await (const _ of context.find({ instances: query, storage: ['ArchivalStorage'] })) {
    throw objectArchived('Template');
  }
  throw new KmipError('ItemNotFound', 'Template not found: no Template with this Name is accessible to this client');
}
