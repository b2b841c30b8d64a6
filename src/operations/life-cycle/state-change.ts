/** What the operations of the life cycle share: a change of attributes, with its date. */
import type { Attributes } from '#objects/attributes/attributes';
import { transition, type State } from '#objects/life-cycle';
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { KmipError } from '#protocol/kmip-error';
import type { Loaded, ObjectChange } from '#operations/context';

/** The state of an object that has one: Templates do not (1.4 §3.22). @throws KmipError InvalidObjectType. */
export function stateOf(object: ManagedObject, what: string): State {
  const { state } = object.attributes;
  if (state === undefined)
    throw new KmipError('InvalidObjectType', `Object Type ${objectTypeOf(object)} cannot be ${what}`);
  return state;
}

/** The object with these attributes, its Last Change Date set (2.1 §4.29). */
export const changed = (object: ManagedObject, attributes: Attributes, now: number): ManagedObject => ({
  ...object,
  attributes: { ...object.attributes, ...attributes, lastChangeDate: now },
});

/** Destroys the material and keeps the attributes. @throws KmipError when the state of the object forbids it. */
export function destroyed(loaded: Loaded, event: 'destroy' | 'reset', now: number): ObjectChange {
  const { object } = loaded;
  const state = transition(stateOf(object, 'destroyed'), event);
  return { update: loaded, to: changed(object, { state, destroyDate: now }, now), material: null };
}
