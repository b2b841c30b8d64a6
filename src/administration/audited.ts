/** Administrative commands in the audit trail. A change is recorded in its own commit; a failure is recorded too. */
import type { AuditEntry } from '#audit/entry';
import type { AuditTrail } from '#audit/trail';
import type { StoreChange } from '#store/store';

/** Changes to be committed together with a change, so that its record cannot be lost. */
export type Alongside = (about: Pick<AuditEntry, 'client' | 'objects'>) => readonly StoreChange[];

/** `command` as it is typed: 'client add'. An error of `run` is recorded by its name, and thrown again. */
export async function audited<T>(
  trail: AuditTrail,
  command: string,
  run: (alongside: Alongside) => Promise<T>,
): Promise<T> {
  const begun: AuditEntry = { kind: 'administration', operation: command };
  const changes: { readonly entry: AuditEntry; readonly entryId: string }[] = [];
  let last: (typeof changes)[number] | undefined;
  try {
    const result = await run((about) => {
      const entry: AuditEntry = { ...begun, ...about, status: 'Success' };
      const { change, entryId } = trail.pending(entry);
      // A commit that had a conflict is tried again with a new record: only the last record is valid.
      last = { entry, entryId };
      return [change];
    });
    await (last === undefined ? trail.append({ ...begun, status: 'Success' }) : trail.append(last.entry, last.entryId));
    return result;
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'Error';
    // The caller gets the first error. The log has the error of the trail.
    await trail.append({ ...begun, status: 'OperationFailed', reason }).catch(() => undefined);
    throw error;
  }
}
