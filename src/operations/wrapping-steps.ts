/** The steps of the Wrapping Methods, and how each kind of key does and undoes them (KMIP 2.1 §3.3, §11.62; 1.4 §2.1.5). */
import { isSameMac, mac } from '#crypto/mac';
import { decryptMaterial, encryptMaterial } from '#crypto/material-cipher';
import type { Random } from '#crypto/padding';
import { rsaDecrypt, rsaEncrypt } from '#crypto/rsa-encryption';
import { checkSignature, makeSignature } from '#crypto/signature';
import type { ObjectType } from '#objects/attributes';
import type { Purpose } from '#objects/use';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters, KeyWrappingData } from '#protocol/structures';
import type { Loaded } from './context.ts';
import { keyObjectIn, withSymmetricKey } from './usable-key.ts';

/** What has been made of the Key Value so far. */
export type Made = Pick<KeyWrappingData, 'ivCounterNonce' | 'macSignature'> & { readonly bytes: Uint8Array };

/** How a kind of key does or undoes a step, and what it must be permitted for. */
export interface Way {
  readonly purpose: Purpose;
  apply(made: Made, loaded: Loaded, parameters: CryptographicParameters, random: Random): Made | Promise<Made>;
}

/** One direction of a step: by the type of the key. */
interface Ways {
  readonly by: { readonly [T in ObjectType]?: Way };
  /** The half of a pair that may be named in place of the one that is needed. */
  readonly namedBy?: ObjectType;
}

export interface Step {
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
export type Wrapping = Pick<KeyWrappingData, 'wrappingMethod' | Step['information']>;

/** In the order of wrapping. @throws KmipError FeatureNotSupported for a method that is not here, InvalidField for keys of other steps than its own. */
export function stepsOf(wrapping: Wrapping): readonly Step[] {
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
