/**
 * An operation is one value: its rows and what it does. Dispatch, the version gate, Query's answer, the typed client and the documentation read it.
 */
import { enumerationNumber, type EnumerationValue } from '#protocol/enumerations';
import { enumerationRows } from '#protocol/enumeration-rows';
import { fieldsOf, type Fields, type Schema, type Shape } from '#protocol/fields';
import { inRange, type Range, type Version } from '#protocol/versions';
import type { Context } from './context.ts';
import type { Right } from './rights.ts';

export type OperationName = EnumerationValue<'Operation'>;

/** What an operation declares. */
export interface Definition<Q extends Schema, A extends Schema> {
  /** What the caller must have before anything else is looked at; rights on objects are asked for with `load`. */
  readonly right: Right;
  readonly request: Q;
  readonly response: A;
  run(request: Shape<Q>, context: Context): Promise<Shape<A>>;
  /** Present only where it is true: Interop is there when the operator asked for it (2.1 §6.1.26). */
  readonly offered?: (server: Context['server']) => boolean;
}

export interface Operation<Q extends Schema = Schema, A extends Schema = Schema> extends Definition<Q, A>, Range {
  readonly name: OperationName;
  readonly code: number;
  readonly requestFields: Fields<Shape<Q>>;
  readonly responseFields: Fields<Shape<A>>;
}

/** `since` comes from the Operation enumeration: a version that lacks the value lacks the operation. */
export function defineOperation<Q extends Schema, A extends Schema>(
  name: OperationName,
  definition: Definition<Q, A>,
): Operation<Q, A> {
  const [, since, until] = enumerationRows.Operation[name] as readonly [number, Version, Version?];
  return {
    name,
    code: enumerationNumber('Operation', name) as number,
    since,
    ...(until === undefined ? {} : { until }),
    requestFields: fieldsOf(definition.request, `${name} request`),
    responseFields: fieldsOf(definition.response, `${name} response`),
    ...definition,
  };
}

export const isIn = (operation: Range, version: Version): boolean => inRange(operation, version);
