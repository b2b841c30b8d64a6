/**
 * The names of all kinds that the store has records of, so that a rotation of data keys reaches every record by itself.
 * A kind is written down before its first record is.
 */
import { DamagedRecordError, succeeds } from '#store/engines/engine';
import type { Engine } from '#store/engines/engine';

export const kindKind = 'kind';

/** What the keys are kept in; nothing above the seal may call its kind so. */
const reserved: ReadonlySet<string> = new Set([kindKind, 'root', 'data-key']);

/** `known` spares the question for kinds that were registered before. */
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
    // That it is there is all that it says.
    return true;
  }
}

/**
 * Those that have records, whether or not they are written down: what is sealed under an old key must not be
 * overlooked.
 */
export async function sealedKinds(engine: Engine): Promise<readonly string[]> {
  const kinds = new Set(await engine.kinds());
  for await (const { id } of engine.find({ kind: kindKind, terms: [] })) kinds.add(id);
  return [...kinds].filter((kind) => !reserved.has(kind));
}
