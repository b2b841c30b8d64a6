import { truncatedTo } from '#crypto/derivation/key-derivation';
import { symmetricKeyBytes } from '#crypto/keys/symmetric-keys';
import { attributeSet } from '#objects/attributes/attribute-groups';
import type { Attributes, ObjectType } from '#objects/attributes/attributes';
import { objectTypeOf } from '#objects/managed-object';
import type { MadeObject } from '#objects/new-object';
import { keyLengthNotSupported } from '#objects/object-errors';
import type { ObjectStructure } from '#objects/object-structure';
import { atMost } from '#protocol/bounds';
import { enumeration } from '#protocol/codecs';
import { many, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier, type ObjectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { formatAsked, withoutFormat } from '#operations/new-object/requested-key-format';
import type { Context, Loaded, ObjectChange } from '#operations/context';
import { digestOfSymmetric } from '#operations/key-material/default-digest';
import { derivationParameters, derive } from './derivation.ts';
import { attributesToMake } from '#operations/new-object/requested-attributes';
import { guardedBy } from '#operations/new-object/inherited-guards';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { inFormat } from '#operations/key-material/key-format';
import { withDerived } from '#operations/attributes/link';
import { defineOperation } from '#operations/operation';
import { generatorFor } from '#operations/new-object/random-number-generator';
import { changed } from '#operations/life-cycle/state-change';
import { loadToUse } from '#operations/key-material/usable-key';

/** KMIP 2.1 §6.1.14 (1.4 §4.6). Derives a key or Secret Data from other objects. */
export const deriveKey = defineOperation('DeriveKey', {
  rights: ['create', 'use', 'read'],
  served: 'withinQuotas',
  request: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    uniqueIdentifier: many(Tag.UniqueIdentifier, objectReference, atMost(2)),
    derivationMethod: required(Tag.DerivationMethod, enumeration('DerivationMethod')),
    derivationParameters: required(Tag.DerivationParameters, derivationParameters),
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'required'),
  },
  response: {
    uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier),
  },

  async run(request, context) {
    const { objectType, uniqueIdentifier: named = [], derivationMethod, derivationParameters: parameters } = request;
    const { attributes } = request;
    if (objectType !== 'SymmetricKey' && objectType !== 'SecretData') {
      throw new KmipError('InvalidObjectType', `Object Type must be SymmetricKey or SecretData, not ${objectType}`);
    }
    const bases = await loadBases(named, context);
    const asked = await attributesToMake(objectType, [withoutFormat(attributes)], context);
    const given = { ...asked, ...guardOf(derivationMethod, bases, asked) };
    const length = lengthOf(objectType, given);
    const { bytes, charged } = await derive(derivationMethod, bases, parameters, length, context);
    const key = truncatedTo(length, bytes);

    const keyFormatType = formatAsked(attributes);
    const links = bases.map(({ object }) => ({
      linkType: 'DerivationBaseObjectLink' as const,
      linkedObjectIdentifier: object.id,
    }));
    let made: MadeObject;
    try {
      const structure = derivedStructure(objectType, key, given);
      made = context.newObject({
        structure: inFormat(structure, { keyFormatType }, { version: context.version, attributes: given }),
        given: { ...given, link: [...(given.link ?? []), ...links], ...generatorFor(given, context.server) },
        // Some clients send no mask: the key gets one that permits nothing.
        found: { cryptographicUsageMask: 0, ...digestOfSymmetric(keyFormatType ?? 'Raw', key, context.version) },
        generated: true,
      });
    } finally {
      key.fill(0);
    }
    const others = bases.map((base): ObjectChange => {
      const { object } = base;
      const used = { ...object, attributes: charged.get(base) ?? object.attributes };
      return { update: base, to: changed(withDerived(used, made.object.id), {}, context.now()) };
    });
    return { uniqueIdentifier: await commitNewObjects([made], context, others) };
  },
});

/** The types that at least one method derives from; `derive` checks those of the method. */
const derivable: readonly ObjectType[] = ['SymmetricKey', 'SecretData', 'PrivateKey', 'PublicKey'];

/** Loads one or two objects that may be used for derivation now. */
async function loadBases(named: readonly ObjectReference[], context: Context): Promise<readonly Loaded[]> {
  if (named.length === 0) throw new KmipError('InvalidMessage', 'Derive Key lacks Unique Identifier');
  const bases: Loaded[] = [];
  for (const reference of named) {
    // "The current value of the ID Placeholder SHALL NOT be used in place of a Unique Identifier in this operation."
    if (typeof reference === 'object' && 'made' in reference && reference.made === 'IDPlaceholder') {
      throw new KmipError('InvalidField', 'Unique Identifier must not be the ID Placeholder in Derive Key');
    }
    const base = await loadToUse(reference, 'DeriveKey', context, derivable);
    if (bases.some(({ object }) => object.id === base.object.id)) {
      throw new KmipError('InvalidField', 'Unique Identifier must not name the same object twice');
    }
    bases.push(base);
  }
  return bases;
}

/**
 * Guards for a key derived by encryption: the holder of the key can decrypt the result, so encrypted Secret Data must
 * stay protected in it. With two objects, one is that data; other methods cannot be reversed.
 */
const guardOf = (method: string, bases: readonly Loaded[], asked: Attributes): Attributes =>
  method === 'ENCRYPT' && bases.length > 1
    ? guardedBy(
        bases.filter(({ object }) => objectTypeOf(object) === 'SecretData').map(({ object }) => object.attributes),
        asked,
      )
    : {};

/** In bits, the maximum of symmetric keys: methods with output of any length make all of it at once. */
const maximumSecret = 8_388_608;

/** In bytes. "The client SHALL specify the desired length", and for a key also the algorithm. */
function lengthOf(objectType: ObjectType, given: Attributes): number {
  const { cryptographicAlgorithm: algorithm, cryptographicLength: bits } = given;
  if (bits === undefined) throw new KmipError('InvalidAttribute', 'Cryptographic Length is required for Derive Key');
  if (objectType === 'SymmetricKey') {
    if (algorithm === undefined)
      throw new KmipError('InvalidAttribute', 'Cryptographic Algorithm is required for a Symmetric Key');
    const length = symmetricKeyBytes(algorithm, bits);
    if (length !== undefined) return length;
    throw keyLengthNotSupported(algorithm, bits);
  }
  if (bits >= 8 && bits <= maximumSecret && bits % 8 === 0) return bits / 8;
  throw new KmipError(
    'InvalidAttributeValue',
    `Cryptographic Length must be a multiple of 8 bits up to ${maximumSecret}`,
  );
}

function derivedStructure(
  objectType: 'SymmetricKey' | 'SecretData',
  key: Uint8Array,
  given: Attributes,
): ObjectStructure {
  const { cryptographicAlgorithm, cryptographicLength } = given;
  const said = cryptographicAlgorithm === undefined ? {} : { cryptographicAlgorithm, cryptographicLength };
  const keyBlock = { keyFormatType: 'Raw', keyValue: { keyMaterial: key }, ...said } as const;
  return objectType === 'SymmetricKey' ? { objectType, keyBlock } : { objectType, secretDataType: 'Seed', keyBlock };
}
