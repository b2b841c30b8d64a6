import { attributeSet } from '#objects/attributes/attribute-groups';
import type { ManagedObject } from '#objects/managed-object';
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
  linkToCertificate,
  publicKeyOf,
  requestFields,
  requestIn,
  requestOfObject,
} from './certification.ts';
import type { Context, Loaded, ObjectChange } from '#operations/context';
import { attributesToGive } from '#operations/new-object/requested-attributes';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { defineOperation } from '#operations/operation';
import { checkProtectionStorage, protectionStorageMasks } from '#operations/new-object/protection-storage';
import { checkReplaceable, inherited, replacedBy } from '#operations/new-object/replacement';

/**
 * KMIP 2.1 §6.1.45 (1.4 §4.8). Without a request the new certificate has the subject and the names of the existing one.
 */
export const reCertify = defineOperation('ReCertify', {
  rights: ['create', 'modify', 'read'],
  served: 'withinQuotas',
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
    if (await context.authority.hasRevoked(value)) {
      throw new KmipError('PermissionDenied', 'the certificate is revoked: it cannot be certified again');
    }
    const given = await attributesToGive('Certificate', [payload.attributes], context);
    checkType(given);
    const request =
      requestIn(payload) ?? (kept === undefined ? undefined : requestOfObject(await context.load(kept, 'read')));
    const attributes = inherited(existing.object, given, offset, context.now());
    const { publicKey, made, issued } = await certified(request ?? { certificate: value }, attributes, context);
    checkSameKey(await publicKeyOf(value, context), publicKey);
    const { id } = made.object;
    await commitNewObjects([made], context, [
      issued,
      replacedBy(existing, id, context),
      ...(await publicKeyChanges(existing.object, id, context)),
    ]);
    return { uniqueIdentifier: id };
  },
});

function certificateIn(loaded: Loaded): Uint8Array {
  checkReplaceable(loaded, 'Certificate');
  const held = loaded.openStructure();
  if (held.objectType !== 'Certificate' || held.certificateType !== 'X_509') {
    throw new KmipError('FeatureNotSupported', 'Certificate Type must be X_509');
  }
  return held.certificateValue;
}

/** "For the public key, the server SHALL change the Link attribute", if the client has access to it. */
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
