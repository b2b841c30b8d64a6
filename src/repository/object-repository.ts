/**
 * How operations see and change objects and creation rules: straight in the store, or staged until the end of a batch
 * with Undo.
 */
import type { AuditEntry } from '#audit/entry';
import type { AuditTrail } from '#audit/trail';
import { noRules, type CreationRules } from '#objects/creation-rules';
import type { ManagedObject } from '#objects/managed-object';
import { KmipError } from '#protocol/kmip-error';
import { LimitError, bounds } from '#store/engines/bounds';
import { ConflictError, SpentError, succeeds } from '#store/engines/engine';
import { creationRulesKind } from './creation-rules-record.ts';
import { issuedKind, type IssuedCertificate } from './issued-record.ts';
import { mostTerms } from './index-terms.ts';
import { objectKind } from './object-record.ts';
import { create, remove, spend, update, type Growth, type Kept, type Store, type StoreChange } from '#store/store';
import type { Lasting } from '#operations/context';
import { isRotating } from '#objects/rotation';
import { ruleOf, type Rule, type Share } from './room-share.ts';
import { createStagedBytes, leastBytes } from './staged-bytes.ts';
import { stagedTerms } from './staged-terms.ts';

export type ViewChange =
  | { readonly create: ManagedObject; readonly material?: Uint8Array }
  | {
      readonly update: Kept<ManagedObject>;
      readonly to: ManagedObject;
      readonly material?: Uint8Array | null;
      readonly lasting?: Lasting;
    }
  | { readonly remove: Kept<ManagedObject> }
  | HeldRules
  | HeldIssue;

/** What a client has laid down; with other rules, a change of it. */
export interface HeldRules {
  readonly client: string;
  readonly rules: CreationRules;
  /** What the store has, if anything. */
  readonly kept: Kept<CreationRules> | undefined;
}

/** The record of a certificate that was made here; with other content, a change of it. */
export interface HeldIssue {
  readonly issued: IssuedCertificate;
  /** What the store has, if anything. */
  readonly kept: Kept<IssuedCertificate> | undefined;
}

export interface ObjectView {
  get(id: string): Promise<Kept<ManagedObject> | undefined>;
  /** The newest first: identifiers sort by their time. */
  find(terms: readonly string[]): AsyncIterable<Kept<ManagedObject>>;
  rules(client: string): Promise<HeldRules>;
  /** By the certificate's fingerprint. */
  issued(fingerprint: string): Promise<HeldIssue | undefined>;
  /** With the audit record of the change; answers with the record's identifier. */
  commit(changes: readonly ViewChange[], entry: AuditEntry): Promise<string>;
}

export interface StagedView extends ObjectView {
  /** @throws ConflictError when somebody else changed one of the objects since it was read. */
  commitStaged(): Promise<void>;
  /**
   * Commits what stays although the batch is undone. @throws ConflictError when others change the object all the time.
   */
  commitLasting(): Promise<void>;
  /** Wipes the material that was staged, committed or not. */
  wipe(): void;
}

function storeChange(change: ViewChange): StoreChange {
  if ('create' in change) return create(objectKind, change.create.id, change.create, change.material);
  if ('remove' in change) return remove(change.remove);
  if ('rules' in change) return rulesChange(change);
  if ('issued' in change) return issueChange(change);
  return update(change.update, change.to, change.material);
}

const rulesChange = ({ client, rules, kept }: HeldRules): StoreChange =>
  kept === undefined ? create(creationRulesKind, client, rules) : update(kept, rules);

const issueChange = ({ issued, kept }: HeldIssue): StoreChange =>
  kept === undefined ? create(issuedKind, issued.fingerprint, issued) : update(kept, issued);

async function heldIssue(store: Store, fingerprint: string): Promise<HeldIssue | undefined> {
  const kept = await store.get(issuedKind, fingerprint);
  return kept && { issued: kept.value, kept };
}

async function heldRules(store: Store, client: string): Promise<HeldRules> {
  const kept = await store.get(creationRulesKind, client);
  return { client, rules: kept?.value ?? noRules, kept };
}

/** Whose room the change takes or leaves. */
function shareOf(change: ViewChange): Share {
  if ('create' in change) return { after: change.create.owner, isObject: true };
  if ('remove' in change) {
    const { owner } = change.remove.value;
    return { before: owner, isObject: true, spentBy: owner };
  }
  if ('rules' in change) return { before: change.client, after: change.client, isObject: false };
  // The server's own; its object counts, or the batch that was undone (`commitLasting`).
  if ('issued' in change) return { isObject: false };
  return { before: change.update.value.owner, after: change.to.owner, isObject: true };
}

/** What the repository works on, and who has a say in a commit. */
export interface RepositoryPorts {
  readonly store: Store;
  readonly audit: Pick<AuditTrail, 'pending'>;
  readonly quotas: CommitQuotas;
  /** Hears of what was committed and is to be rotated some time. */
  readonly rotating: { note(object: ManagedObject): void };
  readonly lines: RightOfWay;
}

export interface CommitQuotas {
  /**
   * Makes a commit and counts it. `shares` are of its first changes, in their order.
   * @throws KmipError ServerLimitExceeded, with nothing committed; whatever `commit` throws.
   */
  counted(
    shares: readonly Share[],
    rule: Rule,
    commit: (admit: (growths: readonly Growth[]) => void) => Promise<void>,
  ): Promise<void>;
  /** Before work that ends with so many more objects. @throws KmipError ServerLimitExceeded. */
  demandRoom(client: string, objects?: number): Promise<void>;
}

/** Of those who lost a race for an object, and run again. */
export interface RightOfWay {
  readonly hasClaims: boolean;
  /** Waits while others have right of way on one of the objects. */
  giveWay(ids: Iterable<string>): Promise<void>;
}

/** What the store does not take, as the client is told. */
async function within(commit: Promise<void>): Promise<void> {
  try {
    await commit;
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    throw new KmipError(
      'ServerLimitExceeded',
      error.limit === 'recordBytes'
        ? `an object and its attributes take at most ${bounds.recordBytes} bytes`
        : `one change makes at most ${bounds.entriesPerCommit} records and index entries, of ${bounds.bytesPerCommit} bytes`,
    );
  }
}

/** What a change changes that others may change as well. */
function changedBy(change: ViewChange): string {
  if ('create' in change) return change.create.id;
  if ('remove' in change) return change.remove.id;
  if ('rules' in change) return change.client;
  if ('issued' in change) return change.issued.fingerprint;
  return change.update.id;
}

/** Notes what was committed and is to be rotated some time. */
function noteRotating(changes: readonly ViewChange[], rotating: RepositoryPorts['rotating']): void {
  for (const change of changes) {
    const to = 'create' in change ? change.create : 'to' in change ? change.to : undefined;
    if (to !== undefined && isRotating(to.attributes)) rotating.note(to);
  }
}

export function directView({ store, audit, quotas, rotating, lines }: RepositoryPorts): ObjectView {
  return {
    get: (id) => store.get(objectKind, id),
    find: (terms) => store.find(objectKind, { terms, reverse: true }),
    rules: (client) => heldRules(store, client),
    issued: (fingerprint) => heldIssue(store, fingerprint),
    async commit(changes, entry) {
      if (lines.hasClaims) await lines.giveWay(changes.map(changedBy));
      const { change, entryId } = audit.pending(entry);
      const all = [...changes.map(storeChange), change];
      await quotas.counted(changes.map(shareOf), ruleOf(entry.operation), (admit) => within(store.commit(all, admit)));
      noteRotating(changes, rotating);
      return entryId;
    },
  };
}

/** How often a lasting change is tried while others change its object. */
const maximumTries = 256;

/** An object as the batch has it so far: `before` is what the store has, absent for one that the batch made. */
interface Staged {
  readonly before?: Kept<ManagedObject> | undefined;
  /** null: removed. */
  readonly value: ManagedObject | null;
  /** null: destroyed; absent: as the store has it. */
  readonly material?: Uint8Array | null | undefined;
  /** Whose object was removed. */
  readonly spentBy?: string | undefined;
}

/** @param hasWay others wait for this view, which waits for nobody. */
export function stagedView({ store, audit, quotas, rotating, lines }: RepositoryPorts, hasWay: boolean): StagedView {
  const staged = new Map<string, Staged>();
  const stagedRules = new Map<string, HeldRules>();
  const lasting = new Map<string, Lasting>();
  const stagedIssues = new Map<string, HeldIssue>();
  const records: StoreChange[] = [];
  const found = stagedTerms(store.term);
  /** Index entries of what is staged, by object. */
  const entries = new Map<string, number>();
  let entriesInAll = 0;
  const stagedBytes = createStagedBytes();
  /** 'held' from the first operation of the batch on that is. */
  let rule: Rule = 'free';
  /** Objects that the batch has made so far. */
  let made = 0;

  function stage(id: string, to: Staged): void {
    const count = to.value === null ? 0 : mostTerms(to.value);
    entriesInAll += count - (entries.get(id) ?? 0);
    entries.set(id, count);
    // First of all: wiped are those that are staged.
    staged.set(id, to);
    const { value, material, before } = to;
    stagedBytes.count(id, {
      written: value === null ? 0 : leastBytes(value) + (material?.length ?? 0),
      kept: before?.room ?? 0,
    });
    found.changed(id, to.value);
  }

  function asKept(id: string, { before, value, material }: Staged): Kept<ManagedObject> | undefined {
    if (value === null) return undefined;
    return {
      kind: objectKind,
      id,
      revision: before?.revision ?? 0,
      value,
      room: before?.room ?? 0,
      hasMaterial: material === undefined ? (before?.hasMaterial ?? false) : material !== null,
      openMaterial() {
        if (material instanceof Uint8Array) return Uint8Array.from(material);
        if (material === null || before === undefined) throw new Error('the object has no material');
        return before.openMaterial();
      },
    };
  }

  return {
    async get(id) {
      const changed = staged.get(id);
      return changed === undefined ? await store.get(objectKind, id) : asKept(id, changed);
    },

    async *find(terms) {
      const pending = found.withAll(terms);
      // As it is when its turn comes.
      const inView = (id: string): Kept<ManagedObject> | undefined => asKept(id, staged.get(id) as Staged);
      let next = 0;
      for await (const kept of store.find(objectKind, { terms, reverse: true })) {
        for (; next < pending.length && (pending[next] as string) > kept.id; next++) {
          const mine = inView(pending[next] as string);
          if (mine !== undefined) yield mine;
        }
        if (!staged.has(kept.id)) yield kept;
      }
      for (; next < pending.length; next++) {
        const mine = inView(pending[next] as string);
        if (mine !== undefined) yield mine;
      }
    },

    rules: async (client) => stagedRules.get(client) ?? (await heldRules(store, client)),
    issued: async (fingerprint) => stagedIssues.get(fingerprint) ?? (await heldIssue(store, fingerprint)),

    async commit(changes, entry) {
      const others = stagedRules.size + stagedIssues.size + records.length + changes.length + 1;
      const asked = staged.size + entriesInAll + others;
      if (asked > bounds.changesPerCommit) {
        throw new KmipError(
          'ServerLimitExceeded',
          `a batch with Undo makes at most ${bounds.changesPerCommit} changes, with audit records and index entries`,
        );
      }
      // Not only at the end: what was certified lasts, and heavy work would be in vain.
      for (const change of changes) if ('create' in change) await quotas.demandRoom(change.create.owner, ++made);
      for (const change of changes) {
        if ('rules' in change) {
          stagedRules.set(change.client, change);
        } else if ('issued' in change) {
          stagedIssues.set(change.issued.fingerprint, change);
        } else if ('create' in change) {
          const material = change.material === undefined ? null : Uint8Array.from(change.material);
          const { id } = change.create;
          const earlier = staged.get(id);
          if (earlier?.value === null) throw new SpentError(objectKind.name, id);
          stage(id, { before: earlier?.before, value: change.create, material });
        } else {
          const [kept, value] = 'remove' in change ? [change.remove, null] : [change.update, change.to];
          const given = 'remove' in change ? null : change.material;
          const earlier = staged.get(kept.id);
          if ('lasting' in change && change.lasting !== undefined) lasting.set(kept.id, change.lasting);
          const before = earlier === undefined ? kept : earlier.before;
          const spentBy = value === null ? kept.value.owner : undefined;
          // A copy, since what is given may be wiped with its item; and what it takes the place of is wiped.
          const material = given === undefined ? earlier?.material : given && Uint8Array.from(given);
          if (given !== undefined) earlier?.material?.fill(0);
          stage(kept.id, { before, value, material, spentBy });
        }
      }
      const { change, entryId } = audit.pending(entry);
      records.push(change);
      if (rule === 'free') rule = ruleOf(entry.operation);
      return entryId;
    },

    async commitStaged() {
      const changes = [...staged].flatMap(([, { before, value, material }]): ViewChange[] => {
        if (before === undefined) return value === null ? [] : [{ create: value, ...(material ? { material } : {}) }];
        if (value === null) return [{ remove: before }];
        return [{ update: before, to: value, ...(material === undefined ? {} : { material }) }];
      });
      changes.push(...stagedRules.values(), ...stagedIssues.values());
      if (records.length === 0) return;
      if (!hasWay && lines.hasClaims) await lines.giveWay(changes.map(changedBy));
      // What was made and removed within the batch has had its identifier all the same.
      const spent = [...staged].filter(([, { before, value }]) => before === undefined && value === null);
      const all = [...changes.map(storeChange), ...spent.map(([id]) => spend(objectKind, id)), ...records];
      const shares = changes.map(shareOf);
      for (const [, { spentBy }] of spent) if (spentBy !== undefined) shares.push({ isObject: true, spentBy });
      await quotas.counted(shares, rule, (admit) => within(store.commit(all, admit)));
      noteRotating(changes, rotating);
    },

    async commitLasting() {
      for (const [id, change] of lasting) await applyLasting(store, id, change);
      // A Get of the batch may have given the certificate out: it can be revoked although its object was undone.
      const issues = [...stagedIssues.values()].filter(({ kept }) => kept === undefined);
      if (issues.length === 0) return;
      const shares = issues.map(({ issued }): Share => ({ isObject: true, spentBy: issued.client }));
      await quotas.counted(shares, 'settled', (admit) => within(store.commit(issues.map(issueChange), admit)));
    },

    wipe() {
      for (const { material } of staged.values()) material?.fill(0);
    },
  };
}

/** Without a place in a line: the batch may hold one for another object. */
async function applyLasting(store: Store, id: string, change: Lasting): Promise<void> {
  for (let tries = 1; ; tries++) {
    const kept = await store.get(objectKind, id);
    const to = kept && change(kept.value);
    if (kept === undefined || to === undefined || to === kept.value) return;
    if (await succeeds(store.commit([update(kept, to)]))) return;
    if (tries === maximumTries) throw new ConflictError(objectKind.name, id);
  }
}
