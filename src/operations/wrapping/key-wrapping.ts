/**
 * How Get wraps the returned object (KMIP 2.1 §3.3, §7.18, §11.62; 1.4 §2.1.5, §2.1.6). A key that was registered
 * wrapped is returned as it is, unless Key Wrap Type is Not Wrapped.
 */
import {
  referenceByName,
  referenceId,
  unknownAttribute,
  type Reference,
} from '#objects/attributes/attribute-reference';
import { attributeRow, type Attributes } from '#objects/attributes/attributes';
import { referredIn, type ManagedObject } from '#objects/managed-object';
import { encodeKeyValue, isWrapped, type KeyBlock, type ObjectStructure } from '#objects/object-structure';
import { quoted } from '#protocol/codecs';
import { KmipError } from '#protocol/kmip-error';
import type { KeyWrappingSpecification } from '#protocol/structures';
import { inRange, type Version } from '#protocol/versions';
import type { Context, Loaded, ObjectChange } from '#operations/context';
import { chargeUse } from '#operations/cryptography/usage-charge';
import { wrappingKeys } from './wrapping-keys.ts';
import { encodingOptionNotSupported, keyWrapTypeNotSupported, type WrappedSoFar } from './wrapping-steps.ts';

/** Methods that encrypt the whole key. */
const hiding: readonly string[] = ['Encrypt', 'EncryptThenMACSign', 'MACSignThenEncrypt', 'TR_31'];

export interface AskedWrapping {
  readonly keyWrapType?: string | undefined;
  readonly keyWrappingSpecification?: KeyWrappingSpecification | undefined;
}

/** Whether the value of the object leaves the server encrypted: as requested, or as it was registered (2.1 §4.55). */
export function isHidden(
  { structure }: ManagedObject,
  { keyWrapType, keyWrappingSpecification: asked }: AskedWrapping,
): boolean {
  if (keyWrapType === 'NotWrapped') return false;
  if (asked !== undefined) return hiding.includes(asked.wrappingMethod);
  const { keyValue, keyWrappingData } = 'keyBlock' in structure ? structure.keyBlock : {};
  return keyValue instanceof Uint8Array && hiding.includes(keyWrappingData?.wrappingMethod ?? '');
}

export interface Wrapped {
  readonly structure: ObjectStructure;
  /** Changes of the wrapping keys: charges to their Usage Limits. */
  readonly changes: readonly ObjectChange[];
}

/**
 * The object, in its final format, wrapped as requested. Its readable bytes are wiped.
 * @throws KmipError with the reasons of 2.1 §6.1.19.1.
 */
export async function inWrapping(
  object: ManagedObject,
  structure: ObjectStructure,
  { keyWrapType, keyWrappingSpecification: asked }: AskedWrapping,
  context: Context,
): Promise<Wrapped> {
  if (keyWrapType !== undefined) {
    if (asked !== undefined)
      throw new KmipError('InvalidField', 'Key Wrap Type must not be given with a Key Wrapping Specification');
    if (keyWrapType !== 'AsRegistered' && keyWrapType !== 'NotWrapped') {
      throw keyWrapTypeNotSupported(keyWrapType);
    }
  }
  if (asked === undefined) return { structure, changes: [] };
  if (!('keyBlock' in structure)) {
    throw new KmipError(
      'InvalidObjectType',
      `Object Type ${structure.objectType} cannot be wrapped: it has no Key Block`,
    );
  }
  const { keyBlock } = structure;
  const keys = await wrappingKeys(asked, object.id, context);
  const plain = bytesToWrap(object, keyBlock, asked, context.version);
  const costs = new Map<Loaded, Attributes>();
  let made: WrappedSoFar = { bytes: plain };
  try {
    for (const key of keys) {
      const { loaded } = key;
      const before = costs.get(loaded) ?? loaded.object.attributes;
      costs.set(loaded, chargeUse(before, { bytes: made.bytes.length }, context));
      made = await key.apply(made);
    }
  } finally {
    if (hiding.includes(asked.wrappingMethod)) wipe(plain, keyBlock);
  }
  const { bytes, ...results } = made;
  const named = keys.map(({ information, loaded }) => [
    information,
    { ...asked[information], uniqueIdentifier: loaded.object.id },
  ]);
  const { wrappingMethod, encodingOption } = asked;
  const keyWrappingData = { wrappingMethod, encodingOption, ...Object.fromEntries(named), ...results };
  return {
    structure: { ...structure, keyBlock: { ...keyBlock, keyValue: bytes, keyWrappingData } },
    changes: [...costs].flatMap(([update, attributes]) =>
      attributes === update.object.attributes ? [] : [{ update, to: { ...update.object, attributes } }],
    ),
  };
}

/** In bytes: far above the attributes that keys are sent with. Wrapping ciphers process all of it six times. */
const maximumWithAttributes = 256 * 1024;

/** The Key Value, with the requested attributes, in the requested encoding; the bytes are new. */
function bytesToWrap(
  object: ManagedObject,
  { keyValue, keyWrappingData }: KeyBlock,
  { attributeName: names = [], encodingOption = 'TTLVEncoding' }: KeyWrappingSpecification,
  version: Version,
): Uint8Array {
  if (keyValue === undefined || isWrapped(keyValue) || keyWrappingData !== undefined) {
    throw new KmipError('FeatureNotSupported', 'the key was registered wrapped: it cannot be wrapped again');
  }
  const asked = names.map((name) => referenceIn(name, version));
  const named = new Set(asked.map(referenceId));
  const attributes = [
    ...(keyValue.attributes ?? []).filter((each) => !named.has(referenceId(each))),
    ...asked.flatMap(referredIn(object)),
  ];
  const { keyMaterial } = keyValue;
  if (encodingOption === 'TTLVEncoding') {
    const bytes = encodeKeyValue({ keyMaterial, ...(attributes.length === 0 ? {} : { attributes }) }, version);
    if (names.length === 0 || bytes.length <= maximumWithAttributes) return bytes;
    bytes.fill(0);
    throw new KmipError(
      'InvalidField',
      `the Key Value with the named attributes must be at most ${maximumWithAttributes} bytes to be wrapped`,
    );
  }
  if (encodingOption !== 'NoEncoding') {
    throw encodingOptionNotSupported(encodingOption);
  }
  if (attributes.length > 0 || names.length > 0) {
    throw new KmipError('EncodingOptionError', 'Encoding Option must be TTLV Encoding when attributes are wrapped');
  }
  if (!(keyMaterial instanceof Uint8Array)) {
    throw new KmipError(
      'EncodingOptionError',
      'Encoding Option must be TTLV Encoding when Key Material is a Structure',
    );
  }
  return Uint8Array.from(keyMaterial);
}

/** An Attribute Name is a text in every version; in 2.x it has the names of 1.x. */
function referenceIn(name: string, version: Version): Reference {
  const reference = referenceByName(name);
  if (inRange(attributeRow(reference.key), version)) return reference;
  throw unknownAttribute(quoted(name), ' in this version');
}

function wipe(plain: Uint8Array, { keyValue }: KeyBlock): void {
  plain.fill(0);
  if (keyValue === undefined || isWrapped(keyValue)) return;
  if (keyValue.keyMaterial instanceof Uint8Array) keyValue.keyMaterial.fill(0);
}
