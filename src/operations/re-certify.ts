import { attributeSet } from '#objects/attribute-codec';
import { isServersOwn } from '#objects/attribute-rules';
import type { Attributes } from '#objects/attributes';
import { isDestroyed } from '#objects/life-cycle';
import { allInstances, attributesFrom, objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { rotation } from '#objects/rotation';
import { interval } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V2_0 } from '#protocol/versions';
import {
  certified,
  checkSameKey,
  checkType,
  linked,
  linkToCertificate,
  publicKeyOf,
  requestFields,
  requestIn,
  requestOfObject,
} from './certification.ts';
import type { Context, Loaded, ObjectChange } from './context.ts';
import { attributesToGive } from './given.ts';
import { defineOperation } from './operation.ts';
import { checkProtectionStorage, protectionStorageMasks } from './protection-storage.ts';
import { changed } from './state-change.ts';

/** KMIP 2.1 §6.1.45 (1.4 §4.8). Without a request the new certificate has the subject and the names of the existing one. */
export const reCertify = defineOperation('ReCertify', {
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    certificateRequestUniqueIdentifier: optional(Tag.CertificateRequestUniqueIdentifier, objectReference, {
      since: V2_0,
    }),
    ...requestFields,
    offset: optional(Tag.Offset, interval),
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'optional'),
    protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run(payload, context) {
    const { uniqueIdentifier: reference, certificateRequestUniqueIdentifier: kept, offset } = payload;
    checkProtectionStorage(payload.protectionStorageMasks);
    const existing = await context.load(reference, 'modify');
    const value = certificateIn(existing);
    const given = await attributesToGive('Certificate', [payload.attributes], context);
    checkType(given);
    const request =
      requestIn(payload) ?? (kept === undefined ? undefined : requestOfObject(await context.load(kept, 'read')));
    const rotated = rotation(existing.object.attributes, context.now());
    const attributes = { ...rotated.replacement, ...renewed(existing.object, given, offset, context.now()) };
    const { object, material, publicKey } = certified(request ?? { certificate: value }, attributes, context);
    checkSameKey(publicKeyOf(value), publicKey);
    const to = linked(object, 'ReplacedObjectLink', existing.object.id);
    await context.commit([
      { create: to, ...(material === undefined ? {} : { material }) },
      { update: existing, to: replaced(existing.object, to.id, rotated.replaced, context.now()) },
      ...(await publicKeyChanges(existing.object, to.id, context)),
    ]);
    context.setPlaceholder(to.id);
    return { uniqueIdentifier: to.id };
  },
});

function certificateIn(loaded: Loaded): Uint8Array {
  const { object } = loaded;
  const type = objectTypeOf(object);
  if (type !== 'Certificate') throw new KmipError('InvalidObjectType', `a ${type} cannot be certified again`);
  if (isDestroyed(object.attributes.state)) throw new KmipError('ObjectDestroyed', 'the certificate was destroyed');
  const held = loaded.openStructure();
  if (held.objectType !== 'Certificate' || held.certificateType !== 'X_509') {
    throw new KmipError('FeatureNotSupported', 'only X.509 certificates are certified again');
  }
  return held.certificateValue;
}

/** Not taken over (2.1 §6.1.45, table 299): what is dated anew, and links that lead to what came before and after. */
const left: ReadonlySet<string> = new Set([
  ...['activationDate', 'deactivationDate', 'destroyDate', 'compromiseDate', 'compromiseOccurrenceDate', 'archiveDate'],
  ...['revocationReason', 'originalCreationDate', 'digest', 'fresh', 'certificateType'],
]);
const leftLinks: ReadonlySet<string> = new Set(['ReplacementObjectLink', 'ReplacedObjectLink']);

/** The client's own attributes of the existing certificate, those of the request before them. */
function renewed(
  { attributes: old, indexes }: ManagedObject,
  given: Attributes,
  offset: number | undefined,
  now: number,
): Attributes {
  if (offset !== undefined && (given.activationDate !== undefined || given.deactivationDate !== undefined)) {
    throw new KmipError('InvalidMessage', 'Offset leaves no Activation Date and Deactivation Date');
  }
  const own = allInstances({ attributes: old, indexes }).filter((each) => !left.has(each.key) && !isServersOwn(each));
  const { link, ...copied } = attributesFrom(own);
  const links = (link ?? []).filter(({ linkType }) => !leftLinks.has(linkType));
  return { ...copied, ...(links.length === 0 ? {} : { link: links }), ...datesOf(old, offset, now), ...given };
}

/** 2.1 §6.1.45, table 298. */
function datesOf(
  { activationDate, deactivationDate }: Attributes,
  offset: number | undefined,
  now: number,
): Attributes {
  if (offset === undefined) {
    return {
      ...(activationDate === undefined ? {} : { activationDate }),
      ...(deactivationDate === undefined ? {} : { deactivationDate }),
    };
  }
  const activation = now + offset;
  return {
    activationDate: activation,
    ...(deactivationDate === undefined || activationDate === undefined
      ? {}
      : { deactivationDate: deactivationDate + (activation - activationDate) }),
  };
}

/** "All name attributes are removed from the existing certificate." */
function replaced(existing: ManagedObject, id: string, rotated: Attributes, now: number): ManagedObject {
  const to = changed(linked(existing, 'ReplacementObjectLink', id), rotated, now);
  const { name: _name, ...attributes } = to.attributes;
  const { name: _index, ...indexes } = to.indexes;
  return { ...to, attributes, indexes };
}

/** "For the public key, the server SHALL change the Link attribute", when it is here and the caller's. */
async function publicKeyChanges({ attributes }: ManagedObject, id: string, context: Context): Promise<ObjectChange[]> {
  const link = attributes.link?.find(({ linkType }) => linkType === 'PublicKeyLink');
  if (link === undefined) return [];
  try {
    return [linkToCertificate(await context.load(link.linkedObjectIdentifier, 'modify'), id, context)];
  } catch (error) {
    if (error instanceof KmipError && error.reason === 'ObjectNotFound') return [];
    throw error;
  }
}
