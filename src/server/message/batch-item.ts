/**
 * One item of a batch: it is read, authorized and run, and run again after a conflict; its answer and its audit record.
 */
import { mayUse } from '#access/rights';
import type { AuditEntry } from '#audit/entry';
import { operationByCode, type FoundOperation } from '#operations/registry/served';
import { isIn } from '#operations/operation';
import { childrenOf } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { echoOf, operationName, readBatchItem, type ResponseBatchItem } from '#protocol/message';
import { reasonFor } from '#protocol/reasons';
import type { ObjectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { versionText, type Version } from '#protocol/versions';
import { ItemType, type Item } from '#ttlv/item';
import { demandRoom } from '#server/limits/disk-reserve';
import { demandConnection } from '#server/run/demand-connection';
import { explained } from '#server/run/explained';
import type { BatchRun, RequestRun } from '#server/run/request-run';
import { retryOnConflict } from '#server/run/retry-on-conflict';
import { RunContext } from '#server/run/run-context';
import { TouchedObjects } from '#server/run/touched-objects';

/** An answer, and its audit record. */
export interface ItemResult {
  readonly answer: ResponseBatchItem;
  readonly entry: AuditEntry;
  /** Set when the record travelled in a commit under this identifier. */
  readonly entryId?: string | undefined;
  /** One of several answers to one item. */
  readonly isRepeated?: true;
  /** The time it took, when somebody subscribes. */
  readonly microseconds?: number | undefined;
}

export const failed = ({ answer }: ItemResult): boolean => answer.resultStatus === 'OperationFailed';

/** What is known of an item before it is run: the fields that its answer repeats and its record has. */
type ItemStart = Pick<ItemResult, 'answer' | 'entry'>;

/**
 * These are literals, at this place and where they are completed: V8 is slow at adding a property to a spread object,
 * and this is done for every request.
 */
function begin(
  item: Item,
  { version, scope: { principal, origin } }: RequestRun,
  touched: readonly string[] = [],
): ItemStart {
  const { operation, uniqueBatchItemID } = echoOf(item);
  return {
    answer: { operation, uniqueBatchItemID, resultStatus: 'Success' },
    entry: {
      kind: 'operation',
      client: principal.clientId,
      certificate: principal.fingerprint,
      connection: origin.connection,
      version: versionText(version),
      operation: operation === undefined ? 'unknown' : (operationName(operation) ?? 'unknown'),
      objects: touched,
      status: 'Success',
    },
  };
}

/** The same, failed. "Operation: Yes, if specified in Request Batch Item" (2.1 §8.6): whatever failed, and however. */
export function asFailure({ answer, entry }: ItemStart, error: KmipError, version: Version): ItemResult {
  const { operation, uniqueBatchItemID } = answer;
  const failing = operation === undefined ? undefined : operationName(operation);
  return {
    answer: {
      operation,
      uniqueBatchItemID,
      resultStatus: 'OperationFailed',
      resultReason: reasonFor(error.reason, version, failing),
      resultMessage: error.message,
    },
    entry: { ...entry, status: 'OperationFailed', reason: error.reason },
  };
}

/** An item that is not run, because its whole message is refused. */
export const refuseItem = (item: Item, error: KmipError, request: RequestRun): ItemResult =>
  asFailure(begin(item, request), error, request.version);

/**
 * The runs of one item. In most cases one; but an identifier of 2.x may stand for all the objects that an earlier item
 * found or made, and then "the operation is repeated for each of them" (2.1 §11.58). `room` is how many answers the
 * message may still hold.
 */
export function runsOf(item: Item, batch: BatchRun, room: number): readonly (() => ItemResult | Promise<ItemResult>)[] {
  try {
    const [operation, requests] = readItem(item, batch, room);
    return requests.map((request) => () => run(item, operation, request, batch));
  } catch (error) {
    return [() => refuseItem(item, explained(error, batch.state, batch.scope.principal.clientId), batch)];
  }
}

function readItem(
  item: Item,
  { version, scope, state, placeholders }: BatchRun,
  room: number,
): [FoundOperation, readonly object[]] {
  if (!state.audit.healthy) throw notAudited();
  demandConnection(scope.signal);
  const { operation: code, requestPayload } = readBatchItem(item, version);
  const operation = operationByCode(code);
  if (operation === undefined || !isIn(operation, version) || operation.offered?.(state.facts) === false) {
    throw new KmipError('OperationNotSupported', 'the operation is not supported in this protocol version');
  }
  if (!mayUse(scope.principal, operation)) {
    throw new KmipError('PermissionDenied', `the client may not use ${operation.name}`);
  }
  if (state.disk !== undefined) demandRoom(state.disk.room, operation);
  const request: { readonly uniqueIdentifier?: ObjectReference } = operation.requestFields.read(
    childrenOf(requestPayload),
    version,
  );
  const ids = placeholders.standsFor(request.uniqueIdentifier);
  if (ids.length < 2) return [operation, [request]];
  if (ids.length > room)
    throw new KmipError(
      'ServerLimitExceeded',
      `Unique Identifier must stand for at most ${room} objects, but stands for ${ids.length}`,
    );
  return [operation, ids.map((uniqueIdentifier) => ({ ...request, uniqueIdentifier }))];
}

async function run(item: Item, operation: FoundOperation, request: object, batch: BatchRun): Promise<ItemResult> {
  const { version, state, placeholders, scope } = batch;
  const { secretsToWipe } = scope;
  const touched = new TouchedObjects();
  const begun = begin(item, batch, touched.ids);
  const { answer, entry } = begun;
  secretsToWipe.begin();
  try {
    return await retryOnConflict(
      state,
      async () => {
        // Wipes what an earlier run has opened, which had a conflict.
        const again = secretsToWipe.drop();
        if (again !== undefined) await again;
        const context = new RunContext(batch, { operation, entry, touched });
        const response = await operation.run(request, context);
        const responsePayload = payloadOf(operation, response, version);
        placeholders.answered(operation.name, response);
        const wiping = secretsToWipe.settle(responsePayload);
        if (wiping !== undefined) await wiping;
        const { operation: code, uniqueBatchItemID, resultStatus } = answer;
        return {
          answer: { operation: code, uniqueBatchItemID, resultStatus, responsePayload },
          entry,
          entryId: context.entryId,
        };
      },
      scope.principal.clientId,
    );
  } catch (error) {
    const wiping = secretsToWipe.drop();
    if (wiping !== undefined) await wiping;
    return asFailure(begun, explained(error, state, scope.principal.clientId), version);
  }
}

const payloadOf = (operation: FoundOperation, response: object, version: Version): Item => ({
  tag: Tag.ResponsePayload,
  type: ItemType.Structure,
  value: operation.responseFields.write(response, version),
});

/** Without its audit record no item has an answer. */
export const notAudited = (): KmipError => new KmipError('GeneralFailure', 'the audit trail cannot be written');
