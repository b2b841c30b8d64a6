/** The Derivation Methods (KMIP 2.1 §7.12, §11.14; 1.4 §4.6), one row each: what it takes and what it does with it. */
import { blockCipher, encipher } from '#crypto/ciphers/block-cipher';
import {
  awsSigningKey,
  counterMode,
  doublePipelineMode,
  feedbackMode,
  digestOf,
  hkdf,
  hmacPrf,
  macPrf,
  pbkdf2,
  pbkdf2Work,
  type Prf,
} from './key-derivation.ts';
import { hashOfHmac } from '#crypto/ciphers/mac';
import { hashingAlgorithmMissing, invalidField } from '#crypto/refusals';
import type { Random } from '#crypto/padding';
import type { EnumerationValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';

/** What one derivation works on. The caller opened the key and the data, and wipes them. */
export interface DerivationInput {
  /** The derivation key; the algorithm is not known of all Secret Data. */
  readonly key: { readonly algorithm: string | undefined; readonly bytes: Uint8Array };
  /** One value, unless the method says otherwise; empty when the request has no Derivation Data. */
  readonly data: readonly Uint8Array[];
  /** Those that hold. */
  readonly parameters: CryptographicParameters;
  readonly iv?: Uint8Array | undefined;
  readonly salt?: Uint8Array | undefined;
  readonly iterationCount?: number | undefined;
  /** In bytes. */
  readonly length: number;
  readonly random: Random;
}

export interface DerivationMethod {
  /** How many values of Derivation Data there must be: with `orKey` none means that the key takes its place. */
  readonly data: 'one' | 'orKey' | 'optional' | 'scope';
  /** The Cryptographic Parameters of the request come first; of HMAC they "are ignored" where the key says enough. */
  readonly usesRequestParameters: boolean;
  /** As many bytes as the method gives, or those of `length` when it gives any number. */
  derive(input: DerivationInput): Uint8Array;
}

const nothing = new Uint8Array(0);

/** For the methods that take "either a derivation key or derivation data". */
const secretOf = ({ data: [first], key }: DerivationInput): Uint8Array => first ?? key.bytes;
const dataOf = ({ data: [first = nothing] }: DerivationInput): Uint8Array => first;

const isHmac = (algorithm: string | undefined): algorithm is string => algorithm?.startsWith('HMAC_') === true;

/** Of a hash, or of HMAC with it: the parameters name either. */
const hashingAlgorithmOr = (byDefault: string | undefined, { parameters }: DerivationInput): string => {
  const { hashingAlgorithm, cryptographicAlgorithm } = parameters;
  const algorithm =
    hashingAlgorithm ?? (isHmac(cryptographicAlgorithm) ? hashOfHmac(cryptographicAlgorithm) : byDefault);
  if (algorithm !== undefined) return algorithm;
  throw hashingAlgorithmMissing();
};
const hashingAlgorithm = (input: DerivationInput): string => hashingAlgorithmOr(undefined, input);

/** "The attributes of the derivation key provide enough information about the PRF". */
const ownPrf = (input: DerivationInput): Prf =>
  isHmac(input.key.algorithm)
    ? macPrf(input.key.algorithm, input.key.bytes)
    : hmacPrf(hashingAlgorithm(input), input.key.bytes);

/** The PRF of SP 800-108: HMAC or CMAC, as the parameters or else the key's algorithm say. */
function chosenPrf({ key, parameters }: DerivationInput): Prf {
  const { blockCipherMode, hashingAlgorithm: hash, cryptographicAlgorithm = key.algorithm } = parameters;
  if (blockCipherMode === undefined && hash !== undefined) return hmacPrf(hash, key.bytes);
  const isCmac = blockCipherMode === 'CMAC' && cryptographicAlgorithm !== undefined;
  if (isCmac || (blockCipherMode === undefined && isHmac(cryptographicAlgorithm))) {
    return macPrf(cryptographicAlgorithm, key.bytes);
  }
  throw new KmipError(
    'BadCryptographicParameters',
    'the Cryptographic Parameters must name a Hashing Algorithm, or AES with Block Cipher Mode CMAC',
  );
}

/** CMAC, which is computed in JavaScript, takes so many times as long as HMAC. */
const cmacWork = 8;

/** About as many bytes are hashed as the product divided by those of a block: some hundredths of a second at most. */
function checkWork({ length, data, parameters }: DerivationInput): void {
  const fed = data.reduce((sum, each) => sum + each.length, 256);
  if (length * fed * (parameters.blockCipherMode === 'CMAC' ? cmacWork : 1) > 2 ** 24)
    throw invalidField('Cryptographic Length and Derivation Data are too large together');
}

/** Derivation Data is the whole fixed input: Label, Context, and the length where a client wants it there. */
function iterated(input: DerivationInput, mayLackCounter: boolean): Parameters<typeof counterMode>[1] {
  checkWork(input);
  const { counterLength: counterBits = 32 } = input.parameters;
  const least = mayLackCounter ? 0 : 8;
  if (counterBits < least || counterBits > 32 || counterBits % 8 !== 0) {
    throw invalidField(`Counter Length must be a multiple of 8 bits from ${least} to 32`);
  }
  return { fixed: dataOf(input), length: input.length, counterBits };
}

/** PBKDF2 with more calls of HMAC than these, some seconds of one thread, is nothing that a client waits for. */
const maximumPbkdf2Work = 10_000_000;

/** The modes that Derivation Data is encrypted in; a tag would be no part of the key. */
function encrypted(input: DerivationInput): Uint8Array {
  const { key, parameters, random } = input;
  const { blockCipherMode: mode, paddingMethod: padding } = parameters;
  const algorithm = key.algorithm ?? parameters.cryptographicAlgorithm;
  if (mode === undefined || algorithm === undefined) {
    const missing = mode === undefined ? 'Block Cipher Mode' : 'Cryptographic Algorithm';
    throw new KmipError('BadCryptographicParameters', `${missing} is missing from the Cryptographic Parameters`);
  }
  const cipher = blockCipher(algorithm, key.bytes.length, mode);
  if (cipher === undefined || cipher.isAuthenticated || cipher.halvesKey) {
    throw new KmipError(
      'UnsupportedCryptographicParameters',
      `key derivation with ${algorithm} in mode ${mode} is not supported`,
    );
  }
  // "An empty IV is assumed if not provided": modes that need one get zeros.
  const { iv = new Uint8Array(cipher.ivLength) } = input;
  return encipher(cipher, dataOf(input), { key: key.bytes, iv, padding }, random).data;
}

function fromPassword(input: DerivationInput): Uint8Array {
  const { salt, iterationCount: iterations, length } = input;
  if (salt === undefined) throw invalidField('PBKDF2 requires a Salt');
  if (iterations === undefined || iterations < 1)
    throw invalidField('PBKDF2 requires an Iteration Count of at least 1');
  // RFC 8018 §B.1.1: "The default pseudorandom function is HMAC-SHA-1".
  const algorithm = hashingAlgorithmOr('SHA_1', input);
  if (pbkdf2Work(algorithm, { salt, iterations }, length) > maximumPbkdf2Work) {
    throw invalidField(`Iteration Count, Salt and Cryptographic Length require more than ${maximumPbkdf2Work} HMACs`);
  }
  return pbkdf2(algorithm, { password: secretOf(input), salt, iterations }, length);
}

/** A key agreement has two keys and no data: see derivation.ts. */
export type KeyedMethod = Exclude<EnumerationValue<'DerivationMethod'>, 'AsymmetricKey'>;

export const derivationMethods: { readonly [M in KeyedMethod]: DerivationMethod } = {
  PBKDF2: { data: 'orKey', usesRequestParameters: true, derive: fromPassword },
  HASH: {
    data: 'orKey',
    usesRequestParameters: true,
    derive: (input) => digestOf(hashingAlgorithm(input), secretOf(input)),
  },
  HMAC: { data: 'one', usesRequestParameters: false, derive: (input) => ownPrf(input)(dataOf(input)) },
  ENCRYPT: { data: 'one', usesRequestParameters: true, derive: encrypted },
  NIST800_108_C: {
    data: 'one',
    usesRequestParameters: true,
    derive: (input) => counterMode(chosenPrf(input), iterated(input, false)),
  },
  NIST800_108_F: {
    data: 'one',
    usesRequestParameters: true,
    derive: (input) => feedbackMode(chosenPrf(input), input.iv ?? nothing, iterated(input, true)),
  },
  NIST800_108_DPI: {
    data: 'one',
    usesRequestParameters: true,
    derive: (input) => doublePipelineMode(chosenPrf(input), iterated(input, true)),
  },
  /** "In order the Date, Region, and Service". */
  AWSSignatureVersion4: {
    data: 'scope',
    usesRequestParameters: false,
    derive: ({ key, data }) => awsSigningKey(key.bytes, data),
  },
  HKDF: {
    data: 'optional',
    usesRequestParameters: true,
    derive(input) {
      checkWork(input);
      const { key, data, salt, length } = input;
      return hkdf(hashingAlgorithmOr('SHA_256', input), { material: key.bytes, salt, info: data[0] }, length);
    },
  },
};

/** How many values of Derivation Data each kind takes. */
const counts: { readonly [D in DerivationMethod['data']]: readonly number[] } = {
  one: [1],
  orKey: [0, 1],
  optional: [0, 1],
  scope: [3],
};

/** @throws KmipError InvalidField when there is too much or too little Derivation Data. */
export function checkDataCount(name: string, method: DerivationMethod, values: number): void {
  if (counts[method.data].includes(values)) return;
  throw invalidField(
    `Derivation Method ${name} requires ${counts[method.data].join(' or ')} Derivation Data, not ${values}`,
  );
}
