import type { AsnType } from 'asn1js';
import type { PrivateKey, PublicKey } from './asymmetric-key.ts';

/** AlgorithmIdentifier and key, the key as its own specification encodes it. */
export interface Contents {
  readonly oid: string;
  readonly parameters: AsnType | undefined;
  readonly key: Uint8Array;
}

/** How the keys of one family go into the containers. */
export interface ContentsOf<U extends PublicKey, R extends PrivateKey> {
  /** Whether an algorithm's identifier is of this family. */
  owns(oid: string): boolean;
  readPublic(contents: Contents): U;
  readPrivate(contents: Contents): R;
  writePublic(key: U): Contents;
  /** Undefined for a key that lacks what the container needs. */
  writePrivate(key: R): Contents | undefined;
}
