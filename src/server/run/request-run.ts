/** What a request is while it runs: the request, its batch, one item of it. */
import type { AuditEntry } from '#audit/entry';
import type { Operation } from '#operations/operation';
import { KmipError } from '#protocol/kmip-error';
import type { WireVersion } from '#protocol/versions';
import type { Placeholders } from '#server/message/placeholders';
import type { ServerState } from '#server/server-state';
import type { ObjectRepository } from '#repository/object-repository';
import type { RequestScope } from './request-scope.ts';
import type { TouchedObjects } from './touched-objects.ts';

/** A request whose version is known. */
export interface RequestRun {
  readonly version: WireVersion;
  readonly scope: RequestScope;
  readonly state: ServerState;
}

/** What the items of one request share. */
export interface BatchRun extends RequestRun {
  readonly placeholders: Placeholders;
  readonly objects: ObjectRepository;
}

/** What is run, and what its audit record says when all goes well. */
export interface ItemRun {
  readonly operation: Pick<Operation, 'name' | 'rights'>;
  readonly entry: AuditEntry;
  /** The entry's objects are these. */
  readonly touched: TouchedObjects;
}

/**
 * What took long is not kept for a client that has left meanwhile: it would never learn of it.
 * @throws KmipError OperationCanceledByRequester.
 */
export function refuseIfLeft(scope: RequestScope): void {
  if (!scope.isHeavy || !scope.hasLeft) return;
  throw new KmipError(
    'OperationCanceledByRequester',
    'the client disconnected before its work was done: nothing was changed',
  );
}
