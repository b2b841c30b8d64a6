/**
 * The record of a client. The record is the identity that owns objects. It has any number of certificates and
 * credentials, which can be added and removed without a change of the objects.
 */
import { jsonKind } from '#store/json-kind';
import type { Quota } from './quota.ts';
import type { Store } from '#store/store';

/** All times are milliseconds since 1970. */
export interface BoundCertificate {
  /** SHA-256 of the DER in lower-case hex, by which the certificate is recognized. */
  readonly fingerprint: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly subject: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Whether our CA signed it, so that our revocation list must contain its revocation. */
  readonly issuedHere: boolean;
  readonly revoked?: number;
}

/** A password beside the certificate, stored as its scrypt hash (RFC 7914). */
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
  /** A UUID, by which objects and audit records name the client. */
  readonly id: string;
  readonly name: string;
  readonly created: number;
  readonly revoked?: number;
  /** The record was damaged when the client was revoked: this one took its place, without the client's certificates. */
  readonly lost?: true;
  readonly certificates: readonly BoundCertificate[];
  readonly credentials: readonly Credential[];
  /** The client's own numbers, which take precedence over the settings. */
  readonly quota?: Partial<Quota>;
  /** 'off': the server does not rotate objects of the client. */
  readonly rotations?: 'off';
  /** Every request must have a user name and password, except those that only query the server. */
  readonly passwordRequired?: true;
}

export const clientKind = jsonKind<ClientRecord>('client', () => [], 'spent');

/** What must be unique over all clients. */
export type UniqueField = 'name' | 'fingerprint' | 'username';

/**
 * Says which client has a name, a fingerprint or a user name. Its identifier is the keyed hash of that value. When two
 * processes assign one value to two clients at once, one of them gets a conflict.
 */
export interface Claim {
  readonly client: string;
  readonly made: number;
}

export const claimKind = jsonKind<Claim>('client-claim');

/** The identifier of the claim to a value. */
export const claimIdOf = ({ term }: Pick<Store, 'term'>, field: UniqueField, value: string): string =>
  term(`client-${field}`, value);

/** Every administrative change updates it last; running servers watch its revision. */
export const generationKind = jsonKind<Record<string, never>>('meta');
export const generationId = 'generation';
