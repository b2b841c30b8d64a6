/**
 * The names of all kinds that the store has records of, so that a rotation of data keys reaches every record without being
 * told. A kind is written down before its first record is.
 */
import { succeeds } from './engine.ts';
import type { Engine } from './engine.ts';

export const kindKind = 'kind';

/** What the keys are kept in; nothing above the seal may call its kind so. */
const reserved = new Set([kindKind, 'root', 'data-key']);

/** `known` spares the question for kinds that were registered before. */
export async function registerKind(engine: Engine, known: Set<string>, kind: string): Promise<void> {
  if (known.has(kind)) return;
  if (reserved.has(kind)) throw new RangeError(`the kind ${kind} belongs to the store itself`);
  if ((await engine.get(kindKind, kind)) === undefined) {
    await succeeds(
      engine.commit([{ put: { kind: kindKind, id: kind, revision: 1, terms: [], body: Uint8Array.of(1) } }]),
    );
  }
  known.add(kind);
}

export async function registeredKinds(engine: Engine): Promise<readonly string[]> {
  const kinds: string[] = [];
  for await (const { id } of engine.find({ kind: kindKind, terms: [] })) kinds.push(id);
  return kinds;
}
