/**
 * How operations read and change objects and creation rules: directly in the store, or (`staged-repository.ts`) staged
 * until the end of a batch with Undo.
 */
import type { AuditEntry } from '#audit/entry';
import { noRules, type CreationRules } from '#objects/creation-rules';
import type { ObjectChange } from '#operations/context';
import type { Kept, StoreChange } from '#store/store';
import { creationRulesKind } from './creation-rules-record.ts';
import { HeldObject, type Holder } from './held-object.ts';
import { issuedKind } from './issued-record.ts';
import { objectKind } from './object-record.ts';
import type { RepositoryPorts } from './repository-ports.ts';
import { ruleOf } from './room-share.ts';
import {
  noteRotating,
  shareOf,
  storeChange,
  withinLimits,
  type ChangeRun,
  type FindIssued,
  type HeldRules,
} from './store-changes.ts';

/** The run of an operation that commits. */
export interface CommitRun extends ChangeRun {
  /** The audit record of the change. */
  readonly entry: AuditEntry;
}

export interface ObjectRepository {
  /** Whether changes wait for the end of a batch, which may undo them. */
  readonly isStaged: boolean;
  get(id: string, holder: Holder): Promise<HeldObject | undefined>;
  /** The newest first: identifiers are in the order of time. */
  find(terms: readonly string[], holder: Holder): AsyncIterable<HeldObject>;
  rules(client: string): Promise<HeldRules>;
  readonly issued: FindIssued;
  /** Commits with the audit record of the change; returns the record's identifier. */
  commit(changes: readonly ObjectChange[], run: CommitRun): Promise<string>;
}

export const heldRules = (kept: Kept<CreationRules> | undefined): HeldRules => ({
  rules: kept?.value ?? noRules,
  kept,
});

export function objectRepository({ store, audit, quotas, rotating, lines }: RepositoryPorts): ObjectRepository {
  const repository: ObjectRepository = {
    isStaged: false,
    async get(id, holder) {
      const record = await store.get(objectKind, id);
      return record && new HeldObject(record, holder);
    },
    async *find(terms, holder) {
      for await (const record of store.find(objectKind, { terms, reverse: true })) yield new HeldObject(record, holder);
    },
    rules: async (client) => heldRules(await store.get(creationRulesKind, client)),
    issued: (fingerprint) => store.get(issuedKind, fingerprint),
    async commit(changes, run) {
      const made: StoreChange[] = [];
      for (const each of changes) {
        const one = await storeChange(each, run, repository.issued);
        if (one !== undefined) made.push(one);
      }
      if (lines.hasClaims) await lines.giveWay(made.map(({ id }) => id));
      const { change, entryId } = audit.pending(run.entry);
      await quotas.counted(made.map(shareOf), ruleOf(run.entry.operation), (admit) =>
        withinLimits(store.commit([...made, change], admit)),
      );
      noteRotating(made, rotating);
      return entryId;
    },
  };
  return repository;
}
