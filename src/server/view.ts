/** How operations see and change objects: straight in the store, or staged until the end of a batch with Undo. */
import type { AuditEntry } from '#audit/entry';
import type { ManagedObject } from '#objects/managed-object';
import { objectKind } from '#store/object-record';
import { create, update, type Kept, type StoreChange } from '#store/store';
import type { Services } from './services.ts';

export type ViewChange =
  | { readonly create: ManagedObject; readonly material?: Uint8Array }
  | { readonly update: Kept<ManagedObject>; readonly to: ManagedObject; readonly material?: Uint8Array | null };

export interface ObjectView {
  get(id: string): Promise<Kept<ManagedObject> | undefined>;
  /** The newest first: identifiers sort by their time. */
  find(terms: readonly string[]): AsyncIterable<Kept<ManagedObject>>;
  /** With the audit record of the change; answers with the record's identifier. */
  commit(changes: readonly ViewChange[], entry: AuditEntry): Promise<string>;
}

export interface StagedView extends ObjectView {
  /** @throws ConflictError when anything that was read has changed since. */
  commitStaged(): Promise<void>;
}

const storeChange = (change: ViewChange): StoreChange =>
  'create' in change
    ? create(objectKind, change.create.id, change.create, change.material)
    : update(change.update, change.to, change.material);

export function directView({ store, audit }: Services): ObjectView {
  return {
    get: (id) => store.get(objectKind, id),
    find: (terms) => store.find(objectKind, { terms, reverse: true }),
    async commit(changes, entry) {
      const { change, entryId } = audit.pending(entry);
      await store.commit([...changes.map(storeChange), change]);
      return entryId;
    },
  };
}

/** An object as the batch has it so far: `before` is what the store has, absent for one that the batch made. */
interface Staged {
  readonly before?: Kept<ManagedObject>;
  readonly value: ManagedObject;
  /** null: destroyed; absent: as the store has it. */
  readonly material?: Uint8Array | null | undefined;
}

export function stagedView({ store, audit }: Services): StagedView {
  const staged = new Map<string, Staged>();
  const records: StoreChange[] = [];

  function asKept(id: string, { before, value, material }: Staged): Kept<ManagedObject> {
    return {
      kind: objectKind,
      id,
      revision: before?.revision ?? 0,
      value,
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
      const wanted = new Set(terms);
      const pending = [...staged.keys()].sort().reverse();
      const inView = (id: string): Kept<ManagedObject> | undefined => {
        const changed = staged.get(id) as Staged;
        const has = new Set(objectKind.terms(changed.value, store.term));
        return [...wanted].every((term) => has.has(term)) ? asKept(id, changed) : undefined;
      };
      for await (const kept of store.find(objectKind, { terms, reverse: true })) {
        while (pending.length > 0 && (pending[0] as string) > kept.id) {
          const found = inView(pending.shift() as string);
          if (found !== undefined) yield found;
        }
        if (!staged.has(kept.id)) yield kept;
      }
      for (const id of pending) {
        const found = inView(id);
        if (found !== undefined) yield found;
      }
    },

    async commit(changes, entry) {
      for (const change of changes) {
        if ('create' in change) {
          const material = change.material === undefined ? null : Uint8Array.from(change.material);
          staged.set(change.create.id, { value: change.create, material });
        } else {
          const { id } = change.update;
          const earlier = staged.get(id);
          const before = earlier === undefined ? change.update : earlier.before;
          const material = change.material === undefined ? earlier?.material : change.material;
          staged.set(id, { ...(before === undefined ? {} : { before }), value: change.to, material });
        }
      }
      const { change, entryId } = audit.pending(entry);
      records.push(change);
      return entryId;
    },

    async commitStaged() {
      const changes = [...staged].map(([id, { before, value, material }]) =>
        before === undefined ? create(objectKind, id, value, material ?? undefined) : update(before, value, material),
      );
      if (changes.length > 0) await store.commit([...changes, ...records]);
      for (const { material } of staged.values()) material?.fill(0);
    },
  };
}
