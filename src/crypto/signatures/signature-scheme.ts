/**
 * Which signature a key makes with Cryptographic Parameters (KMIP 2.1 §4.16): "either the Digital Signature Algorithm
 * can be specified or the Cryptographic Algorithm and Hashing Algorithm combination".
 */
import type { KeyObject } from 'node:crypto';
import type { CryptographicParameters } from '#protocol/structures';
import { hashOf } from '#crypto/hashes';
import { badParameters, hashingAlgorithmMissing, unsupportedParameters } from '#crypto/refusals';
import { signatureAlgorithmByName, type SignatureAlgorithm, type SignerKind } from './signature-algorithms.ts';

/** Hashes by OpenSSL's names. */
export type Scheme =
  | { readonly kind: 'PKCS1'; readonly hash: string }
  | { readonly kind: 'ECDSA'; readonly hash: string }
  | { readonly kind: 'DSA'; readonly hash: string }
  | Pss
  | { readonly kind: 'EdDSA' };

export interface Pss {
  readonly kind: 'PSS';
  readonly hash: string;
  /** Of MGF1. */
  readonly maskHash: string;
  /** In bytes; undefined where nothing says it. */
  readonly saltLength: number | undefined;
}

interface Signer {
  readonly kind: SignerKind;
  /** The Cryptographic Algorithms that mean it. */
  readonly algorithms: readonly string[];
}

const signers: { readonly [keyType: string]: Signer } = {
  rsa: { kind: 'RSA', algorithms: ['RSA'] },
  ec: { kind: 'ECDSA', algorithms: ['EC', 'ECDSA'] },
  dsa: { kind: 'DSA', algorithms: ['DSA'] },
  ed25519: { kind: 'EdDSA', algorithms: ['EC', 'Ed25519'] },
  ed448: { kind: 'EdDSA', algorithms: ['EC', 'Ed448'] },
};

/**
 * The mask of PSS is of the same hash when nothing else is said: the official cases (CS-AC-M-2) verify such signatures,
 * which the default of §4.16, SHA-1, would find invalid.
 * @throws KmipError BadCryptographicParameters when they do not fit the key or one another, or lack what is needed;
 * UnsupportedCryptographicParameters for what is not supported.
 */
export function schemeOf(key: KeyObject, parameters: CryptographicParameters): Scheme {
  const { digitalSignatureAlgorithm, cryptographicAlgorithm } = parameters;
  const signer = signers[key.asymmetricKeyType ?? ''];
  if (signer === undefined) throw badParameters(`keys of type ${key.asymmetricKeyType} cannot sign`);
  const named = digitalSignatureAlgorithm === undefined ? undefined : algorithmNamed(digitalSignatureAlgorithm);
  if (named !== undefined && named.kind !== signer.kind) {
    throw badParameters(`Digital Signature Algorithm ${digitalSignatureAlgorithm} does not match the key`);
  }
  if (cryptographicAlgorithm !== undefined && !signer.algorithms.includes(cryptographicAlgorithm)) {
    throw badParameters(`Cryptographic Algorithm ${cryptographicAlgorithm} does not match the key`);
  }
  // RFC 8032: it hashes by itself.
  if (signer.kind === 'EdDSA') return { kind: 'EdDSA' };
  const algorithm = named?.hash ?? parameters.hashingAlgorithm;
  if (algorithm === undefined) throw hashingAlgorithmMissing();
  if (parameters.hashingAlgorithm !== undefined && parameters.hashingAlgorithm !== algorithm) {
    throw badParameters(`Hashing Algorithm ${parameters.hashingAlgorithm} does not match ${digitalSignatureAlgorithm}`);
  }
  const hash = hashOf(algorithm);
  if (signer.kind !== 'RSA') return { kind: signer.kind, hash };
  const { paddingMethod = digitalSignatureAlgorithm === 'RSASSA_PSS' ? 'PSS' : 'PKCS1V1_5' } = parameters;
  if (paddingMethod === 'PSS') return pssOf(parameters, algorithm, hash);
  if (digitalSignatureAlgorithm === 'RSASSA_PSS')
    throw badParameters(`Padding Method ${paddingMethod} is not valid for RSASSA-PSS: must be PSS`);
  if (paddingMethod === 'PKCS1V1_5') return { kind: 'PKCS1', hash };
  throw unsupportedParameters(`RSA signatures with Padding Method ${paddingMethod} are not supported`);
}

function pssOf(parameters: CryptographicParameters, algorithm: string, hash: string): Pss {
  const {
    maskGenerator = 'MGF1',
    maskGeneratorHashingAlgorithm = algorithm,
    saltLength,
    trailerField = 1,
  } = parameters;
  if (maskGenerator !== 'MGF1') throw unsupportedParameters(`Mask Generator ${maskGenerator} is not supported`);
  if (trailerField !== 1) throw unsupportedParameters('a Trailer Field other than 1 is not supported');
  if (saltLength !== undefined && saltLength < 0) throw badParameters('Salt Length must not be negative');
  return { kind: 'PSS', hash, maskHash: hashOf(maskGeneratorHashingAlgorithm), saltLength };
}

function algorithmNamed(name: string): SignatureAlgorithm {
  const algorithm = signatureAlgorithmByName(name);
  if (algorithm === undefined) throw unsupportedParameters(`Digital Signature Algorithm ${name} is not supported`);
  return algorithm;
}
