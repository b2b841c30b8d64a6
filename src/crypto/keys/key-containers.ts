/**
 * The two containers that hold keys of every family: SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) and PrivateKeyInfo (RFC
 * 5208, RFC 5958).
 */
import type { AsnType } from 'asn1js';
import type { AsymmetricKey, PrivateKey, PublicKey } from './asymmetric-key.ts';
import type { Contents, ContentsOf } from './key-contents.ts';
import {
  bits,
  bitsOf,
  childrenOf,
  integer,
  integerOf,
  isTagged,
  octets,
  octetsOf,
  oid,
  oidOf,
  readDer,
  sequence,
  toDer,
} from '#crypto/der';
import { invalidField } from '#crypto/refusals';
import { ecContents } from './ec-keys.ts';
import { dhContents, dsaContents } from './group-keys.ts';
import { rsaContents } from './rsa-keys.ts';

const byFamily = { RSA: rsaContents, EC: ecContents, DSA: dsaContents, DH: dhContents } as unknown as {
  readonly [F in AsymmetricKey['family']]: ContentsOf<PublicKey, PrivateKey>;
};

function ownerOf({ oid: algorithm }: Contents, what: string): ContentsOf<PublicKey, PrivateKey> {
  const owner = Object.values(byFamily).find((each) => each.owns(algorithm));
  if (owner === undefined) throw invalidField(`the algorithm of ${what} is not supported`);
  return owner;
}

function algorithmOf(block: AsnType | undefined, what: string): Pick<Contents, 'oid' | 'parameters'> {
  const [identifier, parameters, more] = childrenOf(block, what);
  if (more !== undefined) throw invalidField(`the algorithm of ${what} must have at most two fields`);
  return { oid: oidOf(identifier, what), parameters };
}

const algorithm = ({ oid: identifier, parameters }: Contents): AsnType =>
  sequence(oid(identifier), ...(parameters === undefined ? [] : [parameters]));

/** X.509 in KMIP (2.1 §11.25): a SubjectPublicKeyInfo. */
export function readPublicInfo(bytes: Uint8Array): PublicKey {
  const what = 'the X.509 public key';
  const [algorithmBlock, key, more] = childrenOf(readDer(bytes, what), what);
  if (more !== undefined) throw invalidField(`${what} must have two fields`);
  const contents = { ...algorithmOf(algorithmBlock, what), key: bitsOf(key, what) };
  return ownerOf(contents, what).readPublic(contents);
}

export function writePublicInfo(key: PublicKey): Uint8Array {
  const contents = byFamily[key.family].writePublic(key);
  return toDer(sequence(algorithm(contents), bits(contents.key)));
}

/** Attributes and a copy of the public key may follow (RFC 5958 §2); they are not kept. */
export function readPrivateInfo(bytes: Uint8Array): PrivateKey {
  const what = 'the PKCS#8 private key';
  const [version, algorithmBlock, key, ...more] = childrenOf(readDer(bytes, what), what);
  if (integerOf(version, what) > 1n) throw invalidField(`${what} must have version 0 or 1`);
  if (!more.every((each) => isTagged(each, 0) || isTagged(each, 1))) throw invalidField(`${what} has unknown fields`);
  const contents = { ...algorithmOf(algorithmBlock, what), key: octetsOf(key, what) };
  return ownerOf(contents, what).readPrivate(contents);
}

export function writePrivateInfo(key: PrivateKey): Uint8Array | undefined {
  const contents = byFamily[key.family].writePrivate(key);
  return contents && toDer(sequence(integer(0n), algorithm(contents), octets(contents.key)));
}
