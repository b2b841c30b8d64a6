/**
 * What is kept about a client. The record is the identity that owns objects: certificates and credentials hang off it,
 * several at a time, and come and go without touching the objects.
 */
import { jsonKind } from '#store/json-kind';
import type { Quota } from './quota.ts';
import type { Store } from '#store/store';

/** All times are milliseconds since 1970. */
export interface BoundCertificate {
  /** SHA-256 of the DER, lower-case hex: what the certificate is recognized by. */
  readonly fingerprint: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly subject: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Whether our CA signed it, so that its revocation belongs into our revocation list. */
  readonly issuedHere: boolean;
  readonly revoked?: number;
}

/** A password beside the certificate, kept as what scrypt (RFC 7914) made of it. */
export interface Credential {
  readonly username: string;
  /** Base64, as is the hash. */
  readonly salt: string;
  readonly hash: string;
  readonly cost: ScryptCost;
}

export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export interface ClientRecord {
  /** A UUID: what owners of objects and audit records name. */
  readonly id: string;
  readonly name: string;
  readonly created: number;
  readonly revoked?: number;
  /** The record was damaged when the client was revoked: this one took its place, without the client's certificates. */
  readonly lost?: true;
  readonly certificates: readonly BoundCertificate[];
  readonly credentials: readonly Credential[];
  /** Its own numbers, before those of the settings. */
  readonly quota?: Partial<Quota>;
  /** 'off': the server rotates no object of the client by itself. */
  readonly rotations?: 'off';
  /** Every request must have a user name and password, but those that only ask what the server is. */
  readonly passwordRequired?: true;
}

export const clientKind = jsonKind<ClientRecord>('client', () => [], 'spent');

/** What must be unique over all clients. */
export type UniqueField = 'name' | 'fingerprint' | 'username';

/**
 * Says which client has a name, a fingerprint or a user name. Its identifier is the keyed hash of that value, so that
 * of two processes that give one value to two clients at once, one meets a conflict.
 */
export interface Claim {
  readonly client: string;
  readonly made: number;
}

export const claimKind = jsonKind<Claim>('client-claim');

/** The identifier of the claim to a value. */
export const claimIdOf = ({ term }: Pick<Store, 'term'>, field: UniqueField, value: string): string =>
  term(`client-${field}`, value);

/** Changed by every administrative change, last; its revision is what a running server watches. */
export const generationKind = jsonKind<Record<string, never>>('meta');
export const generationId = 'generation';
