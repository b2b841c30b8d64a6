/**
 * How Get wraps what it gives out (KMIP 2.1 §3.3, §7.18, §11.62; 1.4 §2.1.5, §2.1.6). A key that was registered wrapped
 * is given as it is: nobody here opens it.
 */
import { encryptMaterial, type SymmetricKey } from '#crypto/material-cipher';
import { mac } from '#crypto/mac';
import { referenceByName, referenceId, unknownAttribute, type Reference } from '#objects/attribute-reference';
import { attributeRow, type Attributes, type ObjectType } from '#objects/attributes';
import { instancesReferred, objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { fieldsMatch } from '#objects/matching';
import { encodeKeyValue, isWrapped, type KeyBlock, type ObjectStructure } from '#objects/object-structure';
import { afterProtecting, permitUse, type Purpose } from '#objects/use';
import { quoted } from '#protocol/codecs';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import type {
  CryptographicParameters,
  KeyWrappingData,
  KeyWrappingSpecification,
  ObjectReference,
} from '#protocol/structures';
import { inRange, type Version } from '#protocol/versions';
import type { Context, Loaded, ObjectChange } from './context.ts';
import { keyBytes } from './key-format.ts';

/** What the steps of wrapping have made so far. */
type Made = Pick<KeyWrappingData, 'ivCounterNonce' | 'macSignature'> & { readonly bytes: Uint8Array };

type KeyInformation = NonNullable<KeyWrappingSpecification['encryptionKeyInformation']>;

interface WrappingKey {
  readonly loaded: Loaded;
  readonly parameters: CryptographicParameters;
}

interface Step {
  readonly information: 'encryptionKeyInformation' | 'macSignatureKeyInformation';
  readonly called: string;
  /** What kinds of keys do it, and what they must be permitted for. */
  readonly purposes: { readonly [T in ObjectType]?: Purpose };
  run(made: Made, key: WrappingKey, random: Context['random']): Made;
}

const encrypt: Step = {
  information: 'encryptionKeyInformation',
  called: 'Encryption Key Information',
  purposes: { SymmetricKey: 'WrapKey' },
  run(made, { loaded, parameters }, random) {
    const { data, iv } = withSymmetricKey(loaded, (key) => encryptMaterial(key, made.bytes, parameters, random));
    return { ...made, bytes: data, ...(iv === undefined ? {} : { ivCounterNonce: iv }) };
  },
};

const sign: Step = {
  information: 'macSignatureKeyInformation',
  called: 'MAC/Signature Key Information',
  purposes: { SymmetricKey: 'MACGenerate' },
  run: (made, { loaded, parameters }) => ({
    ...made,
    macSignature: withSymmetricKey(loaded, (key) => mac(key, made.bytes, parameters)),
  }),
};

/** TR-31 is none: it is a block of its own, in which the Key Value of this text has no place. */
const methods: { readonly [method: string]: readonly Step[] } = {
  Encrypt: [encrypt],
  MACSign: [sign],
  EncryptThenMACSign: [encrypt, sign],
  MACSignThenEncrypt: [sign, encrypt],
};

/** Methods that leave nothing of a key to be read. */
const hiding: readonly string[] = ['Encrypt', 'EncryptThenMACSign', 'MACSignThenEncrypt', 'TR_31'];

/** Whether the object's value goes out encrypted: as asked for, or as it was registered (2.1 §4.55). */
export function isHidden({ structure }: ManagedObject, asked: KeyWrappingSpecification | undefined): boolean {
  if (asked !== undefined) return hiding.includes(asked.wrappingMethod);
  const { keyValue, keyWrappingData } = 'keyBlock' in structure ? structure.keyBlock : {};
  return keyValue instanceof Uint8Array && hiding.includes(keyWrappingData?.wrappingMethod ?? '');
}

export interface Wrapped {
  readonly structure: ObjectStructure;
  /** What wrapping cost its keys in Usage Limits. */
  readonly changes: readonly ObjectChange[];
}

interface Asked {
  readonly keyWrapType?: string | undefined;
  readonly keyWrappingSpecification?: KeyWrappingSpecification | undefined;
}

/**
 * The object, in the format in which it goes out, wrapped as asked. What was readable of it is wiped then.
 * @throws KmipError with the reasons of 2.1 §6.1.19.1.
 */
export async function inWrapping(
  object: ManagedObject,
  structure: ObjectStructure,
  { keyWrapType, keyWrappingSpecification: asked }: Asked,
  context: Context,
): Promise<Wrapped> {
  const isWrappedAlready = 'keyBlock' in structure && structure.keyBlock.keyWrappingData !== undefined;
  if (keyWrapType !== undefined) {
    if (asked !== undefined)
      throw new KmipError('InvalidField', 'a Key Wrapping Specification leaves no Key Wrap Type');
    if (keyWrapType !== 'AsRegistered' && (isWrappedAlready || keyWrapType !== 'NotWrapped')) {
      throw new KmipError('KeyWrapTypeNotSupported', 'the key is given out wrapped as it was registered');
    }
  }
  if (asked === undefined) return { structure, changes: [] };
  if (!('keyBlock' in structure)) {
    throw new KmipError('InvalidObjectType', `a ${structure.objectType} has no Key Block, and is not wrapped`);
  }
  const { keyBlock } = structure;
  const keys = await keysFor(asked, object, context);
  const plain = bytesToWrap(object, keyBlock, asked, context.version);
  const costs = new Map<Loaded, Attributes>();
  let made: Made = { bytes: plain };
  try {
    for (const { step, loaded, parameters } of keys) {
      costs.set(loaded, afterProtecting(costs.get(loaded) ?? loaded.object.attributes, made.bytes.length));
      made = step.run(made, { loaded, parameters }, (length) => context.random(length));
    }
  } finally {
    if (hiding.includes(asked.wrappingMethod)) wipe(plain, keyBlock);
  }
  const { bytes, ...results } = made;
  const information = keys.map(({ step, loaded }) => [
    step.information,
    { ...asked[step.information], uniqueIdentifier: loaded.object.id },
  ]);
  const { wrappingMethod, encodingOption } = asked;
  const keyWrappingData = { wrappingMethod, encodingOption, ...Object.fromEntries(information), ...results };
  return {
    structure: { ...structure, keyBlock: { ...keyBlock, keyValue: bytes, keyWrappingData } },
    changes: [...costs].flatMap(([update, attributes]) =>
      attributes === update.object.attributes ? [] : [{ update, to: { ...update.object, attributes } }],
    ),
  };
}

/** The keys of the method's steps, in their order; one that takes two steps is loaded once. */
async function keysFor(
  asked: KeyWrappingSpecification,
  object: ManagedObject,
  context: Context,
): Promise<readonly (WrappingKey & { readonly step: Step })[]> {
  const steps = methods[asked.wrappingMethod];
  if (steps === undefined) {
    throw new KmipError('FeatureNotSupported', `Wrapping Method ${asked.wrappingMethod} is not supported`);
  }
  for (const each of [encrypt, sign]) {
    if (steps.includes(each) === (asked[each.information] !== undefined)) continue;
    const rule = steps.includes(each) ? 'needs' : 'has no use for';
    throw new KmipError('InvalidField', `Wrapping Method ${asked.wrappingMethod} ${rule} ${each.called}`);
  }
  const held = new Map<string, Loaded>();
  const keys: (WrappingKey & { readonly step: Step })[] = [];
  for (const step of steps) {
    const { uniqueIdentifier, cryptographicParameters } = asked[step.information] as KeyInformation;
    const found = await loadKey(uniqueIdentifier, step, context);
    const loaded = held.get(found.object.id) ?? found;
    held.set(found.object.id, loaded);
    if (loaded.object.id === object.id) throw new KmipError('InvalidField', 'a key cannot be wrapped with itself');
    keys.push({ step, loaded, parameters: parametersOf(loaded.object, cryptographicParameters, step) });
  }
  return keys;
}

/** What loading and using a key fail with, when the key is one that wraps (2.1 §6.1.19.1). */
const wrappingReasons: { readonly [R in ResultReason]?: ResultReason } = {
  ObjectNotFound: 'WrappingObjectNotFound',
  ItemNotFound: 'WrappingObjectNotFound',
  ObjectArchived: 'WrappingObjectArchived',
  ObjectDestroyed: 'WrappingObjectDestroyed',
};

async function loadKey(reference: ObjectReference, step: Step, context: Context): Promise<Loaded> {
  try {
    const loaded = await context.load(reference, 'use');
    const type = objectTypeOf(loaded.object);
    const purpose = step.purposes[type];
    if (purpose === undefined) throw new KmipError('InvalidObjectType', `a ${type} does not wrap`);
    permitUse(loaded.object, purpose, context.now());
    return loaded;
  } catch (error) {
    if (!(error instanceof KmipError)) throw error;
    throw new KmipError(wrappingReasons[error.reason] ?? error.reason, `${step.called}: ${error.message}`);
  }
}

/** 2.1 §7.18: "the server SHALL verify that they match one of the instances"; when omitted the first is used (1.4 §2.1.6). */
function parametersOf(
  { attributes }: ManagedObject,
  asked: CryptographicParameters | undefined,
  { called }: Step,
): CryptographicParameters {
  const held = attributes.cryptographicParameters ?? [];
  const found = held.find((each) => asked === undefined || fieldsMatch([each], [asked]));
  if (found !== undefined) return found;
  const what =
    held.length === 0 ? 'the key has no Cryptographic Parameters' : 'the key has other Cryptographic Parameters';
  throw new KmipError('BadCryptographicParameters', `${called}: ${what}`);
}

/** The Key Value, with the attributes asked for, in the encoding asked for; the bytes are new. */
function bytesToWrap(
  object: ManagedObject,
  { keyValue, keyWrappingData }: KeyBlock,
  { attributeName: names = [], encodingOption = 'TTLVEncoding' }: KeyWrappingSpecification,
  version: Version,
): Uint8Array {
  if (keyValue === undefined || isWrapped(keyValue) || keyWrappingData !== undefined) {
    throw new KmipError('FeatureNotSupported', 'a key that was registered wrapped is not wrapped again');
  }
  const asked = names.map((name) => referenceIn(name, version));
  const named = new Set(asked.map(referenceId));
  const attributes = [
    ...(keyValue.attributes ?? []).filter((each) => !named.has(referenceId(each))),
    ...asked.flatMap((each) => instancesReferred(object, each)),
  ];
  const { keyMaterial } = keyValue;
  if (encodingOption === 'TTLVEncoding') {
    return encodeKeyValue({ keyMaterial, ...(attributes.length === 0 ? {} : { attributes }) }, version);
  }
  if (encodingOption !== 'NoEncoding') {
    throw new KmipError('EncodingOptionError', `Encoding Option ${encodingOption} is not supported`);
  }
  if (attributes.length > 0 || names.length > 0) {
    throw new KmipError('EncodingOptionError', 'with No Encoding no attributes are wrapped');
  }
  if (!(keyMaterial instanceof Uint8Array)) {
    throw new KmipError('EncodingOptionError', 'Key Material that is a Structure is wrapped in TTLV Encoding only');
  }
  return Uint8Array.from(keyMaterial);
}

/** An Attribute Name is a text in every version; in 2.x attributes are called as they were in 1.x. */
function referenceIn(name: string, version: Version): Reference {
  const reference = referenceByName(name);
  if (inRange(attributeRow(reference.key), version)) return reference;
  throw unknownAttribute(`${quoted(name)} in this version`);
}

function withSymmetricKey<T>(loaded: Loaded, use: (key: SymmetricKey) => T): T {
  const structure = loaded.openStructure();
  const bytes = 'keyBlock' in structure ? keyBytes(structure.keyBlock) : undefined;
  const { cryptographicAlgorithm: algorithm } = loaded.object.attributes;
  if (bytes === undefined || algorithm === undefined) {
    throw new KmipError('InvalidField', 'the wrapping key is itself wrapped or opaque: the server cannot use it');
  }
  try {
    return use({ algorithm, bytes });
  } finally {
    bytes.fill(0);
  }
}

function wipe(plain: Uint8Array, { keyValue }: KeyBlock): void {
  plain.fill(0);
  if (keyValue === undefined || isWrapped(keyValue)) return;
  if (keyValue.keyMaterial instanceof Uint8Array) keyValue.keyMaterial.fill(0);
}
