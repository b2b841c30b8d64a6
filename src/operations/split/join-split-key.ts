import { type Part, type Sharing } from '#crypto/sharing/secret-sharing';
import { attributeSet } from '#objects/attributes/attribute-groups';
import { attributeRow, type Attributes } from '#objects/attributes/attributes';
import { objectTypeOf } from '#objects/managed-object';
import { atMost } from '#protocol/bounds';
import { enumeration } from '#protocol/codecs';
import { many, optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier, type ObjectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_2, V2_0 } from '#protocol/versions';
import { formatAsked, withoutFormat } from '#operations/new-object/requested-key-format';
import type { Context, Loaded } from '#operations/context';
import { attributesToMake } from '#operations/new-object/requested-attributes';
import { guardedBy } from '#operations/new-object/inherited-guards';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { joinedStructure, secretIn } from './joined-secret.ts';
import { inFormat } from '#operations/key-material/key-format';
import { defineOperation } from '#operations/operation';
import { checkProtectionStorage, protectionStorageMasks } from '#operations/new-object/protection-storage';
import { examine } from '#operations/key-material/registration-rules';
import { checkWork, isSplitType, loadToTake, maximumParts, ownOf, sharingOf, type SplitKey } from './split-keys.ts';
import { openBytes } from '#operations/key-material/usable-key';

/** KMIP 2.1 §6.1.27 (1.4 §4.39). Joins the parts of a key into one object. */
export const joinSplitKey = defineOperation('JoinSplitKey', {
  rights: ['create', 'fetch', 'read'],
  served: 'withinQuotas',
  request: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    uniqueIdentifier: many(Tag.UniqueIdentifier, objectReference, atMost(maximumParts, 'ServerLimitExceeded')),
    secretDataType: optional(Tag.SecretDataType, enumeration('SecretDataType')),
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'optional'),
    protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType'), { until: V1_2 }),
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
  },

  async run(request, context) {
    const { objectType, secretDataType, attributes, uniqueIdentifier: named = [] } = request;
    checkProtectionStorage(request.protectionStorageMasks);
    if (!isSplitType(objectType)) {
      throw new KmipError('InvalidObjectType', `Object Type ${objectType} is not supported for Join Split Key`);
    }
    if (secretDataType !== undefined && objectType !== 'SecretData') {
      throw new KmipError(
        'InvalidField',
        `Secret Data Type is valid only for Object Type SecretData, not ${objectType}`,
      );
    }
    const held = await loadParts(named, context);
    const sharing = await sharingOf(held[0].structure, context);
    checkTogether(held, sharing);
    const asked = await attributesToMake(objectType, [withoutFormat(attributes)], context);
    const given = attributesOf(held, asked);
    const parts: Part[] = [];
    try {
      for (const { loaded, structure } of held) {
        parts.push({ identifier: structure.keyPartIdentifier, bytes: openBytes(loaded) });
      }
      checkLengths(parts, sharing);
      const joined = await context.heavily('joinSecret', { parts, sharing });
      const secret = secretIn(objectType, joined, sharing, given);
      joined.fill(0);
      const structure = inFormat(
        joinedStructure(objectType, secret, given, secretDataType),
        { keyFormatType: formatAsked(attributes) },
        { version: context.version, attributes: given },
      );
      const made = context.newObject({
        structure,
        given,
        found: await examine(structure, given, context),
        generated: false,
      });
      secret.fill(0);
      return { objectType, uniqueIdentifier: await commitNewObjects([made], context) };
    } finally {
      for (const { bytes } of parts) bytes.fill(0);
    }
  },
});

interface HeldPart {
  readonly loaded: Loaded;
  readonly structure: SplitKey;
}

/** In bytes: twice the maximum of `checkWork`. */
const maximumRoomOfParts = 32 * 1024 * 1024;

/** Loads at least one part, and no object twice. */
async function loadParts(
  named: readonly ObjectReference[],
  context: Context,
): Promise<readonly [HeldPart, ...HeldPart[]]> {
  const held: HeldPart[] = [];
  let room = 0;
  for (const reference of named) {
    const loaded = await loadToTake(reference, context);
    // All of them are in memory at once, as they were read.
    room += loaded.room;
    if (room > maximumRoomOfParts) {
      throw new KmipError(
        'ServerLimitExceeded',
        `the parts and their attributes must be at most ${maximumRoomOfParts} bytes in all`,
      );
    }
    const { id, structure } = loaded.object;
    if (structure.objectType !== 'SplitKey') {
      throw new KmipError('InvalidObjectType', `Object Type must be SplitKey, not ${objectTypeOf(loaded.object)}`);
    }
    if (held.some((each) => each.loaded.object.id === id))
      throw new KmipError('InvalidField', 'Unique Identifier must not name the same part twice');
    held.push({ loaded, structure });
  }
  const [first, ...others] = held;
  if (first === undefined) throw new KmipError('InvalidMessage', 'Join Split Key lacks Unique Identifier');
  return [first, ...others];
}

/** Fields that must be equal in all parts of one key. */
const common = ['splitKeyParts', 'splitKeyThreshold', 'splitKeyMethod', 'primeFieldSize', 'polynomial'] as const;

/**
 * @throws KmipError InvalidField for a part twice, BadCryptographicParameters for one of another key,
 * CryptographicFailure for too few.
 */
function checkTogether(held: readonly [HeldPart, ...HeldPart[]], { threshold }: Sharing): void {
  const [{ structure: first }] = held;
  const identifiers = new Set<number>();
  const sets = new Set<string>();
  for (const { structure } of held) {
    const { keyPartIdentifier, splitOf } = structure;
    if (identifiers.has(keyPartIdentifier)) {
      throw new KmipError('InvalidField', `Key Part Identifier ${keyPartIdentifier} must not be given twice`);
    }
    identifiers.add(keyPartIdentifier);
    if (splitOf !== undefined) sets.add(splitOf);
    if (sets.size > 1 || common.some((field) => structure[field] !== first[field])) {
      throw new KmipError(
        'BadCryptographicParameters',
        `part ${keyPartIdentifier} belongs to a different key than the other parts`,
      );
    }
  }
  if (held.length < threshold) {
    throw new KmipError(
      'CryptographicFailure',
      `${held.length} parts are given, but Split Key Threshold is ${threshold}`,
    );
  }
}

/** Parts are as long as the secret, except those in a prime field, which are numbers. */
function checkLengths(parts: readonly Part[], { method, threshold }: Sharing): void {
  const [first, ...others] = parts.map(({ bytes }) => bytes.length) as [number, ...number[]];
  checkWork(Math.max(first, ...others), threshold, parts.length);
  if (method === 'PolynomialSharingPrimeField' || others.every((length) => length === first)) return;
  throw new KmipError('BadCryptographicParameters', 'the parts have different lengths: they do not belong to one key');
}

/** The requested attributes, those that the parts have in common, and the stricter value of guards. */
function attributesOf(held: readonly [HeldPart, ...HeldPart[]], asked: Attributes): Attributes {
  const sources = held.map(({ loaded }) => loaded.object.attributes);
  const own = ownOf(sources[0] ?? {});
  for (const key of ['cryptographicAlgorithm', 'cryptographicLength'] as const) {
    const values = new Set([asked, ...sources].map((each) => each[key]).filter((value) => value !== undefined));
    if (values.size > 1)
      throw new KmipError(
        'InvalidAttributeValue',
        `${attributeRow(key).name} must be the same for all parts and the new object`,
      );
  }
  return { ...own, ...asked, ...guardedBy(sources, asked) };
}
