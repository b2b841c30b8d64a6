/**
 * The Authentication of a request (KMIP 2.1 §9.4; 1.4 §6.6) beside the certificate of its connection: both must be
 * valid and name the same client. A request without one is its certificate's; one that has it must satisfy every
 * Credential.
 */
import { operationByCode } from '#operations/registry/served';
import { KmipError } from '#protocol/kmip-error';
import {
  echoOf,
  usernameAndPassword,
  type Credential,
  type RequestHeader,
  type RequestMessage,
} from '#protocol/message';
import type { Session } from '#server/session';

export interface Credentials {
  /**
   * Whether this user name and password are the client's now; 'limited' when too many checks wait. It is called for
   * every request: a pair that was right before costs almost nothing.
   */
  checkCredential(given: {
    readonly username: string;
    readonly password: string;
    readonly clientId: string;
    /** The same object for every request of a connection. */
    readonly session: object;
  }): Promise<'valid' | 'wrong' | 'limited'>;
  /** Whether the client needs a user name and password beside its certificate. */
  demandsCredential(clientId: string): boolean;
}

/** The maximum of credentials in one request. */
const maximumCredentials = 4;

/** @throws KmipError AuthenticationNotSuccessful, for every reason: a client must not learn which user names exist. */
export type Authenticator = (request: RequestMessage, session: Session) => Promise<void>;

export function createAuthenticator(credentials: Credentials): Authenticator {
  return async ({ header, batchItems }, { principal: { clientId }, origin }) => {
    const given = header.authentication?.credential ?? [];
    if (header.authentication === undefined && credentials.demandsCredential(clientId)) {
      const operations = batchItems.map((item) => operationByCode(echoOf(item).operation ?? 0));
      if (!operations.every((each) => each?.withoutCredential === true))
        throw unsuccessful('is missing: this client must give one');
    }
    if (header.authentication !== undefined && given.length === 0) throw unsuccessful('holds no Credential');
    if (given.length > maximumCredentials) throw unsuccessful(`holds more than ${maximumCredentials} Credentials`);
    for (const each of given) {
      const { username, password } = readCredential(each, header);
      const result = await credentials.checkCredential({ username, password, clientId, session: origin });
      if (result === 'limited') throw unsuccessful('cannot be checked now: too many others wait, try again later');
      if (result === 'wrong') throw unsuccessful('is not valid for the client of this connection');
    }
  };
}

function readCredential({ credentialType, credentialValue }: Credential, { protocolVersion }: RequestHeader) {
  if (credentialType !== 'UsernameAndPassword') throw unsuccessful(`has a Credential Type that is not served`);
  const { username, password = '' } = usernameAndPassword.read(credentialValue, protocolVersion);
  return { username, password };
}

const unsuccessful = (why: string): KmipError => new KmipError('AuthenticationNotSuccessful', `Authentication ${why}`);
