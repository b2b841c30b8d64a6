/** What Create Key Pair and Re-key Key Pair share: the attributes of their requests, and the new key pair. */
import type { AsymmetricKey, Half } from '#crypto/keys/asymmetric-key';
import type { CurveKind } from '#crypto/keys/curves';
import { recipeOf } from '#crypto/keys/generate-key-pair';
import { defaultFormat, firstFormat, lengthOf, writeKey } from '#crypto/keys/key-formats';
import { attributeSet } from '#objects/attributes/attribute-groups';
import { attributeRow, keysWith, type Attributes, type AttributeValue } from '#objects/attributes/attributes';
import { withDefaults } from '#objects/creation-rules';
import { sameAs } from '#objects/value-key';
import type { MadeObject } from '#objects/new-object';
import { optional, required, type Shape } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { inRange, V2_0, type Version } from '#protocol/versions';
import { formatAsked, withoutFormat, type KeyFormatType } from './requested-key-format.ts';
import { domainParametersOf } from '#operations/key-material/asymmetric-keys';
import type { Context } from '#operations/context';
import { digestOfAsymmetric } from '#operations/key-material/default-digest';
import { attributesToGive } from './requested-attributes.ts';
import { checkProtectionStorage, protectionStorageMasks } from './protection-storage.ts';
import { generatorFor } from './random-number-generator.ts';

export const pairRequest = {
  common: attributeSet(Tag.CommonAttributes, Tag.CommonTemplateAttribute, 'optional'),
  ofPrivate: attributeSet(Tag.PrivateKeyAttributes, Tag.PrivateKeyTemplateAttribute, 'optional'),
  ofPublic: attributeSet(Tag.PublicKeyAttributes, Tag.PublicKeyTemplateAttribute, 'optional'),
  commonMasks: optional(Tag.CommonProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  privateMasks: optional(Tag.PrivateProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  publicMasks: optional(Tag.PublicProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
};

export const pairResponse = {
  privateKeyUniqueIdentifier: required(Tag.PrivateKeyUniqueIdentifier, uniqueIdentifier),
  publicKeyUniqueIdentifier: required(Tag.PublicKeyUniqueIdentifier, uniqueIdentifier),
};

/** The request for one half. */
export interface HalfAsked {
  readonly given: Attributes;
  /** The required format. */
  readonly format: KeyFormatType | undefined;
  /** The preferred format, where the key supports it: that of the replaced key. */
  readonly like?: KeyFormatType | undefined;
}
type Pair<T> = { readonly [H in Half]: T };

/** Common attributes apply to both halves, unless the set of a half has others. */
export async function pairAsked(
  { common, ofPrivate, ofPublic, commonMasks, privateMasks, publicMasks }: Shape<typeof pairRequest>,
  context: Context,
): Promise<Pair<HalfAsked>> {
  checkProtectionStorage(privateMasks ?? commonMasks, 'PrivateProtectionStorageUnavailable');
  checkProtectionStorage(publicMasks ?? commonMasks, 'PublicProtectionStorageUnavailable');
  const toPrivate = await attributesToGive('PrivateKey', [ofPrivate, common].map(withoutFormat), context);
  const toPublic = await attributesToGive('PublicKey', [ofPublic, common].map(withoutFormat), context);
  const shared = sharedAttributes(toPrivate, toPublic);
  return {
    private: { given: { ...toPrivate, ...shared }, format: formatAsked(ofPrivate, common) },
    public: { given: { ...toPublic, ...shared }, format: formatAsked(ofPublic, common) },
  };
}

/** Adds the caller's defaults (2.1 §6.1.53) to each half, for attributes that neither half has. */
export async function withPairDefaults(asked: Pair<HalfAsked>, context: Context): Promise<Pair<HalfAsked>> {
  const rules = await context.creationRules();
  const toPrivate = withDefaults('PrivateKey', asked.private.given, rules, context.version);
  const toPublic = withDefaults('PublicKey', asked.public.given, rules, context.version);
  const shared = sharedAttributes(toPrivate, toPublic);
  return {
    private: { ...asked.private, given: { ...toPrivate, ...shared } },
    public: { ...asked.public, given: { ...toPublic, ...shared } },
  };
}

/** What is said of one half in such an attribute holds for both. */
const sharedKeys = keysWith('sameInPair');

function sharedAttributes(ofPrivate: Attributes, ofPublic: Attributes): Attributes {
  const shared: { [key: string]: unknown } = {};
  for (const key of sharedKeys) {
    const [one, other] = [ofPrivate[key], ofPublic[key]];
    if (one !== undefined && other !== undefined && !sameAs(one)(other)) {
      throw new KmipError('InvalidAttributeValue', `${attributeRow(key).name} must be the same for both keys`);
    }
    if ((one ?? other) !== undefined) shared[key] = one ?? other;
  }
  return shared;
}

/**
 * The two objects, each with a Link to the other.
 * @throws KmipError InvalidAttribute when the private key's attributes do not determine the pair, InvalidAttributeValue
 * for an unsupported pair or format.
 * @param curveKind that of the replaced pair.
 */
export async function newKeyPair(
  asked: Pair<HalfAsked>,
  context: Context,
  curveKind?: CurveKind,
): Promise<Pair<MadeObject>> {
  const { cryptographicAlgorithm: algorithm, ...parameters } = asked.private.given;
  if (algorithm === undefined) {
    throw new KmipError('InvalidAttribute', 'Cryptographic Algorithm is required for a new key pair');
  }
  const { recommendedCurve, qlength } = parameters.cryptographicDomainParameters ?? {};
  const recipe = recipeOf(algorithm, {
    length: parameters.cryptographicLength,
    recommendedCurve,
    qlength,
    curveKind,
  });
  const { privateKey, publicKey } = await context.heavily('makeKeyPair', recipe);
  const [privateId, publicId] = [context.newIdentifier(), context.newIdentifier()];
  return {
    private: half(
      privateId,
      privateKey,
      asked.private,
      { linkType: 'PublicKeyLink', linkedObjectIdentifier: publicId },
      context,
    ),
    public: half(
      publicId,
      publicKey,
      asked.public,
      { linkType: 'PrivateKeyLink', linkedObjectIdentifier: privateId },
      context,
    ),
  };
}

function half(
  id: string,
  key: AsymmetricKey,
  { given, format, like }: HalfAsked,
  link: AttributeValue<'link'>,
  context: Context,
): MadeObject {
  const canBeLike = like !== undefined && writeKey(key, like, context.version) !== undefined;
  const keyFormatType = format ?? (canBeLike ? like : usualFormat(key, context.version));
  const keyMaterial = keyFormatType && writeKey(key, keyFormatType, context.version);
  if (keyFormatType === undefined || keyMaterial === undefined) {
    throw new KmipError(
      'InvalidAttributeValue',
      `Key Format Type ${format} is not supported for a ${key.family} ${key.half} key`,
    );
  }
  const parameters = domainParametersOf(key);
  const found: Attributes = {
    cryptographicLength: lengthOf(key),
    ...(parameters === undefined ? {} : { cryptographicDomainParameters: parameters }),
    // Some clients send no mask: the key gets one that permits nothing.
    cryptographicUsageMask: 0,
    ...digestOfAsymmetric(keyFormatType, key, context.version),
  };
  const { cryptographicAlgorithm, cryptographicLength } = { ...found, ...given };
  const keyBlock = { keyFormatType, keyValue: { keyMaterial }, cryptographicAlgorithm, cryptographicLength };
  return context.newObject({
    id,
    structure: key.half === 'private' ? { objectType: 'PrivateKey', keyBlock } : { objectType: 'PublicKey', keyBlock },
    given: { ...given, link: [...(given.link ?? []), link], ...generatorFor(given, context.server) },
    found,
    generated: true,
  });
}

/**
 * Versions with the attribute Key Format Type have a table of default formats; clients of older versions expect the
 * formats of other servers.
 */
const usualFormat = (key: AsymmetricKey, version: Version): ReturnType<typeof firstFormat> =>
  inRange(attributeRow('keyFormatType'), version) ? defaultFormat(key) : firstFormat(key, version);
