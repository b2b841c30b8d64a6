/**
 * An operation is one value: its rows and what it does. Dispatch, the version gate, Query's answer, the typed client
 * and the documentation read it.
 */
import { enumerationNumber, type EnumerationValue } from '#protocol/enumerations';
import { enumerationRows } from '#protocol/enumeration-rows';
import { fieldsOf, type Fields, type Schema, type Shape } from '#protocol/fields';
import { inRange, type Range, type Version } from '#protocol/versions';
import type { Context } from './context.ts';

export type OperationName = EnumerationValue<'Operation'>;

/**
 * What an operation declares. Which rights it takes to use it stands in `access`: an operation without
 * a row there does not compile.
 */
export interface Definition<Q extends Schema, A extends Schema> {
  readonly request: Q;
  readonly response: A;
  run(request: Shape<Q>, context: Context): Promise<Shape<A>>;
  /** Present only where it is true: Interop is there when the operator asked for it (2.1 §6.1.26). */
  readonly offered?: (server: Context['server']) => boolean;
}

export interface Operation<
  Q extends Schema = Schema,
  A extends Schema = Schema,
  N extends OperationName = OperationName,
>
  extends Definition<Q, A>, Range {
  readonly name: N;
  readonly code: number;
  readonly requestFields: Fields<Shape<Q>>;
  readonly responseFields: Fields<Shape<A>>;
}

/** `since` comes from the Operation enumeration: a version that lacks the value lacks the operation. */
export function defineOperation<N extends OperationName, Q extends Schema, A extends Schema>(
  name: N,
  definition: Definition<Q, A>,
): Operation<Q, A, N> {
  const [, since, until]: readonly [number, Version, Version?] = enumerationRows.Operation[name];
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
