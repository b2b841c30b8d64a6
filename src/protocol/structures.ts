/**
 * Structures that several payloads, attributes and headers share (KMIP 2.1 chapters 3, 7 and 9; 1.x §2.1 and chapter
 * 6).
 */
import { ItemType } from '#ttlv/item';
import { atMostDistinct } from './bounds.ts';
import {
  boolean,
  bigInteger,
  bytes,
  enumeration,
  integer,
  tagText,
  text,
  tooLong,
  wrongType,
  type Codec,
} from './codecs.ts';
import { enumerationNumber, enumerationValue, type EnumerationValue } from './enumerations.ts';
import { many, optional, required, structure } from './fields.ts';
import { KmipError } from './kmip-error.ts';
import { Tag } from './tags.ts';
import { majorOf, minorOf, rulesOf, V1_1, V1_2, V1_4, V2_0, versionOf, type WireVersion } from './versions.ts';

/** KMIP 2.1 §9.16 (1.4 §6.1), as one number. */
const versionParts = structure('Protocol Version', {
  major: required(Tag.ProtocolVersionMajor, integer),
  minor: required(Tag.ProtocolVersionMinor, integer),
});
export const protocolVersion: Codec<WireVersion> = {
  read(item, version) {
    const { major, minor } = versionParts.read(item, version);
    if (major < 0 || minor < 0 || major > 0xff || minor > 0xff) {
      throw new KmipError('InvalidMessage', 'Protocol Version is out of range');
    }
    return versionOf(major, minor);
  },
  write: (tag, value, version) => versionParts.write(tag, { major: majorOf(value), minor: minorOf(value) }, version),
};

/**
 * How a request names an object: by its identifier, and in 2.x also by the result of an earlier batch item (2.1 §4.58,
 * §11.58). `item` counts batch items from 0; negative numbers count backwards.
 */
export type ObjectReference =
  string | { readonly made: EnumerationValue<'UniqueIdentifier'> } | { readonly item: number };

/** Longer texts are no identifiers: Import accepts at most 255 bytes, and those of this server have 36. */
const maximumIdentifierLength = 256;

export const objectReference: Codec<ObjectReference> = {
  read(item, version) {
    if (item.type === ItemType.TextString) {
      if (item.value.length > maximumIdentifierLength) {
        throw tooLong(item.tag, maximumIdentifierLength);
      }
      return item.value;
    }
    if (rulesOf(version).identifiersAreTyped) {
      if (item.type === ItemType.Integer) return { item: item.value };
      if (item.type === ItemType.Enumeration) {
        const made = enumerationValue('UniqueIdentifier', item.value, version);
        if (made === undefined || made.startsWith('0x')) {
          throw new KmipError('InvalidField', `${tagText(item.tag)} has no value ${item.value}`);
        }
        return { made: made as EnumerationValue<'UniqueIdentifier'> };
      }
      throw wrongType(item, 'Text String, Enumeration or Integer');
    }
    throw wrongType(item, 'Text String');
  },
  write(tag, value) {
    if (typeof value === 'string') return { tag, type: ItemType.TextString, value };
    if ('item' in value) return { tag, type: ItemType.Integer, value: value.item };
    const number = enumerationNumber('UniqueIdentifier', value.made);
    if (number === undefined) throw new Error(`Unique Identifier has no value ${value.made}`);
    return { tag, type: ItemType.Enumeration, value: number };
  },
};

/** An identifier in an answer of this server: always a text. */
export const uniqueIdentifier: Codec<string> = text;

/** KMIP 2.1 §4.16 (1.4 §3.6). */
export const cryptographicParameters = structure('Cryptographic Parameters', {
  blockCipherMode: optional(Tag.BlockCipherMode, enumeration('BlockCipherMode')),
  paddingMethod: optional(Tag.PaddingMethod, enumeration('PaddingMethod')),
  hashingAlgorithm: optional(Tag.HashingAlgorithm, enumeration('HashingAlgorithm')),
  keyRoleType: optional(Tag.KeyRoleType, enumeration('KeyRoleType')),
  digitalSignatureAlgorithm: optional(Tag.DigitalSignatureAlgorithm, enumeration('DigitalSignatureAlgorithm'), {
    since: V1_2,
  }),
  cryptographicAlgorithm: optional(Tag.CryptographicAlgorithm, enumeration('CryptographicAlgorithm'), { since: V1_2 }),
  randomIV: optional(Tag.RandomIV, boolean, { since: V1_2 }),
  ivLength: optional(Tag.IVLength, integer, { since: V1_2 }),
  tagLength: optional(Tag.TagLength, integer, { since: V1_2 }),
  fixedFieldLength: optional(Tag.FixedFieldLength, integer, { since: V1_2 }),
  invocationFieldLength: optional(Tag.InvocationFieldLength, integer, { since: V1_2 }),
  counterLength: optional(Tag.CounterLength, integer, { since: V1_2 }),
  initialCounterValue: optional(Tag.InitialCounterValue, integer, { since: V1_2 }),
  saltLength: optional(Tag.SaltLength, integer, { since: V1_4 }),
  maskGenerator: optional(Tag.MaskGenerator, enumeration('MaskGenerator'), { since: V1_4 }),
  maskGeneratorHashingAlgorithm: optional(Tag.MaskGeneratorHashingAlgorithm, enumeration('HashingAlgorithm'), {
    since: V1_4,
  }),
  pSource: optional(Tag.PSource, bytes, { since: V1_4 }),
  trailerField: optional(Tag.TrailerField, integer, { since: V1_4 }),
});
export type CryptographicParameters = ReturnType<typeof cryptographicParameters.read>;

/** KMIP 2.1 §7.36 (1.4 §2.1.18). */
export const rngParameters = structure('RNG Parameters', {
  rngAlgorithm: required(Tag.RNGAlgorithm, enumeration('RNGAlgorithm')),
  cryptographicAlgorithm: optional(Tag.CryptographicAlgorithm, enumeration('CryptographicAlgorithm')),
  cryptographicLength: optional(Tag.CryptographicLength, integer),
  hashingAlgorithm: optional(Tag.HashingAlgorithm, enumeration('HashingAlgorithm')),
  drbgAlgorithm: optional(Tag.DRBGAlgorithm, enumeration('DRBGAlgorithm')),
  recommendedCurve: optional(Tag.RecommendedCurve, enumeration('RecommendedCurve')),
  fips186Variation: optional(Tag.FIPS186Variation, enumeration('FIPS186Variation')),
  predictionResistance: optional(Tag.PredictionResistance, boolean),
});

const keyInformation = (where: string) =>
  structure(where, {
    uniqueIdentifier: required(Tag.UniqueIdentifier, objectReference),
    cryptographicParameters: optional(Tag.CryptographicParameters, cryptographicParameters),
  });
export const encryptionKeyInformation = keyInformation('Encryption Key Information');
export const macSignatureKeyInformation = keyInformation('MAC/Signature Key Information');

/** KMIP 2.1 §3.3 (1.4 §2.1.5): how a Key Value came to be wrapped. */
export const keyWrappingData = structure('Key Wrapping Data', {
  wrappingMethod: required(Tag.WrappingMethod, enumeration('WrappingMethod')),
  encryptionKeyInformation: optional(Tag.EncryptionKeyInformation, encryptionKeyInformation),
  macSignatureKeyInformation: optional(Tag.MACSignatureKeyInformation, macSignatureKeyInformation),
  macSignature: optional(Tag.MACSignature, bytes),
  ivCounterNonce: optional(Tag.IVCounterNonce, bytes),
  encodingOption: optional(Tag.EncodingOption, enumeration('EncodingOption'), { since: V1_1 }),
});
export type KeyWrappingData = ReturnType<typeof keyWrappingData.read>;

/** KMIP 2.1 §7.18 (1.4 §2.1.6): how a client asks for a wrapped key. */
export const keyWrappingSpecification = structure('Key Wrapping Specification', {
  wrappingMethod: required(Tag.WrappingMethod, enumeration('WrappingMethod')),
  encryptionKeyInformation: optional(Tag.EncryptionKeyInformation, encryptionKeyInformation),
  macSignatureKeyInformation: optional(Tag.MACSignatureKeyInformation, macSignatureKeyInformation),
  attributeName: many(Tag.AttributeName, text, atMostDistinct(100)),
  encodingOption: optional(Tag.EncodingOption, enumeration('EncodingOption'), { since: V1_1 }),
});
export type KeyWrappingSpecification = ReturnType<typeof keyWrappingSpecification.read>;

/** KMIP 2.1 §9.14 (1.4 §2.1.14). */
export const nonce = structure('Nonce', {
  nonceID: required(Tag.NonceID, bytes),
  nonceValue: required(Tag.NonceValue, bytes),
});

/** KMIP 2.1 §7.13 (1.4 §2.1.9). The tag may be repeated in a Query's answer. */
export const extensionInformation = structure('Extension Information', {
  extensionName: required(Tag.ExtensionName, text),
  extensionTag: optional(Tag.ExtensionTag, integer),
  extensionTypeNumber: optional(Tag.ExtensionType, integer, { until: V1_4 }),
  extensionType: optional(Tag.ExtensionType, enumeration('ItemType'), { since: V2_0 }),
  extensionEnumeration: optional(Tag.ExtensionEnumeration, integer, { since: V2_0 }),
  extensionAttribute: optional(Tag.ExtensionAttribute, boolean, { since: V2_0 }),
  extensionParentStructureTag: optional(Tag.ExtensionParentStructureTag, integer, { since: V2_0 }),
  extensionDescription: optional(Tag.ExtensionDescription, text, { since: V2_0 }),
});

/** KMIP 2.1 §2.8 (1.4 §2.2.5): the parameters of a split key, apart from its key block. */
export const splitKeyParameters = {
  splitKeyParts: required(Tag.SplitKeyParts, integer),
  keyPartIdentifier: required(Tag.KeyPartIdentifier, integer),
  splitKeyThreshold: required(Tag.SplitKeyThreshold, integer),
  splitKeyMethod: required(Tag.SplitKeyMethod, enumeration('SplitKeyMethod')),
  primeFieldSize: optional(Tag.PrimeFieldSize, bigInteger),
};
