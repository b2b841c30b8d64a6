/**
 * The items of one request: their order, Stop, Continue and Undo (KMIP 2.1 §9.6, §9.8; 1.4 §6.12, §6.13, §11.43), their
 * audit records before their answers. Items are always run in the order given, which every Batch Order Option allows.
 */
import { setImmediate } from 'node:timers/promises';
import { KmipError } from '#protocol/kmip-error';
import type { RequestMessage, ResponseBatchItem } from '#protocol/message';
import {
  asFailure,
  batchRuns,
  explained,
  failed,
  refuseItem,
  runsOf,
  untilUndisturbed,
  type Done,
} from './batch-item.ts';
import { refuseIfLeft, type Asking } from './context.ts';
import { workOfBytes } from './pace.ts';
import { Placeholders } from './placeholders.ts';
import { answerIsFull, answerRoom } from './response-size.ts';
import { stagedView, type ObjectView, type StagedView } from './view.ts';

/** Answers the items that were reached: all of them, or those up to the first failure. */
export async function runBatch(request: RequestMessage, asking: Asking): Promise<ResponseBatchItem[]> {
  const { header, batchItems } = request;
  const undo = header.batchErrorContinuationOption === 'Undo' && batchItems.length > 1;
  const done = undo ? await runUndoable(request, asking) : await runInTurn(request, asking, asking.services.objects);
  return await audited(done, asking);
}

/** Fails every item, because of something that concerns the whole message. */
export async function refuseBatch(
  { batchItems }: RequestMessage,
  error: KmipError,
  asking: Asking,
): Promise<ResponseBatchItem[]> {
  return await audited(
    batchItems.map((item) => refuseItem(item, error, asking)),
    asking,
  );
}

/** Up to the first failure, or, with Continue, all. */
async function runInTurn({ header, batchItems }: RequestMessage, asking: Asking, view: ObjectView): Promise<Done[]> {
  const { version, session, services, opened, effort, pace, size } = asking;
  const batch = { version, session, services, opened, effort, pace, size, view, placeholders: new Placeholders() };
  const { maximumBatchCount } = services.limits;
  const done: Done[] = [];
  const room = answerRoom();
  let length = 0;
  for (const item of batchItems) {
    for (const run of runsOf(item, batch, maximumBatchCount - done.length)) {
      // Others have their turns in between: many items of small work would hold them up together.
      const turn = done.length > 0 ? (session.between?.(length) ?? setImmediate()) : pace(workOfBytes(size));
      if (turn !== undefined) await turn;
      const result = room.isFull() || opened.isFull ? refuseItem(item, answerIsFull(), asking) : await run();
      done.push(result);
      if (batchItems.length > 1) length = room.take(result.answer);
      if (failed(result) && header.batchErrorContinuationOption !== 'Continue') return done;
    }
  }
  return done;
}

/**
 * Runs against a staged view and commits once, at the end: before that nobody else sees anything, after a failure
 * nothing is left. Run again as a whole when somebody else changed meanwhile what it changes.
 */
async function runUndoable(request: RequestMessage, asking: Asking): Promise<Done[]> {
  const { services, version, session } = asking;
  let done: Done[] = [];
  let view = stagedView(services, false);
  const allButLast = (): Done[] => done.slice(0, -1).map(undone);
  try {
    const once = async (hasWay: boolean): Promise<Done[]> => {
      view = stagedView(services, hasWay);
      done = [];
      // A run before this one was disturbed: nobody gets its answers.
      await asking.opened.end();
      try {
        done = await runInTurn(request, asking, view);
        const last = done.at(-1) as Done;
        if (failed(last)) {
          await view.commitLasting();
          return [...allButLast(), last];
        }
        refuseIfLeft(asking);
        await view.commitStaged();
        return done;
      } finally {
        view.wipe();
      }
    };
    return await untilUndisturbed(services, once, session.clientId, { ...batchRuns, items: () => done.length });
  } catch (error) {
    const last = done.at(-1);
    if (last === undefined) throw error;
    const why = explained(error, services, session.clientId);
    await lasting(view, asking);
    return [...allButLast(), asFailure(last, why, version)];
  }
}

/** After a commit that failed: what stays is tried once, since the store may have refused the rest alone. */
async function lasting(view: StagedView, { services, session }: Asking): Promise<void> {
  try {
    await view.commitLasting();
  } catch (error) {
    explained(error, services, session.clientId);
  }
}

/** It keeps its payload: only a failure has none (2.1 §8.6; 1.4 §7.2). */
const undone = ({ answer, entry }: Done): Done => ({
  answer: { ...answer, resultStatus: 'OperationUndone' },
  entry: { ...entry, status: 'OperationUndone' },
});

/** Writes the records of all items, and only then lets their answers go. Changes have theirs in the store already. */
async function audited(done: readonly Done[], { services, version }: Asking): Promise<ResponseBatchItem[]> {
  let written: Promise<void> | undefined;
  for (const { entry, entryId } of done.length === 1 ? done : folded(done)) {
    written = services.audit.append(entry, entryId);
  }
  try {
    // They were appended in one turn, and share its fate.
    await written;
    return done.map(({ answer }) => answer);
  } catch {
    const error = new KmipError('GeneralFailure', 'the audit trail cannot be written');
    return done.map((each) => (each.entryId === undefined ? asFailure(each, error, version) : each).answer);
  }
}

/**
 * Items that changed nothing and whose records would be the same share one, with their number: else a client could make
 * the trail grow many times as fast as it sends.
 */
function folded(done: readonly Done[]): readonly Pick<Done, 'entry' | 'entryId'>[] {
  const records: Pick<Done, 'entry' | 'entryId'>[] = [];
  const places = new Map<string, number>();
  for (const { entry, entryId } of done) {
    const { operation, objects = [], status, reason } = entry;
    const key =
      entryId === undefined && objects.length <= 1 ? JSON.stringify([operation, objects[0], status, reason]) : '';
    const place = key === '' ? undefined : places.get(key);
    if (place === undefined) {
      if (key !== '') places.set(key, records.length);
      records.push({ entry, entryId });
    } else {
      const before = records[place]?.entry ?? entry;
      records[place] = { entry: { ...before, items: (before.items ?? 1) + 1 } };
    }
  }
  return records;
}
