import { isDeepStrictEqual } from 'node:util';
import type { AsymmetricKey } from '#crypto/asymmetric-key';
import { keyPairMaker } from '#crypto/generate-key-pair';
import { defaultFormat, firstFormat, lengthOf, writeKey } from '#crypto/key-formats';
import { attributeSet, type GivenAttributes } from '#objects/attribute-codec';
import { attributeRow, type AttributeKey, type Attributes, type AttributeValue } from '#objects/attributes';
import { newObject } from '#objects/new-object';
import { optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { inRange, V2_0, type Version } from '#protocol/versions';
import { domainParametersOf } from './asymmetric-keys.ts';
import type { Context } from './context.ts';
import { attributesToGive } from './given.ts';
import { defineOperation } from './operation.ts';
import { checkProtectionStorage, protectionStorageMasks } from './protection-storage.ts';
import { generatorFor } from './random-number-generator.ts';

/** KMIP 2.1 §6.1.9 (1.4 §4.2). Makes a public and a private key that belong together. */
export const createKeyPair = defineOperation('CreateKeyPair', {
  request: {
    common: attributeSet(Tag.CommonAttributes, Tag.CommonTemplateAttribute, 'optional'),
    ofPrivate: attributeSet(Tag.PrivateKeyAttributes, Tag.PrivateKeyTemplateAttribute, 'optional'),
    ofPublic: attributeSet(Tag.PublicKeyAttributes, Tag.PublicKeyTemplateAttribute, 'optional'),
    commonMasks: optional(Tag.CommonProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
    privateMasks: optional(Tag.PrivateProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
    publicMasks: optional(Tag.PublicProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: {
    privateKeyUniqueIdentifier: required(Tag.PrivateKeyUniqueIdentifier, uniqueIdentifier),
    publicKeyUniqueIdentifier: required(Tag.PublicKeyUniqueIdentifier, uniqueIdentifier),
  },

  async run({ common, ofPrivate, ofPublic, commonMasks, privateMasks, publicMasks }, context) {
    checkProtectionStorage(privateMasks ?? commonMasks, 'PrivateProtectionStorageUnavailable');
    checkProtectionStorage(publicMasks ?? commonMasks, 'PublicProtectionStorageUnavailable');
    const givenToPrivate = await attributesToGive('PrivateKey', [ofPrivate, common].map(withoutFormat), context);
    const givenToPublic = await attributesToGive('PublicKey', [ofPublic, common].map(withoutFormat), context);
    const shared = sharedAttributes(givenToPrivate, givenToPublic);
    const { cryptographicAlgorithm: algorithm, cryptographicLength: length } = shared;
    if (algorithm === undefined)
      throw new KmipError('InvalidAttribute', 'Create Key Pair needs a Cryptographic Algorithm');
    const { recommendedCurve, qlength } = shared.cryptographicDomainParameters ?? {};
    const makePair = keyPairMaker(algorithm, { length, recommendedCurve, qlength });
    const { privateKey, publicKey } = await context.heavily(makePair);

    const [privateId, publicId] = [context.newIdentifier(), context.newIdentifier()];
    const halves = [
      half(privateKey, formatAsked(ofPrivate, common), {
        id: privateId,
        given: { ...givenToPrivate, ...shared },
        link: { linkType: 'PublicKeyLink', linkedObjectIdentifier: publicId },
        context,
      }),
      half(publicKey, formatAsked(ofPublic, common), {
        id: publicId,
        given: { ...givenToPublic, ...shared },
        link: { linkType: 'PrivateKeyLink', linkedObjectIdentifier: privateId },
        context,
      }),
    ];
    try {
      await context.commit(
        halves.map(({ object, material }) => ({ create: object, ...(material === undefined ? {} : { material }) })),
      );
    } finally {
      for (const { material } of halves) material?.fill(0);
    }
    context.setPlaceholder(privateId);
    return { privateKeyUniqueIdentifier: privateId, publicKeyUniqueIdentifier: publicId };
  },
});

/** "SHALL contain the same value for both Private and Public Key" (2.1 table 191): said of one half, it holds for both. */
const sharedKeys = [
  'cryptographicAlgorithm',
  'cryptographicLength',
  'cryptographicDomainParameters',
  'cryptographicParameters',
] as const satisfies readonly AttributeKey[];

function sharedAttributes(ofPrivate: Attributes, ofPublic: Attributes): Attributes {
  const shared: { [key: string]: unknown } = {};
  for (const key of sharedKeys) {
    const [one, other] = [ofPrivate[key], ofPublic[key]];
    if (one !== undefined && other !== undefined && !isDeepStrictEqual(one, other)) {
      throw new KmipError('InvalidAttributeValue', `${attributeRow(key).name} must be the same for both keys`);
    }
    if ((one ?? other) !== undefined) shared[key] = one ?? other;
  }
  return shared as Attributes;
}

type KeyFormatType = AttributeValue<'keyFormatType'>;

/**
 * "A particular Key Format Type MAY be requested by the client if the cryptographic material is produced by the
 * server" (2.1 §4.26): it is the one attribute of the server's that these requests may give.
 */
const formatAsked = (...sets: readonly (GivenAttributes | undefined)[]): KeyFormatType | undefined =>
  sets.flatMap((set) => set?.instances ?? []).find(({ key }) => key === 'keyFormatType')?.value as
    KeyFormatType | undefined;

const withoutFormat = (set: GivenAttributes | undefined): GivenAttributes | undefined =>
  set && { ...set, instances: set.instances.filter(({ key }) => key !== 'keyFormatType') };

interface Half {
  readonly id: string;
  readonly given: Attributes;
  readonly link: AttributeValue<'link'>;
  readonly context: Context;
}

/** One of the two objects. The caller wipes the material once it is kept. */
function half(
  key: AsymmetricKey,
  asked: KeyFormatType | undefined,
  { id, given, link, context }: Half,
): ReturnType<typeof newObject> {
  const keyFormatType = asked ?? usualFormat(key, context.version);
  const keyMaterial = keyFormatType && writeKey(key, keyFormatType, context.version);
  if (keyFormatType === undefined || keyMaterial === undefined) {
    throw new KmipError('InvalidAttributeValue', `a ${key.half} key of ${key.family} has no such Key Format Type`);
  }
  const parameters = domainParametersOf(key);
  const found: Attributes = {
    cryptographicLength: lengthOf(key),
    ...(parameters === undefined ? {} : { cryptographicDomainParameters: parameters }),
    // Some make pairs without a mask: they get one that permits nothing.
    cryptographicUsageMask: 0,
  };
  const { cryptographicAlgorithm, cryptographicLength } = { ...found, ...given };
  const keyBlock = { keyFormatType, keyValue: { keyMaterial }, cryptographicAlgorithm, cryptographicLength };
  return newObject({
    id,
    owner: context.clientId,
    structure: key.half === 'private' ? { objectType: 'PrivateKey', keyBlock } : { objectType: 'PublicKey', keyBlock },
    given: { ...given, link: [...(given.link ?? []), link], ...generatorFor(given, context.server) },
    found,
    now: context.now(),
    generated: true,
  });
}

/** The versions with an attribute for it have a table of defaults too; clients of older ones expect the formats of others. */
const usualFormat = (key: AsymmetricKey, version: Version): ReturnType<typeof firstFormat> =>
  inRange(attributeRow('keyFormatType'), version) ? defaultFormat(key) : firstFormat(key, version);
