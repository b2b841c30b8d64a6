/**
 * The one place that decides who may do what. Today an object's owner may do everything with it, and nobody else anything; any known client may use every
 * operation. Roles will be further rows of the same two questions.
 */
import type { ManagedObject } from '#objects/managed-object';
import type { ObjectRight, Right } from '#operations/rights';

/** Who asks: a client record, found by the certificate of its connection. */
export interface Caller {
  readonly clientId: string;
}

/** Whether the caller may use operations that ask for this right at all. */
export function mayUse(caller: Caller, _right: Right): boolean {
  return caller.clientId !== '';
}

/** Whether the caller may do this with the object. A "no" is answered as if the object did not exist. */
export function mayOn(caller: Caller, object: Pick<ManagedObject, 'owner'>, _right: ObjectRight): boolean {
  return object.owner === caller.clientId;
}
