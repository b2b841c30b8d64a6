/** An object as operators see it. */
import { attributesAt, stateText } from '#objects/life-cycle';
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';

/** The object with its state at `now`, in milliseconds since 1970. */
export function objectAt(object: ManagedObject, now: number): ManagedObject {
  return { ...object, attributes: attributesAt(object.attributes, Math.floor(now / 1000)) };
}

export interface ObjectSummary {
  readonly id: string;
  /** The owner's name, or its identifier when no client has that. */
  readonly client: string;
  readonly type: string;
  readonly state?: string;
  readonly algorithm?: string;
  readonly length?: number;
  readonly names: readonly string[];
}

export function summaryOf(object: ManagedObject, client: string): ObjectSummary {
  const { state, cryptographicAlgorithm, cryptographicLength, name = [] } = object.attributes;
  return {
    id: object.id,
    client,
    type: objectTypeOf(object),
    ...(state === undefined ? {} : { state: stateText(state) }),
    ...(cryptographicAlgorithm === undefined ? {} : { algorithm: cryptographicAlgorithm }),
    ...(cryptographicLength === undefined ? {} : { length: cryptographicLength }),
    names: name.map(({ nameValue }) => nameValue),
  };
}
