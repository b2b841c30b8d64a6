/** What Register takes, one row an object type: what is checked, and what the object says of itself. */
import type { Attributes, ObjectType } from '#objects/attributes';
import { isWrapped, type ObjectStructure } from '#objects/object-structure';
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';
import type { Version } from '#protocol/versions';
import { checkKeyBlock, checkSymmetricKey, saidByKeyBlock } from './key-block-rules.ts';

type StructureOf<T extends ObjectType> = Extract<ObjectStructure, { readonly objectType: T }>;

interface Registrable<T extends ObjectType> {
  /**
   * 2.1 §6.1.43 demands a Cryptographic Usage Mask for every Managed Cryptographic Object; the official cases register Secret Data without one
   * (SASED-M-2, BL-M-4).
   */
  readonly needsUsageMask: boolean;
  /** What the server finds out about the object. @throws KmipError when it is none that the text allows. */
  examine(object: StructureOf<T>, given: Attributes, version: Version): Attributes;
}

const registrable: { readonly [T in ObjectType]?: Registrable<T> } = {
  SymmetricKey: {
    needsUsageMask: true,
    examine({ keyBlock }, given, version) {
      checkKeyBlock(keyBlock, ['Raw', 'Opaque', 'TransparentSymmetricKey'], version);
      const found = saidByKeyBlock(keyBlock, given);
      checkSymmetricKey(keyBlock, { ...given, ...found });
      return found;
    },
  },
  SecretData: {
    needsUsageMask: false,
    examine({ keyBlock }, given, version) {
      checkKeyBlock(keyBlock, ['Raw', 'Opaque'], version);
      return saidByKeyBlock(keyBlock, given);
    },
  },
  OpaqueObject: {
    needsUsageMask: false,
    examine: ({ opaqueDataType }) => ({ opaqueDataType }),
  },
  Template: {
    needsUsageMask: false,
    examine: () => ({}),
  },
};

export const registrableTypes = Object.keys(registrable) as readonly ObjectType[];

/** Checks the object by the row of its type. @throws KmipError InvalidObjectType when there is none. */
export function examine(object: ObjectStructure, given: Attributes, version: Version): Attributes {
  const row = registrable[object.objectType] as Registrable<ObjectType> | undefined;
  if (row === undefined) {
    throw new KmipError('InvalidObjectType', `this server does not take objects of type ${object.objectType}`);
  }
  if (row.needsUsageMask && given.cryptographicUsageMask === undefined) {
    throw new KmipError('InvalidAttribute', `Register of a ${object.objectType} needs a Cryptographic Usage Mask`);
  }
  return row.examine(object, given, version);
}

/** The key that the object's Key Value is wrapped with, if it is wrapped at all. */
export function wrappingKeyOf(object: ObjectStructure): ObjectReference | undefined {
  if (!('keyBlock' in object)) return undefined;
  const { keyValue, keyWrappingData } = object.keyBlock;
  if (keyValue === undefined || !isWrapped(keyValue)) return undefined;
  return (keyWrappingData?.encryptionKeyInformation ?? keyWrappingData?.macSignatureKeyInformation)?.uniqueIdentifier;
}
