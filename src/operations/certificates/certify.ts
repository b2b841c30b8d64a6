import { writePublicInfo } from '#crypto/keys/key-containers';
import { attributeSet } from '#objects/attributes/attribute-groups';
import type { Attributes } from '#objects/attributes/attributes';
import { isDestroyed } from '#objects/life-cycle';
import { objectTypeOf } from '#objects/managed-object';
import { objectDestroyed } from '#objects/object-errors';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { atRest, V2_0 } from '#protocol/versions';
import { keyIn } from '#operations/key-material/asymmetric-keys';
import {
  certified,
  checkSameKey,
  checkType,
  linkToCertificate,
  requestFields,
  requestIn,
  requestOfObject,
} from './certification.ts';
import type { CertificateHolder, Loaded } from '#operations/context';
import { attributesToMake } from '#operations/new-object/requested-attributes';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { linked } from '#operations/attributes/link';
import { defineOperation } from '#operations/operation';
import { checkProtectionStorage, protectionStorageMasks } from '#operations/new-object/protection-storage';

/**
 * KMIP 2.1 §6.1.6 (1.4 §4.7). The certificate expires at the Deactivation Date, when one is given. For a public key
 * without a request, the Common Name is its Name, or else its Unique Identifier.
 */
export const certify = defineOperation('Certify', {
  rights: ['create', 'modify', 'read'],
  served: 'withinQuotas',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    ...requestFields,
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'optional'),
    protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run({ uniqueIdentifier: reference, attributes, protectionStorageMasks: wanted, ...payload }, context) {
    checkProtectionStorage(wanted);
    const given = await attributesToMake('Certificate', [attributes], context);
    checkType(given);
    const request = requestIn(payload);
    // Without a request the ID Placeholder names the public key; with one it is not used.
    const named =
      request === undefined || reference !== undefined ? await context.load(reference, 'modify') : undefined;
    const publicKey = named !== undefined && objectTypeOf(named.object) === 'PublicKey' ? named : undefined;
    const holder = request ?? holderNamed(named as Loaded, given);
    const { publicKey: certifiedKey, made, issued } = await certified(holder, given, context);
    const { id } = made.object;
    if (publicKey === undefined) await commitNewObjects([made], context, [issued]);
    else {
      checkSameKey(keyOf(publicKey), certifiedKey);
      const object = linked(made.object, 'PublicKeyLink', publicKey.object.id);
      await commitNewObjects([{ ...made, object }], context, [issued, linkToCertificate(publicKey, id, context)]);
    }
    return { uniqueIdentifier: id };
  },
});

/** The holder of the certificate when there is no request. */
function holderNamed(named: Loaded, given: Attributes): CertificateHolder {
  const { object } = named;
  const type = objectTypeOf(object);
  if (type === 'CertificateRequest') return requestOfObject(named);
  if (type !== 'PublicKey')
    throw new KmipError('InvalidObjectType', `Object Type must be PublicKey or CertificateRequest, not ${type}`);
  const [name] = [...(given.name ?? []), ...(object.attributes.name ?? [])];
  return { publicKey: keyOf(named), commonName: name?.nameValue ?? object.id };
}

/** SubjectPublicKeyInfo. */
function keyOf(loaded: Loaded): Uint8Array {
  if (isDestroyed(loaded.object.attributes.state)) throw objectDestroyed('PublicKey');
  const held = loaded.openStructure();
  const key =
    held.objectType === 'PublicKey' ? keyIn('public', held.keyBlock, loaded.object.attributes, atRest) : undefined;
  if (key === undefined || key.half !== 'public') {
    throw new KmipError('InvalidField', 'the public key cannot be read: it is opaque, wrapped or absent');
  }
  return writePublicInfo(key);
}
