/** What a batch with Undo reads and changes: its own changes on top of the store, until they are committed together. */
import type { CreationRules } from '#objects/creation-rules';
import type { ManagedObject } from '#objects/managed-object';
import type { Lasting } from '#operations/context';
import { KmipError } from '#protocol/kmip-error';
import { bounds } from '#store/engines/bounds';
import { ConflictError, SpentError, succeeds } from '#store/engines/engine';
import { create, remove, spend, update, type Kept, type Kind, type Store, type StoreChange } from '#store/store';
import { creationRulesKind } from './creation-rules-record.ts';
import { HeldObject } from './held-object.ts';
import { mostTerms } from './index-terms.ts';
import { issuedKind, type IssuedCertificate } from './issued-record.ts';
import { objectKind } from './object-record.ts';
import { heldRules, type ObjectRepository } from './object-repository.ts';
import type { RepositoryPorts } from './repository-ports.ts';
import { ruleOf, type Rule, type Share } from './room-share.ts';
import { createStagedBytes, leastBytes } from './staged-bytes.ts';
import { stagedTerms } from './staged-terms.ts';
import { noteRotating, shareOf, storeChange, withinLimits } from './store-changes.ts';

export interface StagedRepository extends ObjectRepository {
  /** @throws ConflictError when somebody else changed one of the objects since it was read. */
  commitStaged(): Promise<void>;
  /**
   * Commits the changes that stay although the batch is undone.
   * @throws ConflictError when others change the object each time.
   */
  commitLasting(): Promise<void>;
  /** Wipes the material that was staged, committed or not. */
  wipe(): void;
}

/** The maximum of attempts of a lasting change while others change its object. */
const maximumTries = 256;

/** A record in its present state in the batch. */
interface Staged<T> {
  readonly kind: Kind<T>;
  readonly id: string;
  /** The record in the store; absent for one that the batch has made. */
  readonly before: Kept<T> | undefined;
  /** null: removed. */
  readonly value: T | null;
  /** null: destroyed; absent: as in the store. */
  readonly material: Uint8Array | null | undefined;
  /** The owner of the removed object. */
  readonly spentBy?: string | undefined;
}

/** In the form in which the store gives it. */
function asKept<T>({ kind, id, before, value, material }: Staged<T>): Kept<T> | undefined {
  if (value === null) return undefined;
  return {
    ...{ kind, id, value },
    revision: before?.revision ?? 0,
    room: before?.room ?? 0,
    hasMaterial: material === undefined ? (before?.hasMaterial ?? false) : material !== null,
    openMaterial() {
      if (material instanceof Uint8Array) return Uint8Array.from(material);
      if (material === null || before === undefined) throw new Error('the object has no material');
      return before.openMaterial();
    },
  };
}

/** Undefined for an object that was made and removed within the batch. */
function stagedChange({ kind, id, before, value, material }: Staged<unknown>): StoreChange | undefined {
  if (before === undefined) return value === null ? undefined : create(kind, id, value, material ?? undefined);
  return value === null ? remove(before) : update(before, value, material);
}

/** @param hasWay whether others wait for this batch; then it waits for no other. */
export function stagedRepository(
  { store, audit, quotas, rotating, lines }: RepositoryPorts,
  hasWay: boolean,
): StagedRepository {
  const objects = new Map<string, Staged<ManagedObject>>();
  const rules = new Map<string, Staged<CreationRules>>();
  const issues = new Map<string, Staged<IssuedCertificate>>();
  const lasting = new Map<string, Lasting>();
  const records: StoreChange[] = [];
  const found = stagedTerms(store.term);
  /** The number of index terms of each staged object. */
  const entries = new Map<string, number>();
  let entriesInAll = 0;
  const stagedBytes = createStagedBytes();
  /** 'held' from the first operation on to which every quota applies. */
  let rule: Rule = 'free';
  /** Objects that the batch has made so far. */
  let made = 0;

  function stage(change: StoreChange): void {
    if (change.kind === objectKind) stageObject(change);
    else if (!('removed' in change)) stageOther(change.kind === creationRulesKind ? rules : issues, change);
  }

  function stageOther(staged: Map<string, Staged<unknown>>, change: Exclude<StoreChange, { removed: true }>): void {
    const { kind, id, value } = change;
    const earlier = staged.get(id);
    const before = earlier === undefined ? change.before : earlier.before;
    staged.set(id, { kind, id, before, value, material: undefined });
  }

  function stageObject(change: StoreChange): void {
    const { id } = change;
    const earlier = objects.get(id);
    const isNew = change.before === undefined;
    if (isNew && earlier?.value === null) throw new SpentError(objectKind.name, id);
    const before = earlier === undefined ? (change.before as Kept<ManagedObject> | undefined) : earlier.before;
    const isRemoved = 'removed' in change;
    const value: ManagedObject | null = isRemoved ? null : (change.value as ManagedObject);
    const given = isRemoved ? null : isNew ? (change.material ?? null) : change.material;
    // A copy, because the given bytes may be wiped with their item. The material that it replaces is wiped.
    const material = given === undefined ? earlier?.material : given && Uint8Array.from(given);
    if (given !== undefined) earlier?.material?.fill(0);
    const spentBy = isRemoved ? (change.before as Kept<ManagedObject> | undefined)?.value.owner : undefined;

    const count = value === null ? 0 : mostTerms(value);
    entriesInAll += count - (entries.get(id) ?? 0);
    entries.set(id, count);
    // This comes first, because `wipe` wipes only what is staged.
    objects.set(id, { kind: objectKind, id, before, value, material, spentBy });
    stagedBytes.count(id, {
      written: value === null ? 0 : leastBytes(value) + (material?.length ?? 0),
      kept: before?.room ?? 0,
    });
    found.changed(id, value);
  }

  const repository: StagedRepository = {
    isStaged: true,

    async get(id, holder) {
      const changed = objects.get(id);
      const record = changed === undefined ? await store.get(objectKind, id) : asKept(changed);
      return record && new HeldObject(record, holder);
    },

    async *find(terms, holder) {
      const pending = found.withAll(terms);
      let next = 0;
      // As each is when its turn comes.
      function* pendingAfter(id: string | undefined): Generator<HeldObject> {
        for (; next < pending.length && (id === undefined || (pending[next] as string) > id); next++) {
          const mine = asKept(objects.get(pending[next] as string) as Staged<ManagedObject>);
          if (mine !== undefined) yield new HeldObject(mine, holder);
        }
      }
      for await (const kept of store.find(objectKind, { terms, reverse: true })) {
        yield* pendingAfter(kept.id);
        if (!objects.has(kept.id)) yield new HeldObject(kept, holder);
      }
      yield* pendingAfter(undefined);
    },

    async rules(client) {
      const staged = rules.get(client);
      return heldRules(staged === undefined ? await store.get(creationRulesKind, client) : asKept(staged));
    },

    async issued(fingerprint) {
      const staged = issues.get(fingerprint);
      return staged === undefined ? await store.get(issuedKind, fingerprint) : asKept(staged);
    },

    async commit(changes, run) {
      const others = rules.size + issues.size + records.length + changes.length + 1;
      const asked = objects.size + entriesInAll + others;
      if (asked > bounds.changesPerCommit) {
        throw new KmipError(
          'ServerLimitExceeded',
          `a batch with Undo must make at most ${bounds.changesPerCommit} changes, audit records and index entries included`,
        );
      }
      // Checked now too: issued certificates stay, and heavy work would be lost.
      for (const change of changes) {
        if ('create' in change && change.inPlaceOf === undefined) await quotas.demandRoom(change.create.owner, ++made);
      }
      for (const change of changes) {
        if ('lasting' in change && change.lasting !== undefined) lasting.set(change.update.object.id, change.lasting);
        const one = await storeChange(change, run, repository.issued);
        if (one !== undefined) stage(one);
      }
      const { change, entryId } = audit.pending(run.entry);
      records.push(change);
      if (rule === 'free') rule = ruleOf(run.entry.operation);
      return entryId;
    },

    async commitStaged() {
      if (records.length === 0) return;
      const changes = [...objects.values(), ...rules.values(), ...issues.values()].flatMap(
        (staged) => stagedChange(staged) ?? [],
      );
      if (!hasWay && lines.hasClaims) await lines.giveWay(changes.map(({ id }) => id));
      // An object that was made and removed within the batch has used its identifier nevertheless.
      const spent = [...objects.values()].filter((staged) => stagedChange(staged) === undefined);
      const all = [...changes, ...spent.map(({ id }) => spend(objectKind, id)), ...records];
      const shares = changes.map(shareOf);
      for (const { spentBy } of spent) if (spentBy !== undefined) shares.push({ isObject: true, spentBy });
      await quotas.counted(shares, rule, (admit) => withinLimits(store.commit(all, admit)));
      noteRotating(changes, rotating);
    },

    async commitLasting() {
      for (const [id, change] of lasting) await applyLasting(store, id, change);
      // A Get of the batch may have returned the certificate: it must be possible to revoke it although its object was
      // undone.
      const lastingIssues = [...issues.values()].flatMap(({ id, before, value }) =>
        before === undefined && value !== null ? [create(issuedKind, id, value)] : [],
      );
      if (lastingIssues.length === 0) return;
      const shares = lastingIssues.map(({ id }): Share => ({
        isObject: true,
        spentBy: issues.get(id)?.value?.client as string,
      }));
      await quotas.counted(shares, 'settled', (admit) => withinLimits(store.commit(lastingIssues, admit)));
    },

    wipe() {
      for (const { material } of objects.values()) material?.fill(0);
    },
  };
  return repository;
}

/** Without waiting in a line, because the batch may hold a place in the line of another object. */
async function applyLasting(store: Store, id: string, change: Lasting): Promise<void> {
  for (let tries = 1; ; tries++) {
    const kept = await store.get(objectKind, id);
    const to = kept && change(kept.value);
    if (kept === undefined || to === undefined || to === kept.value) return;
    if (await succeeds(store.commit([update(kept, to)]))) return;
    if (tries === maximumTries) throw new ConflictError(objectKind.name, id);
  }
}
