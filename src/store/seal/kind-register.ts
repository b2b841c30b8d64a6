/**
 * The names of all kinds that have records in the store, so that a rotation of data keys reaches every record. A kind
 * is registered before its first record is written.
 */
import { DamagedRecordError, succeeds } from '#store/engines/engine';
import type { Engine } from '#store/engines/engine';

export const kindKind = 'kind';

/** The kind of the keys' own records; no kind above the seal may have this name. */
const reserved: ReadonlySet<string> = new Set([kindKind, 'root', 'data-key']);

/** `known` saves a read for kinds that were registered before. */
export async function registerKind(engine: Engine, known: Set<string>, kind: string): Promise<void> {
  if (known.has(kind)) return;
  if (reserved.has(kind)) throw new RangeError(`the kind ${kind} belongs to the store itself`);
  if (!(await isRegistered(engine, kind))) {
    await succeeds(
      engine.commit([{ put: { kind: kindKind, id: kind, revision: 1, terms: [], body: Uint8Array.of(1) } }]),
    );
  }
  known.add(kind);
}

async function isRegistered(engine: Engine, kind: string): Promise<boolean> {
  try {
    return (await engine.get(kindKind, kind)) !== undefined;
  } catch (error) {
    if (!(error instanceof DamagedRecordError)) throw error;
    // Only the existence of the record matters, even when it is damaged.
    return true;
  }
}

/** The kinds that have records, registered or not: no record under an old key may be overlooked. */
export async function sealedKinds(engine: Engine): Promise<readonly string[]> {
  const kinds = new Set(await engine.kinds());
  for await (const { id } of engine.find({ kind: kindKind, terms: [] })) kinds.add(id);
  return [...kinds].filter((kind) => !reserved.has(kind));
}
