import type { Instance } from '#objects/attributes/attribute-codec';
import { maximumInstances, withInstance } from '#objects/attributes/attribute-collection';
import type { AttributeValue } from '#objects/attributes/attributes';
import { indexesOf, withNext, type ManagedObject } from '#objects/managed-object';
import { valueKey } from '#objects/value-key';
import { KmipError } from '#protocol/kmip-error';
import type { Context } from '#operations/context';

type Link = AttributeValue<'link'>;

/**
 * A Link may name its object in each of the ways of 2.1 §4.31; the identifier is stored. A text is stored as it is: it
 * need not be the identifier of an object of the caller.
 * @throws KmipError ObjectNotFound when one of the other ways leads to no object.
 */
export async function withLinkResolved(instance: Instance, context: Context): Promise<Instance> {
  if (instance.key !== 'link') return instance;
  const link = instance.value as Link;
  if (typeof link.linkedObjectIdentifier === 'string') return instance;
  const { object } = await context.load(link.linkedObjectIdentifier, 'read');
  return { ...instance, value: { ...link, linkedObjectIdentifier: object.id } };
}

export async function withLinksResolved(
  instances: readonly Instance[],
  context: Context,
): Promise<readonly Instance[]> {
  const unresolved = instances.filter(isUnresolved);
  if (unresolved.length === 0) return instances;
  if (unresolved.length > maximumInstances) {
    throw new KmipError('ServerLimitExceeded', `Link must be given at most ${maximumInstances} times`);
  }
  const identifiers = new Map<string, string>();
  const resolved: Instance[] = [];
  for (const each of instances) {
    if (!isUnresolved(each)) {
      resolved.push(each);
      continue;
    }
    const link = each.value as Link;
    const key = valueKey(link.linkedObjectIdentifier);
    const id = identifiers.get(key) ?? (await context.load(link.linkedObjectIdentifier, 'read')).object.id;
    identifiers.set(key, id);
    resolved.push({ ...each, value: { ...link, linkedObjectIdentifier: id } });
  }
  return resolved;
}

const isUnresolved = ({ key, value }: Instance): boolean =>
  key === 'link' && typeof (value as Link).linkedObjectIdentifier !== 'string';

/** Replaces a link of this type; its Attribute Index does not change (1.4 §2.1.1). */
export function linked(object: ManagedObject, linkType: Link['linkType'], id: string): ManagedObject {
  const to: Link = { linkType, linkedObjectIdentifier: id };
  const { link = [] } = object.attributes;
  const place = link.findIndex((each) => each.linkType === linkType);
  const attributes = { ...object.attributes, link: place < 0 ? [...link, to] : link.with(place, to) };
  return place < 0 ? withNext(object, attributes, { key: 'link' }) : { ...object, attributes };
}

/** With one more link. @throws KmipError ServerLimitExceeded when there are too many. */
const withLink = (object: ManagedObject, link: Link): ManagedObject =>
  withNext(object, withInstance(object.attributes, { key: 'link', value: link }), { key: 'link' });

/** The maximum of Derived Key Links of an object: every derivation writes all of them again. */
const maximumDerived = 100;

/**
 * Adds a Link to the last derived object. Above the maximum the oldest is dropped: the object derived at that time
 * still has its own Link, so that Locate finds every derived object.
 */
export function withDerived(object: ManagedObject, id: string): ManagedObject {
  const { link = [] } = object.attributes;
  const derived = link.flatMap(({ linkType }, place) => (linkType === 'DerivedKeyLink' ? [place] : []));
  const to: Link = { linkType: 'DerivedKeyLink', linkedObjectIdentifier: id };
  const [oldest] = derived;
  if (oldest === undefined || derived.length < maximumDerived) return withLink(object, to);
  const fewer = {
    ...object,
    attributes: { ...object.attributes, link: link.toSpliced(oldest, 1) },
    indexes: { ...object.indexes, link: indexesOf(object, 'link').toSpliced(oldest, 1) },
  };
  return withLink(fewer, to);
}
