/**
 * The one place that decides who may do what. Today an object's owner may do everything with it, and nobody else
 * anything; any known client may use every operation. Roles will be a narrower answer to the same two questions.
 */
import type { ManagedObject } from '#objects/managed-object';
import type { Operation } from '#operations/operation';
import type { ObjectRight } from '#operations/rights';
import type { Principal } from './principal.ts';

/** An operation, and the rights that it may request. */
export type OperationRights = Pick<Operation, 'name' | 'rights'>;

/** Whether the principal may use the operation at all: whether it has the first right of the operation. */
export function mayUse(principal: Principal, { rights: [_right] }: OperationRights): boolean {
  return principal.clientId !== '';
}

/**
 * Whether the principal may do this with the object. A refusal is answered as if the object did not exist. An operation
 * that requests a right that its definition lacks is a bug.
 */
export function mayOn(
  principal: Principal,
  { name, rights }: OperationRights,
  object: Pick<ManagedObject, 'owner'>,
  right: ObjectRight,
): boolean {
  if (!rights.includes(right)) throw new Error(`${name} does not declare that it may ${right} objects`);
  return object.owner === principal.clientId;
}
