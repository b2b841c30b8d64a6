/**
 * The cases that this server does not pass yet, each with its reason. A case that passes, or is no more, must leave the
 * list.
 */
import type { OperationName } from '#operations/operation';

export interface Gap {
  readonly cases: RegExp;
  readonly reason: string;
  /** The row ends by itself when the server has this operation. */
  readonly until?: OperationName;
}

export const gaps: readonly Gap[] = [
  { cases: /^CS-RNG-O-[124]-/, reason: 'the seed is ignored, as in CS-RNG-O-3: one server does one of the four' },
  { cases: /^(?:MSGENC|SUITEB)/, reason: 'Query cannot list operations and objects that are not there yet' },
  { cases: /^PKCS11-/, until: 'PKCS_11', reason: 'the PKCS#11 operation is not there yet' },
  { cases: /^QS-M-1-/, until: 'SetEndpointRole', reason: 'Set Endpoint Role is not there yet' },
  { cases: /^QS-M-2-/, reason: 'whether an algorithm withstands quantum computers is not judged yet' },
];
