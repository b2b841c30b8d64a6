/** The items of one request: order, Stop, Continue and Undo (KMIP 2.1 §9.5; 1.4 §6.13), their audit records before their answers. */
import type { AuditEntry } from '#audit/entry';
import { mayUse } from '#access/rights';
import { operationByCode } from '#operations/index';
import { isIn, type Operation } from '#operations/operation';
import { childrenOf } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { echoOf, operationName, readBatchItem, type RequestMessage, type ResponseBatchItem } from '#protocol/message';
import { reasonFor } from '#protocol/reasons';
import { Tag } from '#protocol/tags';
import { versionText, type Version } from '#protocol/versions';
import { ConflictError } from '#store/engine';
import { ItemType, type Item } from '#ttlv/item';
import { createContext } from './context.ts';
import { Placeholders } from './placeholders.ts';
import type { Running } from './services.ts';
import type { Session } from './session.ts';
import { directView, stagedView, type ObjectView } from './view.ts';

/** An item is run again when somebody else changed its object meanwhile; more often than this nobody is that unlucky. */
const maximumRuns = 16;

interface Batch {
  readonly version: Version;
  readonly session: Session;
  readonly services: Running;
  readonly placeholders: Placeholders;
  readonly view: ObjectView;
}

/** One item's answer, and its audit record. */
interface Done {
  readonly answer: ResponseBatchItem;
  readonly entry: AuditEntry;
  /** Set when the record travelled in a commit under this identifier. */
  readonly entryId?: string | undefined;
}

export async function runBatch(
  request: RequestMessage,
  session: Session,
  services: Running,
): Promise<ResponseBatchItem[]> {
  const { header, batchItems } = request;
  const undo = header.batchErrorContinuationOption === 'Undo' && batchItems.length > 1;
  const done = undo ? await runUndoable(request, session, services) : await runInTurn(request, session, services);
  return await audited(done, services, header.protocolVersion);
}

async function runInTurn({ header, batchItems }: RequestMessage, session: Session, services: Running): Promise<Done[]> {
  const batch: Batch = {
    version: header.protocolVersion,
    session,
    services,
    placeholders: new Placeholders(),
    view: directView(services),
  };
  const done: Done[] = [];
  for (const item of batchItems) {
    const result = await runItem(item, batch);
    done.push(result);
    if (failed(result) && header.batchErrorContinuationOption !== 'Continue') break;
  }
  return done;
}

/** Runs against a staged view and commits once, at the end: before that nobody else sees anything, after a failure nothing is left. */
async function runUndoable(
  { header, batchItems }: RequestMessage,
  session: Session,
  services: Running,
): Promise<Done[]> {
  for (let run = 1; ; run++) {
    const view = stagedView(services);
    const batch: Batch = { version: header.protocolVersion, session, services, placeholders: new Placeholders(), view };
    const done: Done[] = [];
    for (const item of batchItems) {
      const result = await runItem(item, batch);
      done.push(result);
      if (failed(result)) return [...done.slice(0, -1).map(undone), result];
    }
    try {
      await view.commitStaged();
      return done;
    } catch (error) {
      if (error instanceof ConflictError && run < maximumRuns) continue;
      // Nothing of the batch was kept, so its last item is the one that failed.
      const last = done.pop() as Done;
      return [...done.map(undone), failure(last.answer, last.entry, error, batch)];
    }
  }
}

const failed = ({ answer }: Done): boolean => answer.resultStatus === 'OperationFailed';

/** It keeps its payload: only a failure has none (2.1 §8.6; 1.4 §7.2). */
const undone = ({ answer, entry }: Done): Done => ({
  answer: { ...answer, resultStatus: 'OperationUndone' },
  entry: { ...entry, status: 'OperationUndone' },
});

async function runItem(item: Item, batch: Batch): Promise<Done> {
  const { version, session, services } = batch;
  const echo = echoOf(item);
  const entry: AuditEntry = {
    kind: 'operation',
    client: session.clientId,
    certificate: session.fingerprint,
    connection: session.connection,
    version: versionText(version),
    operation: echo.operation === undefined ? 'unknown' : (operationName(echo.operation) ?? 'unknown'),
  };
  const touched = new Set<string>();
  try {
    if (!services.audit.healthy) throw new KmipError('GeneralFailure', 'the audit trail cannot be written');
    const read = readBatchItem(item, version);
    const operation = operationOf(read.operation, version, services);
    if (!mayUse(session, operation.right))
      throw new KmipError('PermissionDenied', `the client may not use ${operation.name}`);
    const request = operation.requestFields.read(childrenOf(read.requestPayload), version);
    const { response, entryId } = await runOperation(operation, request, batch, entry, touched);
    return {
      answer: { ...echo, resultStatus: 'Success', responsePayload: payloadOf(operation, response, version) },
      entry: { ...entry, objects: [...touched], status: 'Success' },
      entryId,
    };
  } catch (error) {
    return failure(echo, { ...entry, objects: [...touched] }, error, batch);
  }
}

function failure(
  { operation, uniqueBatchItemID }: Pick<ResponseBatchItem, 'operation' | 'uniqueBatchItemID'>,
  entry: AuditEntry,
  error: unknown,
  { version, services }: Batch,
): Done {
  const { reason, message } = error instanceof KmipError ? error : unexpected(error, services);
  const resultReason = reasonFor(reason, version, operation === undefined ? undefined : operationName(operation));
  return {
    answer: { operation, uniqueBatchItemID, resultStatus: 'OperationFailed', resultReason, resultMessage: message },
    entry: { ...entry, status: 'OperationFailed', reason },
  };
}

function operationOf(code: number, version: Version, { facts }: Running): Operation {
  const operation = operationByCode(code);
  if (operation === undefined || !isIn(operation, version) || operation.offered?.(facts) === false) {
    throw new KmipError('OperationNotSupported', 'the server does not have this operation in this version');
  }
  return operation;
}

async function runOperation(
  operation: Operation,
  request: object,
  { version, session, services, placeholders, view }: Batch,
  entry: AuditEntry,
  touched: Set<string>,
): Promise<{ readonly response: object; readonly entryId: string | undefined }> {
  for (let run = 1; ; run++) {
    const attempt = createContext({ version, session, services, placeholders, view, entry, touched });
    try {
      const response = await operation.run(request, attempt.context);
      placeholders.answered(operation.name, response);
      return { response, entryId: attempt.entryId() };
    } catch (error) {
      if (!(error instanceof ConflictError) || run >= maximumRuns) throw error;
    }
  }
}

const payloadOf = (operation: Operation, response: object, version: Version): Item => ({
  tag: Tag.ResponsePayload,
  type: ItemType.Structure,
  value: operation.responseFields.write(response as never, version),
});

/** A bug of ours, or the store's trouble: the operator gets the stack, the client a fixed sentence. */
function unexpected(error: unknown, { log }: Running): KmipError {
  log.error('an operation failed unexpectedly', {
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return new KmipError('GeneralFailure', 'the server failed; its log says why');
}

/** Writes the records of all items, and only then lets their answers go. Changes have theirs in the store already. */
async function audited(done: readonly Done[], { audit }: Running, version: Version): Promise<ResponseBatchItem[]> {
  const written = await Promise.allSettled(done.map(({ entry, entryId }) => audit.append(entry, entryId)));
  return done.map(({ answer, entryId }, place) => {
    if (written[place]?.status === 'fulfilled' || entryId !== undefined) return answer;
    const { operation, uniqueBatchItemID } = answer;
    return {
      operation,
      uniqueBatchItemID,
      resultStatus: 'OperationFailed',
      resultReason: reasonFor('GeneralFailure', version),
      resultMessage: 'the audit trail cannot be written',
    };
  });
}
