/** The object types that Register accepts, one row each: the checks, and the attributes derived from the object. */
import type { Attributes, ObjectType } from '#objects/attributes/attributes';
import { isWrapped, type ObjectStructure } from '#objects/object-structure';
import { enumerationValues } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';
import { atRest } from '#protocol/versions';
import { examineAsymmetric } from './asymmetric-keys.ts';
import { attributesOfCertificate, attributesOfKeyWithin } from './certificate-attributes.ts';
import type { Context } from '#operations/context';
import { checkThreshold } from '#operations/split/split-keys';
import { digestOfSymmetric } from './default-digest.ts';
import { keyBytes } from './key-format.ts';
import { checkKeyBlock, checkSymmetricKey, saidByKeyBlock } from './key-block-rules.ts';

type StructureOf<T extends ObjectType> = Extract<ObjectStructure, { readonly objectType: T }>;

interface Registrable<T extends ObjectType> {
  /**
   * 2.1 §6.1.43 requires a Cryptographic Usage Mask for every Managed Cryptographic Object; the official cases register
   * Secret Data without one (SASED-M-2, BL-M-4).
   */
  readonly needsUsageMask: boolean;
  /** The attributes derived from the object. @throws KmipError when the text does not allow the object. */
  examine(object: StructureOf<T>, given: Attributes, context: Context): Attributes | Promise<Attributes>;
}

const registrable: { readonly [T in ObjectType]?: Registrable<T> } = {
  SymmetricKey: {
    needsUsageMask: true,
    examine({ keyBlock }, given, { version }) {
      checkKeyBlock(keyBlock, ['Raw', 'Opaque', 'TransparentSymmetricKey'], version);
      const found = saidByKeyBlock(keyBlock, given);
      checkSymmetricKey(keyBlock, { ...given, ...found });
      return { ...found, ...digestOfSymmetric(keyBlock.keyFormatType, keyBytes(keyBlock), version) };
    },
  },
  PublicKey: {
    needsUsageMask: true,
    examine: ({ keyBlock }, given, context) => examineAsymmetric('public', keyBlock, given, context),
  },
  PrivateKey: {
    needsUsageMask: true,
    examine: ({ keyBlock }, given, context) => examineAsymmetric('private', keyBlock, given, context),
  },
  SplitKey: {
    needsUsageMask: true,
    examine(part, given, { version }) {
      checkKeyBlock(part.keyBlock, ['Raw', 'Opaque'], version);
      checkSplitKey(part);
      return saidByKeyBlock(part.keyBlock, given);
    },
  },
  Certificate: {
    // BL-M-10 registers one without a mask.
    needsUsageMask: false,
    examine: (certificate, given, context) => attributesOfCertificate(certificate, given, context),
  },
  CertificateRequest: {
    needsUsageMask: false,
    async examine({ certificateRequestType: type, certificateRequestValue: value }, _given, context) {
      // CRMF and PEM are stored as they are: Certify reads them.
      if (type !== 'PKCS_10') return {};
      return { keyFormatType: 'PKCS_10', ...attributesOfKeyWithin(await context.heavily('readRequestKey', value)) };
    },
  },
  /** "KMIP implementers SHOULD treat the Key Block field as an opaque blob" (2.1 §2.4). */
  PGPKey: {
    needsUsageMask: true,
    examine({ keyBlock, pgpKeyVersion }, given, { version }) {
      checkKeyBlock(keyBlock, ['Raw', 'Opaque'], version);
      if (pgpKeyVersion !== 3 && pgpKeyVersion !== 4)
        throw new KmipError('InvalidField', 'PGP Key Version must be 3 or 4');
      return saidByKeyBlock(keyBlock, given);
    },
  },
  SecretData: {
    needsUsageMask: false,
    examine({ keyBlock }, given, { version }) {
      checkKeyBlock(keyBlock, ['Raw', 'Opaque'], version);
      return saidByKeyBlock(keyBlock, given);
    },
  },
  OpaqueObject: {
    needsUsageMask: false,
    // 2.1 §4.26, table 81.
    examine: ({ opaqueDataType }) => ({ opaqueDataType, keyFormatType: 'Opaque' }),
  },
  Template: {
    needsUsageMask: false,
    examine: () => ({}),
  },
};

/** In the order of the Object Type enumeration. */
export const registrableTypes = enumerationValues('ObjectType', atRest).filter((each) => each in registrable);

/** Checks the object by the row of its type. @throws KmipError InvalidObjectType when there is none. */
export async function examine(object: ObjectStructure, given: Attributes, context: Context): Promise<Attributes> {
  const row = registrable[object.objectType] as Registrable<ObjectType> | undefined;
  if (row === undefined) {
    throw new KmipError('InvalidObjectType', `Object Type ${object.objectType} is not supported`);
  }
  return await row.examine(object, given, context);
}

/** @throws KmipError InvalidAttribute when Register needs a Cryptographic Usage Mask for objects of this type. */
export function checkUsageMask(objectType: ObjectType, given: Attributes): void {
  if (registrable[objectType]?.needsUsageMask !== true || given.cryptographicUsageMask !== undefined) return;
  throw new KmipError('InvalidAttribute', `Cryptographic Usage Mask is required to register a ${objectType}`);
}

/** KMIP 2.1 §2.8. */
function checkSplitKey(part: StructureOf<'SplitKey'>): void {
  const { splitKeyParts, keyPartIdentifier, splitKeyThreshold, splitKeyMethod, primeFieldSize } = part;
  checkThreshold(splitKeyThreshold, splitKeyParts);
  if (keyPartIdentifier < 1 || keyPartIdentifier > splitKeyParts) {
    throw new KmipError('InvalidField', 'Key Part Identifier must be from 1 to Split Key Parts');
  }
  if (splitKeyMethod === 'PolynomialSharingPrimeField' && primeFieldSize === undefined) {
    throw new KmipError(
      'InvalidField',
      'Prime Field Size is required for Split Key Method PolynomialSharingPrimeField',
    );
  }
}

/** The key that the object's Key Value is wrapped with, if it is wrapped at all. */
export function wrappingKeyOf(object: ObjectStructure): ObjectReference | undefined {
  if (!('keyBlock' in object)) return undefined;
  const { keyValue, keyWrappingData } = object.keyBlock;
  if (keyValue === undefined || !isWrapped(keyValue)) return undefined;
  return (keyWrappingData?.encryptionKeyInformation ?? keyWrappingData?.macSignatureKeyInformation)?.uniqueIdentifier;
}
