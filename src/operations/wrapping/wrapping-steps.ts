/**
 * The steps of the Wrapping Methods, and how each type of key performs and reverses them (KMIP 2.1 §3.3, §11.62; 1.4
 * §2.1.5).
 */
import { isSameMac } from '#crypto/ciphers/mac';
import type { SymmetricKey } from '#crypto/ciphers/material-cipher';
import type { ObjectType } from '#objects/attributes/attributes';
import type { Purpose } from '#objects/use';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters, KeyWrappingData } from '#protocol/structures';
import type { Context, Loaded } from '#operations/context';
import { keyObjectIn, openSymmetricKey } from '#operations/key-material/usable-key';

/** The Key Value after the previous steps. */
export type WrappedSoFar = Pick<KeyWrappingData, 'ivCounterNonce' | 'macSignature'> & { readonly bytes: Uint8Array };

/** How a type of key performs or reverses a step, and the use that must be permitted. */
export interface StepMethod {
  readonly purpose: Purpose;
  apply(
    made: WrappedSoFar,
    loaded: Loaded,
    parameters: CryptographicParameters,
    context: Context,
  ): Promise<WrappedSoFar>;
}

/** One direction of a step: by the type of the key. */
interface StepMethods {
  readonly by: { readonly [T in ObjectType]?: StepMethod };
  /** The half of a pair that may be named instead of the required one. */
  readonly namedBy?: ObjectType;
}

export interface Step {
  readonly information: 'encryptionKeyInformation' | 'macSignatureKeyInformation';
  readonly called: string;
  readonly wrapping: StepMethods;
  readonly unwrapping: StepMethods;
}

/** 2.1 §11.62: "using a symmetric key or public key". */
const encrypt: Step = {
  information: 'encryptionKeyInformation',
  called: 'Encryption Key Information',
  wrapping: {
    by: {
      SymmetricKey: {
        purpose: 'WrapKey',
        async apply(made, loaded, parameters, context) {
          const { data, iv } = await withKey(loaded, (key) =>
            context.heavily('encryptMaterial', { key, data: made.bytes, parameters }),
          );
          return { ...made, bytes: data, ...(iv === undefined ? {} : { ivCounterNonce: iv }) };
        },
      },
      PublicKey: {
        purpose: 'WrapKey',
        apply: async (made, loaded, parameters, context) => ({
          ...made,
          bytes: await context.heavily('rsaEncrypt', {
            key: keyObjectIn('public', loaded),
            data: made.bytes,
            parameters,
          }),
        }),
      },
    },
  },
  unwrapping: {
    namedBy: 'PublicKey',
    by: {
      SymmetricKey: {
        purpose: 'UnwrapKey',
        async apply({ bytes: data, ivCounterNonce: iv, ...made }, loaded, parameters, context) {
          const wrapped = { data, ...(iv === undefined ? {} : { iv }) };
          const bytes = await withKey(loaded, (key) =>
            context.heavily('decryptMaterial', { key, wrapped, parameters }),
          );
          return { ...made, bytes };
        },
      },
      PrivateKey: {
        purpose: 'UnwrapKey',
        apply: async (made, loaded, parameters, context) => ({
          ...made,
          bytes: await context.heavily('rsaDecrypt', {
            key: keyObjectIn('private', loaded),
            data: made.bytes,
            parameters,
          }),
        }),
      },
    },
  },
};

/**
 * 2.1 §11.62: "either MACing the Key Value with a symmetric key, or signing the Key Value with a private key". A key
 * that signs is named by the identifier "of the Private Key (or its corresponding Public Key)" (§3.3).
 */
const sign: Step = {
  information: 'macSignatureKeyInformation',
  called: 'MAC/Signature Key Information',
  wrapping: {
    namedBy: 'PublicKey',
    by: {
      SymmetricKey: {
        purpose: 'MACGenerate',
        apply: async (made, loaded, parameters, context) => ({
          ...made,
          macSignature: await macOf(made, loaded, parameters, context),
        }),
      },
      PrivateKey: {
        purpose: 'Sign',
        apply: async (made, loaded, parameters, context) => ({
          ...made,
          macSignature: await context.heavily('sign', {
            key: keyObjectIn('private', loaded),
            content: { data: made.bytes },
            parameters,
          }),
        }),
      },
    },
  },
  unwrapping: {
    namedBy: 'PrivateKey',
    by: {
      SymmetricKey: {
        purpose: 'MACVerify',
        async apply(made, loaded, parameters, context) {
          const expected = await macOf(made, loaded, parameters, context);
          return await demandGenuine(made, (given) => isSameMac(expected, given));
        },
      },
      PublicKey: {
        purpose: 'Verify',
        async apply(made, loaded, parameters, context) {
          const key = keyObjectIn('public', loaded);
          return await demandGenuine(made, (signature) =>
            context.heavily('verify', { key, content: { data: made.bytes }, signature, parameters }),
          );
        },
      },
    },
  },
};

/** The key is open only during `use`. */
async function withKey<T>(loaded: Loaded, use: (key: SymmetricKey) => Promise<T>): Promise<T> {
  const key = openSymmetricKey(loaded);
  try {
    return await use(key);
  } finally {
    key.bytes.fill(0);
  }
}

const macOf = (
  { bytes: data }: WrappedSoFar,
  loaded: Loaded,
  parameters: CryptographicParameters,
  context: Context,
): Promise<Uint8Array> => withKey(loaded, (key) => context.heavily('mac', { key, data, parameters }));

async function demandGenuine(
  made: WrappedSoFar,
  isGenuine: (macSignature: Uint8Array) => boolean | Promise<boolean>,
): Promise<WrappedSoFar> {
  const { macSignature } = made;
  if (macSignature !== undefined && (await isGenuine(macSignature))) return made;
  throw new KmipError('CryptographicFailure', 'MAC/Signature does not match the Key Value');
}

/** TR-31 is not supported: it has a block format of its own, which cannot contain a Key Value. */
const methods: { readonly [method: string]: readonly Step[] } = {
  Encrypt: [encrypt],
  MACSign: [sign],
  EncryptThenMACSign: [encrypt, sign],
  MACSignThenEncrypt: [sign, encrypt],
};

/** From a Key Wrapping Specification, which requests wrapping, or from Key Wrapping Data, which describes it. */
export type Wrapping = Pick<KeyWrappingData, 'wrappingMethod' | Step['information']>;

/**
 * In the order of wrapping.
 * @throws KmipError FeatureNotSupported for an unsupported method, InvalidField for missing or unexpected keys.
 */
export function stepsOf(wrapping: Wrapping): readonly Step[] {
  const steps = methods[wrapping.wrappingMethod];
  if (steps === undefined) {
    throw new KmipError('FeatureNotSupported', `Wrapping Method ${wrapping.wrappingMethod} is not supported`);
  }
  for (const each of [encrypt, sign]) {
    if (steps.includes(each) === (wrapping[each.information] !== undefined)) continue;
    const rule = steps.includes(each) ? 'needs' : 'does not allow';
    throw new KmipError('InvalidField', `Wrapping Method ${wrapping.wrappingMethod} ${rule} ${each.called}`);
  }
  return steps;
}

export const keyWrapTypeNotSupported = (keyWrapType: string): KmipError =>
  new KmipError('KeyWrapTypeNotSupported', `Key Wrap Type ${keyWrapType} is not supported`);

export const encodingOptionNotSupported = (encodingOption: string): KmipError =>
  new KmipError('EncodingOptionError', `Encoding Option ${encodingOption} is not supported`);
