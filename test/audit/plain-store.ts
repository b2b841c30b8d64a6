/** The store without its seal: records as they are, over a real engine. */
import type { Engine, StoredRecord } from '#store/engine';
import type { Kept, Kind, Store } from '#store/store';

export function plainStore(engine: Engine): Store {
  const term = (field: string, value: string | Uint8Array): string => `${field}=${String(value)}`;

  function keep<T>(kind: Kind<T>, record: StoredRecord): Kept<T> {
    const { id, revision, body, material } = record;
    const openMaterial = (): Uint8Array => Uint8Array.from(material ?? []);
    return { kind, id, revision, value: kind.decode(body), hasMaterial: material !== undefined, openMaterial };
  }

  return {
    term,
    async get(kind, id) {
      const record = await engine.get(kind.name, id);
      return record === undefined || record === 'unchanged' ? undefined : keep(kind, record);
    },
    async *find(kind, query) {
      for await (const record of engine.find({ ...query, kind: kind.name })) yield keep(kind, record);
    },
    async commit(changes) {
      await engine.commit(
        changes.map((change) => {
          const { id, revision } = change;
          const kind = change.kind.name;
          if ('removed' in change) return { remove: { kind, id, revision } };
          const [terms, body] = [change.kind.terms(change.value, term), change.kind.encode(change.value)];
          return { put: { kind, id, revision: revision + 1, terms, body } };
        }),
      );
    },
    close: () => engine.close(),
  };
}
