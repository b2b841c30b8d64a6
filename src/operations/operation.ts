/**
 * An operation is one value: its rows and its function. Dispatch, the version gate, the answer of Query, the typed
 * client and the documentation read it.
 */
import { enumerationNumber, type EnumerationValue } from '#protocol/enumerations';
import { enumerationRows } from '#protocol/enumeration-rows';
import { fieldsOf, type Fields, type Schema, type Shape } from '#protocol/fields';
import { inRange, type Range, type Version } from '#protocol/versions';
import type { Context } from './context.ts';
import type { ObjectRight, Right } from './rights.ts';

export type OperationName = EnumerationValue<'Operation'>;

/**
 * Until when an operation is served while room runs out; each of them also while the ones before are. Of those above
 * the quotas of their client all that is written of an object is a date, a state or a count. Those in the reserve of
 * the disk only read. Those on a full disk take a record each, and make room or are never to wait.
 */
export type Served = 'withinQuotas' | 'aboveQuotas' | 'inReserve' | 'onFullDisk';

/** What an operation declares: everything that anybody has to know of it. */
export interface Definition<Q extends Schema, A extends Schema> {
  /**
   * First the right that it takes to use the operation at all, then what it asks of objects that it needs on its way,
   * such as Templates, linked and wrapping keys. `access` decides who has them.
   */
  readonly rights: readonly [Right, ...ObjectRight[]];
  readonly served: Served;
  /** "SHOULD NOT require authentication" beside the certificate (2.1 §9.4; 1.4 §6.6). */
  readonly withoutCredential?: true;
  readonly request: Q;
  readonly response: A;
  run(request: Shape<Q>, context: Context): Promise<Shape<A>>;
  /** Whether the server offers the operation; always when absent. Interop depends on a setting (2.1 §6.1.26). */
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

/** `since` comes from the Operation enumeration: a version without the value does not have the operation. */
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
