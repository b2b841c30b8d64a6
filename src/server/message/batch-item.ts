/** One item of a batch: read, authorized, run again when somebody else was faster; its answer, and its audit record. */
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
import { ConflictError, DamagedRecordError, SpentError } from '#store/engines/engine';
import { ItemType, type Item } from '#ttlv/item';
import { RunContext, type Asking, type Batch } from '#server/run/run-context';
import { demandRoom } from '#server/limits/disk-reserve';
import type { ServerState } from '#server/server-state';

/**
 * An item is run again when somebody else changed its object meanwhile. Those of one process wait in line, so that it
 * races with one of each other process, and with who comes anew; of eight processes nobody is unlucky so often in 10^14
 * times.
 */
const maximumRuns = 256;

/**
 * A batch that can be undone costs more, and has right of way after the first runs. Only other processes can still be
 * faster then.
 */
export const batchRuns = { most: 16, byLuck: 8 } as const;

/** An answer, and its audit record. */
export interface Done {
  readonly answer: ResponseBatchItem;
  readonly entry: AuditEntry;
  /** Set when the record travelled in a commit under this identifier. */
  readonly entryId?: string | undefined;
  /** One of several for which one item stood. */
  readonly isRepeated?: true;
}

export const failed = ({ answer }: Done): boolean => answer.resultStatus === 'OperationFailed';

/** What is known of an item before anything else is looked at: what its answer echoes, what its record says. */
type Begun = Pick<Done, 'answer' | 'entry'>;

/**
 * Literals, here and where they are completed: V8 adds a property to a spread object in a slow way, and this is done
 * for every request.
 */
function begin(item: Item, { version, session }: Asking, touched: readonly string[] = []): Begun {
  const { operation, uniqueBatchItemID } = echoOf(item);
  return {
    answer: { operation, uniqueBatchItemID, resultStatus: 'Success' },
    entry: {
      kind: 'operation',
      client: session.clientId,
      certificate: session.fingerprint,
      connection: session.connection,
      version: versionText(version),
      operation: operation === undefined ? 'unknown' : (operationName(operation) ?? 'unknown'),
      objects: touched,
      status: 'Success',
    },
  };
}

/** The same, failed. "Operation: Yes, if specified in Request Batch Item" (2.1 §8.6): whatever failed, and however. */
export function asFailure({ answer, entry }: Begun, error: KmipError, version: Version): Done {
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

/** An item that is not even tried, because its whole message is refused. */
export const refuseItem = (item: Item, error: KmipError, asking: Asking): Done =>
  asFailure(begin(item, asking), error, asking.version);

/**
 * What is to be run for one item, and answers when it is. Mostly once: but an identifier of 2.x may stand for all the
 * objects that an earlier item found or made, and then "the operation is repeated for each of them" (2.1 §11.58).
 * `room` is how many answers the message may still hold.
 */
export function runsOf(item: Item, batch: Batch, room: number): readonly (() => Done | Promise<Done>)[] {
  try {
    const [operation, requests] = readItem(item, batch, room);
    return requests.map((request) => () => run(item, operation, request, batch));
  } catch (error) {
    return [() => refuseItem(item, explained(error, batch.services, batch.session.clientId), batch)];
  }
}

function readItem(
  item: Item,
  { version, session, services, placeholders }: Batch,
  room: number,
): [FoundOperation, readonly object[]] {
  if (!services.audit.healthy) throw new KmipError('GeneralFailure', 'the audit trail cannot be written');
  if (session.isClosed?.() === true) throw new KmipError('OperationCanceledByRequester', 'the connection is closed');
  const { operation: code, requestPayload } = readBatchItem(item, version);
  const operation = operationByCode(code);
  if (operation === undefined || !isIn(operation, version) || operation.offered?.(services.facts) === false) {
    throw new KmipError('OperationNotSupported', 'the server does not have this operation in this version');
  }
  if (!mayUse(session, operation)) {
    throw new KmipError('PermissionDenied', `the client may not use ${operation.name}`);
  }
  if (services.disk !== undefined) demandRoom(services.disk.room, operation);
  const request: { readonly uniqueIdentifier?: ObjectReference } = operation.requestFields.read(
    childrenOf(requestPayload),
    version,
  );
  const ids = placeholders.standsFor(request.uniqueIdentifier);
  if (ids.length < 2) return [operation, [request]];
  if (ids.length > room) throw new KmipError('ServerLimitExceeded', `the identifier stands for ${ids.length} objects`);
  return [operation, ids.map((uniqueIdentifier) => ({ ...request, uniqueIdentifier }))];
}

async function run(item: Item, operation: FoundOperation, request: object, batch: Batch): Promise<Done> {
  const { version, services, placeholders, opened } = batch;
  const touched: string[] = [];
  const begun = begin(item, batch, touched);
  const { answer, entry } = begun;
  opened.begin();
  try {
    return await untilUndisturbed(
      services,
      async () => {
        // What a run before this one has opened, which was disturbed.
        const again = opened.drop();
        if (again !== undefined) await again;
        const context = new RunContext(batch, { operation, entry, touched });
        const response = await operation.run(request, context);
        const responsePayload = payloadOf(operation, response, version);
        placeholders.answered(operation.name, response);
        const wiping = opened.settle(responsePayload);
        if (wiping !== undefined) await wiping;
        const { operation: code, uniqueBatchItemID, resultStatus } = answer;
        return {
          answer: { operation: code, uniqueBatchItemID, resultStatus, responsePayload },
          entry,
          entryId: context.entryId,
        };
      },
      batch.session.clientId,
    );
  } catch (error) {
    const wiping = opened.drop();
    if (wiping !== undefined) await wiping;
    return asFailure(begun, explained(error, services, batch.session.clientId), version);
  }
}

/** How often something is run. */
export interface Runs {
  readonly most: number;
  /** So many runs, and others give way in those that follow. */
  readonly byLuck: number;
  /** How many items the last run had. */
  items(): number;
}

const usualRuns: Runs = { most: maximumRuns, byLuck: maximumRuns, items: () => 1 };

/**
 * Runs again, a bounded number of times, when somebody else changed meanwhile what this run changes. `run` is handed
 * whether others give way. The rate of the client, if any, is charged for each further run.
 */
export async function untilUndisturbed<T>(
  { lines, rate }: Pick<ServerState, 'lines' | 'rate'>,
  run: (hasWay: boolean) => Promise<T>,
  client?: string,
  { most, byLuck, items }: Runs = usualRuns,
): Promise<T> {
  const claims = new Map<string, () => void>();
  let leave: (() => void) | undefined;
  try {
    for (let tries = 1; ; tries++) {
      try {
        return await run(claims.size > 0);
      } catch (error) {
        if (!(error instanceof ConflictError) || error instanceof SpentError || tries === most) throw error;
        leave ??= await lines.enter(error.id);
        if (tries >= byLuck && !claims.has(error.id)) claims.set(error.id, lines.claim(error.id));
        // Every run is work.
        if (client !== undefined) rate.take(client, items());
      }
    }
  } finally {
    for (const release of claims.values()) release();
    leave?.();
  }
}

const payloadOf = (operation: FoundOperation, response: object, version: Version): Item => ({
  tag: Tag.ResponsePayload,
  type: ItemType.Structure,
  value: operation.responseFields.write(response, version),
});

/** Lines of a client's unexpected failures that are written in a minute. */
const failureLines = 20;

/**
 * What a client hears of an error. A bug of ours, or the store's trouble: the operator gets the stack, the client a
 * fixed sentence.
 */
export function explained(error: unknown, { counted }: Pick<ServerState, 'counted'>, client: string): KmipError {
  if (error instanceof KmipError) return error;
  if (error instanceof SpentError) {
    return new KmipError('ObjectAlreadyExists', 'an object had this Unique Identifier, which no other object gets');
  }
  // The store has named it in the log. What a caller may not know of never comes so far (context.ts).
  if (error instanceof DamagedRecordError) {
    return new KmipError(
      'GeneralFailure',
      'a record that the request needs is damaged: ask the operator of the server',
    );
  }
  if (error instanceof ConflictError) {
    const message = 'an object was changed too often by others for a change of it to be made';
    counted.note('warn', message, { client }, { object: error.id });
    return new KmipError(
      'ServerLimitExceeded',
      'others changed the object each time that the request was run: nothing of it is kept, send it again later',
    );
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  counted.note('error', 'an operation failed unexpectedly', { client }, { error: what }, failureLines);
  return new KmipError('GeneralFailure', 'the server failed; its log says why');
}
