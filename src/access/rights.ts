/**
 * The one place that decides who may do what. Today an object's owner may do everything with it, and nobody else
 * anything; any known client may use every operation. Roles will be a narrower answer to the same two questions.
 */
import type { ManagedObject } from '#objects/managed-object';
import type { ServedOperation } from '#operations/registry/served';
import type { ObjectRight, Right } from '#operations/rights';

/** Who asks: a client record, found by the certificate of its connection. */
export interface Caller {
  readonly clientId: string;
}

/**
 * What each operation may ask for: first what it takes to use it at all, then what else it asks of objects that it
 * needs on its way, such as Templates, linked and wrapping keys. An operation that asks an object for a right that its
 * row lacks is a fault of ours.
 */
const rightsOf = {
  Activate: ['modify'],
  AddAttribute: ['modify', 'read'],
  AdjustAttribute: ['modify'],
  Archive: ['archive'],
  Certify: ['create', 'modify', 'read'],
  Check: ['read'],
  Create: ['create', 'read'],
  CreateKeyPair: ['create', 'read'],
  Decrypt: ['use'],
  CreateSplitKey: ['create', 'fetch', 'read'],
  DeleteAttribute: ['modify', 'read'],
  DeriveKey: ['create', 'use', 'read'],
  Destroy: ['destroy'],
  DiscoverVersions: ['ask'],
  Export: ['fetch', 'use'],
  Encrypt: ['use'],
  Get: ['fetch', 'use'],
  GetAttributes: ['read'],
  GetAttributeList: ['read'],
  GetConstraints: ['ask'],
  GetUsageAllocation: ['use'],
  Hash: ['ask'],
  Import: ['create', 'destroy', 'read', 'use'],
  Interop: ['ask', 'read'],
  JoinSplitKey: ['create', 'fetch', 'read'],
  Locate: ['locate', 'read'],
  Log: ['ask'],
  MAC: ['use'],
  MACVerify: ['use'],
  ModifyAttribute: ['modify', 'read'],
  ObtainLease: ['use'],
  Ping: ['ask'],
  Query: ['ask', 'read'],
  ReCertify: ['create', 'modify', 'read'],
  ReKey: ['create', 'modify', 'read'],
  ReKeyKeyPair: ['create', 'modify', 'read'],
  Recover: ['archive'],
  Register: ['create', 'read', 'use'],
  Revoke: ['modify'],
  RNGRetrieve: ['ask'],
  RNGSeed: ['ask'],
  SetAttribute: ['modify', 'read'],
  SetConstraints: ['create'],
  SetDefaults: ['create', 'read'],
  Sign: ['use'],
  SignatureVerify: ['use'],
  Validate: ['ask', 'fetch', 'read'],
} as const satisfies { readonly [O in ServedOperation]: readonly [Right, ...ObjectRight[]] };

/** Whether the caller may use the operation at all: has the first right of its row. */
export function mayUse(caller: Caller, operation: ServedOperation): boolean {
  const [_right]: readonly [Right, ...ObjectRight[]] = rightsOf[operation];
  return caller.clientId !== '';
}

/** Whether the caller may do this with the object. A "no" is answered as if the object did not exist. */
export function mayOn(
  caller: Caller,
  operation: ServedOperation,
  object: Pick<ManagedObject, 'owner'>,
  right: ObjectRight,
): boolean {
  const row: readonly Right[] = rightsOf[operation];
  if (!row.includes(right)) throw new Error(`${operation} has no row that lets it ${right} objects`);
  return object.owner === caller.clientId;
}
