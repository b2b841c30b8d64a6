/**
 * The states of an object and the transitions between them (KMIP 2.1 §4.57; 1.4 §3.22), those of the clock included.
 */
import type { EnumerationValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import type { Lifetime } from '#objects/attributes/attribute-row';

export type State = EnumerationValue<'State'>;
/**
 * `compromise` is a Revoke whose reason is a compromise of the key or of its issuer; `reset` is Interop's Reset, which
 * destroys in every state.
 */
export type LifeCycleEvent = 'activate' | 'deactivate' | 'compromise' | 'destroy' | 'reset';

/**
 * "Only the transitions described above are permitted." The numbers are those of the text, which has none for `reset`.
 */
const transitions: { readonly [S in State]: { readonly [E in LifeCycleEvent]?: State } } = {
  PreActive: {
    activate: 'Active', // 4
    compromise: 'Compromised', // 3
    destroy: 'Destroyed', // 2
    reset: 'Destroyed',
  },
  Active: {
    deactivate: 'Deactivated', // 6
    compromise: 'Compromised', // 5
    reset: 'Destroyed',
  },
  Deactivated: {
    compromise: 'Compromised', // 8
    destroy: 'Destroyed', // 7
    reset: 'Destroyed',
  },
  Compromised: {
    destroy: 'DestroyedCompromised', // 9
    reset: 'DestroyedCompromised',
  },
  Destroyed: {
    compromise: 'DestroyedCompromised', // 10
  },
  DestroyedCompromised: {},
};

/** The state as the text writes it. */
export const stateText = (state: State): string => state.replace(/(?<=[a-z])(?=[A-Z])/g, '-');

/**
 * The state after the event. @throws KmipError WrongKeyLifecycleState or ObjectDestroyed when
 * the table does not have the transition.
 */
export function transition(state: State, event: LifeCycleEvent): State {
  // An imported object may have a state of a vendor.
  const next = (transitions[state] as (typeof transitions)[State] | undefined)?.[event];
  if (next !== undefined) return next;
  const reason = event === 'destroy' && isDestroyed(state) ? 'ObjectDestroyed' : 'WrongKeyLifecycleState';
  throw new KmipError(reason, `cannot ${event} an object in state ${stateText(state)}`);
}

export const isDestroyed = (state: State | undefined): boolean =>
  state === 'Destroyed' || state === 'DestroyedCompromised';

/**
 * The state at `now` (seconds): the stored state, changed by the dates that have passed since. It is computed at each
 * read and not written.
 */
export function stateAt({ state, activationDate, deactivationDate }: Lifetime, now: number): State | undefined {
  let current = state;
  if (current === 'PreActive' && activationDate !== undefined && activationDate <= now) current = 'Active';
  if (current === 'Active' && deactivationDate !== undefined && deactivationDate <= now) current = 'Deactivated';
  return current;
}

/** The attributes as they are at `now`. */
export function attributesAt<T extends Lifetime>(attributes: T, now: number): T {
  const state = stateAt(attributes, now);
  return state === attributes.state ? attributes : { ...attributes, state };
}
