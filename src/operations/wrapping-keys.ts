/** The keys that wrap, and what each does (KMIP 2.1 §3.3, §7.18, §11.62; 1.4 §2.1.5, §2.1.6). */
import { mac } from '#crypto/mac';
import { encryptMaterial } from '#crypto/material-cipher';
import type { Random } from '#crypto/padding';
import { rsaEncrypt } from '#crypto/rsa-encryption';
import { makeSignature } from '#crypto/signature';
import type { ObjectType } from '#objects/attributes';
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { fieldsMatch } from '#objects/matching';
import { permitUse, type Purpose } from '#objects/use';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import type {
  CryptographicParameters,
  KeyWrappingData,
  KeyWrappingSpecification,
  ObjectReference,
} from '#protocol/structures';
import type { Context, Loaded } from './context.ts';
import { keyObjectIn, withSymmetricKey } from './usable-key.ts';

/** What has been made of the Key Value so far. */
export type Made = Pick<KeyWrappingData, 'ivCounterNonce' | 'macSignature'> & { readonly bytes: Uint8Array };

export interface WrappingKey {
  /** The field that names it, in the specification and in the answer. */
  readonly information: Step['information'];
  readonly loaded: Loaded;
  /** Does its step; the key is opened for no longer. */
  apply(made: Made, random: Random): Made;
}

/** How a kind of key does a step, and what it must be permitted for. */
interface Way {
  readonly purpose: Purpose;
  apply(made: Made, loaded: Loaded, parameters: CryptographicParameters, random: Random): Made;
}

interface Step {
  readonly information: 'encryptionKeyInformation' | 'macSignatureKeyInformation';
  readonly called: string;
  readonly ways: { readonly [T in ObjectType]?: Way };
}

/** 2.1 §11.62: "using a symmetric key or public key". */
const encrypt: Step = {
  information: 'encryptionKeyInformation',
  called: 'Encryption Key Information',
  ways: {
    SymmetricKey: {
      purpose: 'WrapKey',
      apply(made, loaded, parameters, random) {
        const { data, iv } = withSymmetricKey(loaded, (key) => encryptMaterial(key, made.bytes, parameters, random));
        return { ...made, bytes: data, ...(iv === undefined ? {} : { ivCounterNonce: iv }) };
      },
    },
    PublicKey: {
      purpose: 'WrapKey',
      apply: (made, loaded, parameters, random) => ({
        ...made,
        bytes: rsaEncrypt(keyObjectIn('public', loaded), made.bytes, parameters, random),
      }),
    },
  },
};

/** 2.1 §11.62: "either MACing the Key Value with a symmetric key, or signing the Key Value with a private key". */
const sign: Step = {
  information: 'macSignatureKeyInformation',
  called: 'MAC/Signature Key Information',
  ways: {
    SymmetricKey: {
      purpose: 'MACGenerate',
      apply: (made, loaded, parameters) => ({
        ...made,
        macSignature: withSymmetricKey(loaded, (key) => mac(key, made.bytes, parameters)),
      }),
    },
    PrivateKey: {
      purpose: 'Sign',
      apply: (made, loaded, parameters) => ({
        ...made,
        macSignature: makeSignature(keyObjectIn('private', loaded), made.bytes, parameters),
      }),
    },
  },
};

/** TR-31 is none: it is a block of its own, in which the Key Value of this text has no place. */
const methods: { readonly [method: string]: readonly Step[] } = {
  Encrypt: [encrypt],
  MACSign: [sign],
  EncryptThenMACSign: [encrypt, sign],
  MACSignThenEncrypt: [sign, encrypt],
};

/**
 * The keys that wrap the object, in the order of their steps; one that takes two steps is loaded once.
 * @throws KmipError with the reasons of 2.1 §6.1.19.1.
 */
export async function wrappingKeys(
  asked: KeyWrappingSpecification,
  object: ManagedObject,
  context: Context,
): Promise<readonly WrappingKey[]> {
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
  const keys: WrappingKey[] = [];
  for (const step of steps) {
    const given = asked[step.information];
    if (given === undefined) continue;
    const { loaded: found, way } = await loadKey(given.uniqueIdentifier, step, context);
    const { id } = found.object;
    if (id === object.id) throw new KmipError('InvalidField', 'a key cannot be wrapped with itself');
    const loaded = held.get(id) ?? found;
    held.set(id, loaded);
    const parameters = parametersOf(loaded.object, given.cryptographicParameters, step);
    const { information } = step;
    keys.push({ information, loaded, apply: (made, random) => way.apply(made, loaded, parameters, random) });
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

async function loadKey(
  reference: ObjectReference,
  step: Step,
  context: Context,
): Promise<{ readonly loaded: Loaded; readonly way: Way }> {
  try {
    const named = await context.load(reference, 'use');
    const loaded = step === sign ? await withPrivateHalf(named, context) : named;
    const type = objectTypeOf(loaded.object);
    const way = step.ways[type];
    if (way === undefined) throw new KmipError('InvalidObjectType', `a ${type} does not wrap in this way`);
    permitUse(loaded.object, way.purpose, context.now());
    return { loaded, way };
  } catch (error) {
    if (!(error instanceof KmipError)) throw error;
    throw new KmipError(wrappingReasons[error.reason] ?? error.reason, `${step.called}: ${error.message}`);
  }
}

/** 2.1 §3.3: a key that signs is named by the identifier "of the Private Key (or its corresponding Public Key)". */
async function withPrivateHalf(named: Loaded, context: Context): Promise<Loaded> {
  if (objectTypeOf(named.object) !== 'PublicKey') return named;
  const link = named.object.attributes.link?.find(({ linkType }) => linkType === 'PrivateKeyLink');
  return link === undefined ? named : await context.load(link.linkedObjectIdentifier, 'use');
}

/**
 * 2.1 §7.18: "the server SHALL verify that they match one of the instances"; when omitted the first is used (1.4 §2.1.6). A key
 * without any, as clients make them, is bound to none: what is asked holds, and NIST key wrap is what an AES key does by itself.
 */
function parametersOf(
  { attributes }: ManagedObject,
  asked: CryptographicParameters | undefined,
  { called }: Step,
): CryptographicParameters {
  const held = attributes.cryptographicParameters ?? [];
  if (held.length === 0) {
    return asked ?? (attributes.cryptographicAlgorithm === 'AES' ? { blockCipherMode: 'NISTKeyWrap' } : {});
  }
  const found = held.find((each) => asked === undefined || fieldsMatch([each], [asked]));
  if (found !== undefined) return found;
  throw new KmipError('BadCryptographicParameters', `${called}: the key has other Cryptographic Parameters`);
}
