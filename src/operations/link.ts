import type { Instance } from '#objects/attribute-codec';
import type { AttributeValue } from '#objects/attributes';
import type { Context } from './context.ts';

/**
 * A Link says what it links to in any of the ways in which objects are named (2.1 §4.31); kept is the identifier. One
 * that is given as text is kept as it is: the text does not ask for an object of the caller's behind it.
 * @throws KmipError ObjectNotFound when another way leads to no object.
 */
export async function withLinkResolved(instance: Instance, context: Context): Promise<Instance> {
  if (instance.key !== 'link') return instance;
  const link = instance.value as AttributeValue<'link'>;
  if (typeof link.linkedObjectIdentifier === 'string') return instance;
  const { object } = await context.load(link.linkedObjectIdentifier, 'read');
  return { ...instance, value: { ...link, linkedObjectIdentifier: object.id } };
}

export async function withLinksResolved(
  instances: readonly Instance[],
  context: Context,
): Promise<readonly Instance[]> {
  const resolved: Instance[] = [];
  for (const each of instances) resolved.push(await withLinkResolved(each, context));
  return resolved;
}
