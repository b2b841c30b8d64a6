import { sign, verify, type KeyObject } from 'node:crypto';

import { BitString, Null, type Sequence } from 'asn1js';
import { AlgorithmIdentifier } from 'pkijs';

import { hashName } from '#crypto/hashes';
import {
  signatureAlgorithmByOid,
  signatureAlgorithmOf,
  type SignatureAlgorithm,
  type SignerKind,
} from '#crypto/signatures/signature-algorithms';
import { OperatorError } from '#operator-error';
import { nameOfAcceptableKey } from './keys.ts';

/**
 * pkijs lays the structures out, node:crypto signs them: private keys stay KeyObjects and never meet another library.
 */

/** The hashes that are accepted, and of which keys. */
const acceptedHashes: ReadonlySet<string | undefined> = new Set(['SHA_256', 'SHA_384', 'SHA_512']);
const keyTypes: { readonly [K in SignerKind]?: string } = { RSA: 'rsa', ECDSA: 'ec', EdDSA: 'ed25519' };

/** The hash of each kind of key; SHA-256 for RSA. */
const hashForKey: Readonly<Record<string, string>> = { 'P-256': 'SHA_256', 'P-384': 'SHA_384', 'P-521': 'SHA_512' };

function algorithmFor(key: KeyObject): SignatureAlgorithm {
  const name = nameOfAcceptableKey(key);
  const algorithm =
    name === 'Ed25519'
      ? signatureAlgorithmOf('EdDSA')
      : name in hashForKey
        ? signatureAlgorithmOf('ECDSA', hashForKey[name])
        : signatureAlgorithmOf('RSA', 'SHA_256');
  return algorithm as SignatureAlgorithm;
}

/** What node:crypto calls the hash; null where the algorithm hashes by itself. */
const hashOf = ({ hash }: SignatureAlgorithm): string | null => (hash === undefined ? null : (hashName(hash) ?? null));

function acceptedAlgorithm(oid: string): SignatureAlgorithm | undefined {
  const algorithm = signatureAlgorithmByOid(oid);
  if (algorithm === undefined || keyTypes[algorithm.kind] === undefined) return undefined;
  return algorithm.kind === 'EdDSA' || acceptedHashes.has(algorithm.hash) ? algorithm : undefined;
}

/** What was signed, and how. */
export interface Signed {
  readonly tbsView: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signatureValue: BitString;
}

/** What certificates, requests and revocation lists of pkijs have in common. */
interface Signable {
  readonly tbsView: Uint8Array;
  signature?: AlgorithmIdentifier;
  signatureAlgorithm: AlgorithmIdentifier;
  signatureValue: BitString;
  /** A sequence whose first part is what gets signed; `true` lays it out from the fields, not from `tbsView`. */
  toSchema(fromFields: true): Sequence;
}

/** Signs the structure and returns its DER. */
export function signStructure(structure: Signable, privateKey: KeyObject): Buffer {
  const algorithm = algorithmFor(privateKey);
  // RFC 4055 §5 asks for NULL with RSA, RFC 5758 §3.2 and RFC 8410 §3 for nothing with the others.
  const identifier = {
    algorithmId: algorithm.oid,
    ...(algorithm.kind === 'RSA' && { algorithmParams: new Null() }),
  };
  structure.signatureAlgorithm = new AlgorithmIdentifier(identifier);
  if ('signature' in structure) structure.signature = new AlgorithmIdentifier(identifier);
  const [toBeSigned] = structure.toSchema(true).valueBlock.value;
  const signature = sign(hashOf(algorithm), new Uint8Array(toBeSigned!.toBER()), privateKey);
  structure.signatureValue = new BitString({ valueHex: Uint8Array.from(signature).buffer });
  return Buffer.from(structure.toSchema(true).toBER());
}

/**
 * Whether the structure was signed with the private half of `publicKey`. Throws for algorithms that we do not accept.
 */
export function isSignedBy(structure: Signed, publicKey: KeyObject): boolean {
  const oid = structure.signatureAlgorithm.algorithmId;
  const algorithm = acceptedAlgorithm(oid);
  if (algorithm === undefined) {
    throw new OperatorError(`the signature algorithm ${oid} is not supported`, 'sign with SHA-256, SHA-384 or SHA-512');
  }
  if (keyTypes[algorithm.kind] !== publicKey.asymmetricKeyType) return false;
  return verify(hashOf(algorithm), structure.tbsView, publicKey, structure.signatureValue.valueBlock.valueHexView);
}
