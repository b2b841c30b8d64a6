/**
 * The items of one request: their order, Stop, Continue and Undo (KMIP 2.1 §9.6, §9.8; 1.4 §6.12, §6.13, §11.43), their
 * audit records before their answers. Items are always run in the order given, which every Batch Order Option allows.
 */
import { maximumObjects, type AuditEntry } from '#audit/entry';
import { microsecondsSince, requestChannel, startOf } from '#observer';
import type { KmipError } from '#protocol/kmip-error';
import type { RequestMessage, ResponseBatchItem } from '#protocol/message';
import { asFailure, failed, notAudited, refuseItem, runsOf, type ItemResult } from './batch-item.ts';
import { explained } from '#server/run/explained';
import { workOfBytes } from '#server/run/pace';
import { refuseIfLeft, type RequestRun } from '#server/run/request-run';
import { batchRuns, retryOnConflict } from '#server/run/retry-on-conflict';
import { publishItems } from './item-events.ts';
import { Placeholders } from './placeholders.ts';
import { answerIsFull, answerRoom } from './response-size.ts';
import type { ObjectRepository } from '#repository/object-repository';
import { stagedRepository, type StagedRepository } from '#repository/staged-repository';

/** Answers the items that were run: all of them, or those up to the first failure. */
export async function runBatch(request: RequestMessage, run: RequestRun): Promise<ResponseBatchItem[]> {
  const { header, batchItems } = request;
  const undo = header.batchErrorContinuationOption === 'Undo' && batchItems.length > 1;
  const done = undo ? await runUndoable(request, run) : await runInTurn(request, run, run.state.objects);
  return await audited(done, run);
}

/** Fails every item, because the whole message is refused. */
export async function refuseBatch(
  { batchItems }: RequestMessage,
  error: KmipError,
  run: RequestRun,
): Promise<ResponseBatchItem[]> {
  return await audited(
    batchItems.map((item) => refuseItem(item, error, run)),
    run,
    true,
  );
}

/** Up to the first failure, or, with Continue, all. */
async function runInTurn(
  { header, batchItems }: RequestMessage,
  run: RequestRun,
  objects: ObjectRepository,
): Promise<ItemResult[]> {
  const { version, scope, state } = run;
  const { pace, secretsToWipe } = scope;
  const batch = { version, scope, state, objects, placeholders: new Placeholders() };
  const { maximumBatchCount } = state.limits;
  const done: ItemResult[] = [];
  const room = answerRoom();
  let length = 0;
  for (const item of batchItems) {
    const runs = runsOf(item, batch, maximumBatchCount - done.length);
    for (const runOnce of runs) {
      // Other clients have their turns between items: many small items would delay them together.
      const turn = done.length > 0 ? scope.turn(length) : pace(workOfBytes(scope.size));
      if (turn !== undefined) await turn;
      const start = startOf(requestChannel);
      const result = room.isFull() || secretsToWipe.isFull ? refuseItem(item, answerIsFull(), run) : await runOnce();
      const timed = start > 0 ? { ...result, microseconds: microsecondsSince(start) } : result;
      done.push(runs.length > 1 ? { ...timed, isRepeated: true } : timed);
      if (batchItems.length > 1) length = room.take(result.answer);
      if (failed(result) && header.batchErrorContinuationOption !== 'Continue') return done;
    }
  }
  return done;
}

/**
 * Runs on staged objects and commits once, at the end: before that no other request sees a change, and after a failure
 * no change remains. After a conflict the whole batch runs again.
 */
async function runUndoable(request: RequestMessage, run: RequestRun): Promise<ItemResult[]> {
  const { state, version, scope } = run;
  const { clientId } = scope.principal;
  let done: ItemResult[] = [];
  let objects = stagedRepository(state, false);
  const allButLast = (): ItemResult[] => done.slice(0, -1).map(undone);
  try {
    const once = async (hasWay: boolean): Promise<ItemResult[]> => {
      objects = stagedRepository(state, hasWay);
      done = [];
      // An earlier run had a conflict: its answers are dropped.
      await scope.secretsToWipe.dropAll();
      try {
        done = await runInTurn(request, run, objects);
        const last = done.at(-1) as ItemResult;
        if (failed(last)) {
          await objects.commitLasting();
          return [...allButLast(), last];
        }
        refuseIfLeft(scope);
        await objects.commitStaged();
        return done;
      } finally {
        objects.wipe();
      }
    };
    return await retryOnConflict(state, once, clientId, { ...batchRuns, items: () => done.length });
  } catch (error) {
    const last = done.at(-1);
    if (last === undefined) throw error;
    const why = explained(error, state, clientId);
    await lasting(objects, run);
    return [...allButLast(), asFailure(last, why, version)];
  }
}

/** After a commit that failed: the lasting changes are tried once, since the store may have refused only the others. */
async function lasting(objects: StagedRepository, { state, scope }: RequestRun): Promise<void> {
  try {
    await objects.commitLasting();
  } catch (error) {
    explained(error, state, scope.principal.clientId);
  }
}

/** The answer keeps its payload: only a failure has none (2.1 §8.6; 1.4 §7.2). */
const undone = ({ answer, entry, microseconds }: ItemResult): ItemResult => ({
  answer: { ...answer, resultStatus: 'OperationUndone' },
  entry: { ...entry, status: 'OperationUndone' },
  microseconds,
});

/** Writes the records of all items before their answers are given. The records of changes are in the store already. */
async function audited(
  done: readonly ItemResult[],
  { state, version }: RequestRun,
  isRefused = false,
): Promise<ResponseBatchItem[]> {
  let written: Promise<void> | undefined;
  for (const { entry, entryId } of done.length === 1 ? done : folded(done)) {
    if (isRefused && !state.countedEntries.note(entry)) continue;
    written = state.audit.append(entry, entryId);
  }
  let results = done;
  try {
    // They were appended in one turn, so all of them fail or none.
    await written;
  } catch {
    const error = notAudited();
    results = done.map((each) => (each.entryId === undefined ? asFailure(each, error, version) : each));
  }
  if (requestChannel.hasSubscribers) publishItems(results);
  return results.map(({ answer }) => answer);
}

/** The record of several items, while it is composed. */
interface Fold {
  readonly entry: AuditEntry;
  readonly place: number;
  readonly listed: Set<string>;
  items: number;
}

/** Operations that read attributes only. */
const readAttributes: ReadonlySet<string> = new Set(['Check', 'GetAttributeList', 'GetAttributes']);

/**
 * Items that changed nothing share one record when only their objects differ: it has their number and their objects.
 * Otherwise a client could make the trail grow many times as fast as it sends. Changes keep the records of their
 * commits. All objects are listed, in as many records as necessary. One exception: when one reference stood for many
 * objects, and the items failed or returned attributes only, one record lists as many objects as it has room for.
 */
function folded(done: readonly ItemResult[]): readonly Pick<ItemResult, 'entry' | 'entryId'>[] {
  const records: Pick<ItemResult, 'entry' | 'entryId'>[] = [];
  const all: Fold[] = [];
  /** Records that take more items, by what their items have in common. */
  const open = new Map<string, Fold>();
  for (const { entry, entryId, isRepeated = false } of done) {
    const { operation = '', objects = [], status, reason } = entry;
    const [object] = objects;
    if (entryId !== undefined || objects.length > 1) {
      records.push({ entry, entryId });
      continue;
    }
    const isBounded = isRepeated && (status !== 'Success' || readAttributes.has(operation));
    const key = JSON.stringify([operation, object !== undefined, status, reason, isBounded]);
    const fold = open.get(key);
    const isFull = fold !== undefined && fold.listed.size >= maximumObjects;
    if (fold === undefined || (isFull && !isBounded && object !== undefined && !fold.listed.has(object))) {
      const begun = { entry, place: records.length, listed: new Set(objects), items: 1 };
      open.set(key, begun);
      all.push(begun);
      records.push({ entry });
    } else {
      fold.items++;
      if (object !== undefined) fold.listed.add(object);
    }
  }
  for (const { entry, place, listed, items } of all) {
    if (items > 1) records[place] = { entry: { ...entry, objects: [...listed], items } };
  }
  return records;
}
