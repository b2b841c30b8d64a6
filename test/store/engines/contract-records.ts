/** Records of the engine contract, and what is expected of them. */
import { expect } from 'chai';
import { ConflictError, succeeds } from '#store/engines/engine';
import type { Engine, IndexQuery, StoredRecord } from '#store/engines/engine';

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31) % 251);
}

export function record(id: string, revision: number, rest: Partial<StoredRecord> = {}): StoredRecord {
  return { kind: 'object', id, revision, terms: [], body: bytesOf(`body of ${id}`), ...rest };
}

export async function present(engine: Engine, id: string): Promise<StoredRecord> {
  const found = await engine.get('object', id);
  if (found === undefined || found === 'unchanged') throw new Error(`there is no record ${id}`);
  return found;
}

/** One compare-and-set; false when somebody else was faster. */
export async function increments(engine: Engine): Promise<boolean> {
  const { revision, body } = await present(engine, 'counter');
  return succeeds(engine.commit([{ put: record('counter', revision + 1, { body: Uint8Array.of(body[0]! + 1) }) }]));
}

export async function collect(found: AsyncIterable<StoredRecord>): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const one of found) records.push(one);
  return records;
}

export async function idsOf(engine: Engine, query: IndexQuery): Promise<string[]> {
  return (await collect(engine.find(query))).map(({ id }) => id);
}

/** Bytes may be any view; terms may come in any order. */
export function expectRecord(found: StoredRecord | 'unchanged' | undefined, expected: StoredRecord): void {
  if (found === undefined || found === 'unchanged') throw new Error(`found ${found} instead of a record`);
  const plain = ({ body: _body, material: _material, terms, ...rest }: StoredRecord): unknown => ({
    ...rest,
    terms: terms.toSorted(),
  });
  expect(plain(found)).to.deep.equal(plain(expected));
  expect(Buffer.from(found.body).equals(expected.body), 'the body').to.equal(true);
  expect(found.material === undefined, 'absent material').to.equal(expected.material === undefined);
  if (found.material && expected.material) {
    expect(Buffer.from(found.material).equals(expected.material), 'the material').to.equal(true);
  }
}

export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it was expected to fail');
    },
    (error: unknown) => error,
  );
}

export async function expectConflict(commit: Promise<void>, id: string): Promise<void> {
  const error = await failureOf(commit);
  expect(error, String(error)).to.be.instanceOf(ConflictError);
  expect(error).to.include({ kind: 'object', id });
}
