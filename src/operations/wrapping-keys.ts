/** The keys that wrap and unwrap, and what each does (KMIP 2.1 §3.3, §7.18, §11.62; 1.4 §2.1.5, §2.1.6). */
import { isSameMac, mac } from '#crypto/mac';
import { decryptMaterial, encryptMaterial } from '#crypto/material-cipher';
import type { Random } from '#crypto/padding';
import { rsaDecrypt, rsaEncrypt } from '#crypto/rsa-encryption';
import { checkSignature, makeSignature } from '#crypto/signature';
import type { ObjectType } from '#objects/attributes';
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { fieldsMatch } from '#objects/matching';
import { permitUse, type Purpose } from '#objects/use';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import type { CryptographicParameters, KeyWrappingData } from '#protocol/structures';
import type { Context, Loaded } from './context.ts';
import { keyObjectIn, withSymmetricKey } from './usable-key.ts';

/** What has been made of the Key Value so far. */
export type Made = Pick<KeyWrappingData, 'ivCounterNonce' | 'macSignature'> & { readonly bytes: Uint8Array };

export interface WrappingKey {
  /** The field that names it, in the specification and in the answer. */
  readonly information: Step['information'];
  readonly loaded: Loaded;
  /** Does its step; the key is opened for no longer. */
  apply(made: Made, random: Random): Made | Promise<Made>;
}

/** How a kind of key does or undoes a step, and what it must be permitted for. */
interface Way {
  readonly purpose: Purpose;
  apply(made: Made, loaded: Loaded, parameters: CryptographicParameters, random: Random): Made | Promise<Made>;
}

/** One direction of a step: by the type of the key. */
interface Ways {
  readonly by: { readonly [T in ObjectType]?: Way };
  /** The half of a pair that may be named in place of the one that is needed. */
  readonly namedBy?: ObjectType;
}

interface Step {
  readonly information: 'encryptionKeyInformation' | 'macSignatureKeyInformation';
  readonly called: string;
  readonly wrapping: Ways;
  readonly unwrapping: Ways;
}

/** 2.1 §11.62: "using a symmetric key or public key". */
const encrypt: Step = {
  information: 'encryptionKeyInformation',
  called: 'Encryption Key Information',
  wrapping: {
    by: {
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
  },
  unwrapping: {
    namedBy: 'PublicKey',
    by: {
      SymmetricKey: {
        purpose: 'UnwrapKey',
        apply({ bytes: data, ivCounterNonce: iv, ...made }, loaded, parameters) {
          const wrapped = { data, ...(iv === undefined ? {} : { iv }) };
          return { ...made, bytes: withSymmetricKey(loaded, (key) => decryptMaterial(key, wrapped, parameters)) };
        },
      },
      PrivateKey: {
        purpose: 'UnwrapKey',
        apply: (made, loaded, parameters) => ({
          ...made,
          bytes: rsaDecrypt(keyObjectIn('private', loaded), made.bytes, parameters),
        }),
      },
    },
  },
};

/**
 * 2.1 §11.62: "either MACing the Key Value with a symmetric key, or signing the Key Value with a private key". A key that signs is named by the
 * identifier "of the Private Key (or its corresponding Public Key)" (§3.3).
 */
const sign: Step = {
  information: 'macSignatureKeyInformation',
  called: 'MAC/Signature Key Information',
  wrapping: {
    namedBy: 'PublicKey',
    by: {
      SymmetricKey: {
        purpose: 'MACGenerate',
        apply: (made, loaded, parameters) => ({
          ...made,
          macSignature: withSymmetricKey(loaded, (key) => mac(key, made.bytes, parameters)),
        }),
      },
      PrivateKey: {
        purpose: 'Sign',
        apply: async (made, loaded, parameters, random) => ({
          ...made,
          macSignature: await makeSignature(keyObjectIn('private', loaded), { data: made.bytes }, parameters, random),
        }),
      },
    },
  },
  unwrapping: {
    namedBy: 'PrivateKey',
    by: {
      SymmetricKey: {
        purpose: 'MACVerify',
        apply(made, loaded, parameters) {
          const expected = withSymmetricKey(loaded, (key) => mac(key, made.bytes, parameters));
          return demandGenuine(made, (given) => isSameMac(expected, given));
        },
      },
      PublicKey: {
        purpose: 'Verify',
        apply(made, loaded, parameters) {
          const key = keyObjectIn('public', loaded);
          return demandGenuine(made, (given) => checkSignature(key, { data: made.bytes }, given, parameters));
        },
      },
    },
  },
};

function demandGenuine(made: Made, isGenuine: (macSignature: Uint8Array) => boolean): Made {
  const { macSignature } = made;
  if (macSignature !== undefined && isGenuine(macSignature)) return made;
  throw new KmipError('CryptographicFailure', 'the MAC/Signature is not that of the Key Value');
}

/** TR-31 is none: it is a block of its own, in which the Key Value of this text has no place. */
const methods: { readonly [method: string]: readonly Step[] } = {
  Encrypt: [encrypt],
  MACSign: [sign],
  EncryptThenMACSign: [encrypt, sign],
  MACSignThenEncrypt: [sign, encrypt],
};

/** A Key Wrapping Specification asks for it, Key Wrapping Data tells how it was done. */
type Wrapping = Pick<KeyWrappingData, 'wrappingMethod' | Step['information']>;

function stepsOf(wrapping: Wrapping): readonly Step[] {
  const steps = methods[wrapping.wrappingMethod];
  if (steps === undefined) {
    throw new KmipError('FeatureNotSupported', `Wrapping Method ${wrapping.wrappingMethod} is not supported`);
  }
  for (const each of [encrypt, sign]) {
    if (steps.includes(each) === (wrapping[each.information] !== undefined)) continue;
    const rule = steps.includes(each) ? 'needs' : 'has no use for';
    throw new KmipError('InvalidField', `Wrapping Method ${wrapping.wrappingMethod} ${rule} ${each.called}`);
  }
  return steps;
}

/**
 * The keys that wrap the object with this identifier, in the order of their steps; one that takes two steps is loaded once.
 * @throws KmipError with the reasons of 2.1 §6.1.19.1.
 */
export async function wrappingKeys(asked: Wrapping, id: string, context: Context): Promise<readonly WrappingKey[]> {
  const held = new Map<string, Loaded>();
  const keys: WrappingKey[] = [];
  for (const step of stepsOf(asked)) {
    const { loaded: found, way, given } = await loadKey(asked, step, 'wrapping', id, context);
    const loaded = held.get(found.object.id) ?? found;
    held.set(found.object.id, loaded);
    const parameters = parametersOf(loaded.object, given, step);
    const { information } = step;
    keys.push({ information, loaded, apply: (made, random) => way.apply(made, loaded, parameters, random) });
  }
  return keys;
}

/**
 * The keys that open what was wrapped so, the last step first.
 * @throws KmipError as `wrappingKeys` does.
 */
export async function unwrappingKeys(
  wrapping: Wrapping,
  id: string,
  context: Context,
): Promise<readonly Pick<WrappingKey, 'apply'>[]> {
  const keys: Pick<WrappingKey, 'apply'>[] = [];
  for (const step of stepsOf(wrapping).toReversed()) {
    const { loaded, named, way, given } = await loadKey(wrapping, step, 'unwrapping', id, context);
    // Those of the key that wrapped, which is the one that is named.
    const parameters = parametersOf(named.object, given, step);
    keys.push({ apply: (made, random) => way.apply(made, loaded, parameters, random) });
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

interface KeyForStep {
  readonly named: Loaded;
  /** The one that is used: the other half of the pair, when the text lets that one be named. */
  readonly loaded: Loaded;
  readonly way: Way;
  readonly given: CryptographicParameters | undefined;
}

async function loadKey(
  wrapping: Wrapping,
  step: Step,
  direction: 'wrapping' | 'unwrapping',
  wrappedId: string,
  context: Context,
): Promise<KeyForStep> {
  const { uniqueIdentifier, cryptographicParameters: given } = wrapping[step.information] ?? {};
  const { by, namedBy } = step[direction];
  try {
    const named = await context.load(uniqueIdentifier, 'use');
    const loaded = objectTypeOf(named.object) === namedBy ? await otherHalf(named, context) : named;
    const type = objectTypeOf(loaded.object);
    const way = by[type];
    if (way === undefined) throw new KmipError('InvalidObjectType', `a ${type} is no key for ${direction} in this way`);
    permitUse(loaded.object, way.purpose, context.now());
    if (loaded.object.id === wrappedId) throw new KmipError('InvalidField', 'a key cannot be wrapped with itself');
    return { named, loaded, way, given };
  } catch (error) {
    if (!(error instanceof KmipError)) throw error;
    throw new KmipError(wrappingReasons[error.reason] ?? error.reason, `${step.called}: ${error.message}`);
  }
}

async function otherHalf(named: Loaded, context: Context): Promise<Loaded> {
  const wanted = objectTypeOf(named.object) === 'PublicKey' ? 'PrivateKeyLink' : 'PublicKeyLink';
  const link = named.object.attributes.link?.find(({ linkType }) => linkType === wanted);
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
