/**
 * RSA encryption (RFC 8017 §7) as Cryptographic Parameters say (KMIP 2.1 §4.16): OAEP, PKCS#1 v1.5, or none. Decryption
 * answers every failure in the same way. Nothing more is needed against oracles, since a client that may use the
 * operation may decrypt everything.
 */
import { constants, createHash, privateDecrypt, publicEncrypt, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { unsupportedParameters } from '#crypto/refusals';
import { hashName } from '#crypto/hashes';
import type { Random } from '#crypto/padding';

/** What OAEP has for parameters; hashes by OpenSSL's names. */
interface Oaep {
  readonly hash: string;
  readonly maskHash: string;
  readonly label: Uint8Array;
}

type Padding = 'raw' | 'v1.5' | Oaep;

/**
 * OpenSSL draws the randomness that it needs.
 * @throws KmipError BadCryptographicParameters without a Padding Method, UnsupportedCryptographicParameters for
 * paddings and hashes that are not supported, FeatureNotSupported for keys other than RSA, InvalidField for data that
 * is too long.
 */
export function rsaEncrypt(
  key: KeyObject,
  data: Uint8Array,
  parameters: CryptographicParameters,
  random: Random,
): Uint8Array {
  const padding = paddingOf(key, parameters);
  try {
    if (padding === 'raw') return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, data);
    if (padding === 'v1.5') return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, data);
    if (padding.hash === padding.maskHash) return publicEncrypt(native(key, padding), data);
    const options = optionsOf(padding);
    const seed = textOf(random(options.md.digestLength));
    const encoded = pkcs1.encode_rsa_oaep(lengthsOf(key), textOf(data), { ...options, seed });
    return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, bytesOf(encoded));
  } catch {
    throw new KmipError(
      'InvalidField',
      `data of ${data.length} bytes cannot be encrypted with this RSA key and Padding Method`,
    );
  }
}

/**
 * Undoes `rsaEncrypt` with the private key. @throws KmipError CryptographicFailure when it does not decrypt,
 * and as `rsaEncrypt` does.
 */
export function rsaDecrypt(key: KeyObject, data: Uint8Array, parameters: CryptographicParameters): Uint8Array {
  const padding = paddingOf(key, parameters);
  try {
    if (typeof padding !== 'string' && padding.hash === padding.maskHash) {
      return privateDecrypt(native(key, padding), data);
    }
    const encoded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, data);
    if (padding === 'raw') return encoded;
    if (padding === 'v1.5') return withoutPadding(encoded);
    return bytesOf(pkcs1.decode_rsa_oaep(lengthsOf(key), textOf(encoded), optionsOf(padding)));
  } catch {
    throw new KmipError('CryptographicFailure', 'the data cannot be decrypted with this RSA key and Padding Method');
  }
}

function paddingOf(key: KeyObject, parameters: CryptographicParameters): Padding {
  if (key.asymmetricKeyType !== 'rsa') {
    throw new KmipError(
      'FeatureNotSupported',
      `encryption with keys of type ${key.asymmetricKeyType} is not supported: use RSA`,
    );
  }
  const { paddingMethod, hashingAlgorithm = 'SHA_1', maskGeneratorHashingAlgorithm = 'SHA_1' } = parameters;
  if (paddingMethod === undefined) {
    throw new KmipError('BadCryptographicParameters', 'Padding Method is missing from the Cryptographic Parameters');
  }
  if (paddingMethod === 'None') return 'raw';
  if (paddingMethod === 'PKCS1V1_5') return 'v1.5';
  const hash = hashName(hashingAlgorithm);
  const maskHash = hashName(maskGeneratorHashingAlgorithm);
  if (paddingMethod !== 'OAEP' || hash === undefined || maskHash === undefined) {
    const hashes = `${hashingAlgorithm} and ${maskGeneratorHashingAlgorithm}`;
    throw unsupportedParameters(`RSA encryption with Padding Method ${paddingMethod} and ${hashes} is not supported`);
  }
  return { hash, maskHash, label: parameters.pSource ?? new Uint8Array(0) };
}

/** OpenSSL by way of node:crypto has one hash for both. */
const native = (key: KeyObject, { hash, label }: Oaep) => ({
  key,
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: hash,
  ...(label.length === 0 ? {} : { oaepLabel: label }),
});

/** RFC 8017 §7.2.2: 00, 02, eight bytes and more that are not 0, 0, and the message. */
function withoutPadding(encoded: Uint8Array): Uint8Array {
  const end = encoded.indexOf(0, 2);
  if (encoded[0] !== 0 || encoded[1] !== 2 || end < 10) throw new RangeError('the padding must be that of PKCS#1 v1.5');
  return encoded.subarray(end + 1);
}

/** What node-forge's OAEP takes of a key and a hash; its published types leave it out. */
interface Lengths {
  readonly n: { bitLength(): number };
}
interface Digest {
  readonly digestLength: number;
  start(): void;
  update(text: string): void;
  digest(): forge.util.ByteStringBuffer;
}
interface OaepOptions {
  readonly md: Digest;
  readonly mgf1: { readonly md: Digest };
  readonly label: string;
}
const { pkcs1 } = forge as unknown as {
  readonly pkcs1: {
    encode_rsa_oaep(key: Lengths, message: string, options: OaepOptions & { readonly seed: string }): string;
    decode_rsa_oaep(key: Lengths, encoded: string, options: OaepOptions): string;
  };
};

const optionsOf = ({ hash, maskHash, label }: Oaep): OaepOptions => ({
  md: digest(hash),
  mgf1: { md: digest(maskHash) },
  label: textOf(label),
});

function digest(algorithm: string): Digest {
  let hash = createHash(algorithm);
  return {
    digestLength: createHash(algorithm).digest().length,
    start: () => void (hash = createHash(algorithm)),
    update: (text) => void hash.update(text, 'latin1'),
    digest: () => forge.util.createBuffer(textOf(hash.digest())),
  };
}

const lengthsOf = (key: KeyObject): Lengths => ({
  n: { bitLength: () => key.asymmetricKeyDetails?.modulusLength ?? 0 },
});
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
