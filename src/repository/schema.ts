/**
 * The schema of the store: the form of its records, and their index terms. A store has its schema in one record; a
 * store without the record has schema 1. A newer schema is refused. An older one is migrated before the store is used
 * otherwise, by the rows of one table in their order. When a migration is interrupted, the next opening continues from
 * the last mark.
 */
import { OperatorError } from '#operator-error';
import { DamagedRecordError, succeeds } from '#store/engines/engine';
import { jsonKind } from '#store/json-kind';
import { create, replaceDamaged, update, type Kept, type Kind, type Store, type StoreChange } from '#store/store';

export interface SchemaRecord {
  readonly version: number;
  /** How far the migration to the next version has come. */
  readonly mark?: { readonly to: number; readonly kind: string; readonly after: string };
}

export const schemaKind = jsonKind<SchemaRecord>('schema');
const schemaId = 'schema';
const firstVersion = 1;

export interface Migration {
  /** One more than the row before; the first is 2. */
  readonly to: number;
  /** What changes with this version, for the log: 'objects are found by Comment'. */
  readonly what: string;
  /** The kinds whose index terms are written again, by the present `terms`. */
  readonly reindex: readonly Kind<unknown>[];
}

/** A row for each change of what is indexed. A row is never removed: older stores need it. */
export const migrations: readonly Migration[] = [];

export interface SchemaOptions {
  readonly log?: { info(message: string): unknown };
  readonly migrations?: readonly Migration[];
  /** Whether a damaged record is replaced; `store check` does not report it afterwards. */
  readonly mend?: boolean;
}

const newestOf = (rows: readonly Migration[]): number => rows.at(-1)?.to ?? firstVersion;

type Read = Kept<SchemaRecord> | DamagedRecordError | undefined;

/** A damaged record counts as a missing one: a migration that was done before changes nothing the second time. */
async function readSchema(store: Store): Promise<Read> {
  try {
    return await store.get(schemaKind, schemaId);
  } catch (error) {
    if (error instanceof DamagedRecordError) return error;
    throw error;
  }
}

const valueOf = (read: Read): SchemaRecord =>
  read === undefined || read instanceof DamagedRecordError ? { version: firstVersion } : read.value;
const versionOf = (read: Read): number => valueOf(read).version;

function writeOver(read: Read, value: SchemaRecord): StoreChange {
  if (read === undefined) return create(schemaKind, schemaId, value);
  return read instanceof DamagedRecordError ? replaceDamaged(schemaKind, read, value) : update(read, value);
}

function demandKnown(schema: number, newest: number): void {
  if (schema <= newest) return;
  throw new OperatorError(
    `the store has schema ${schema}: this kmipd supports schemas up to ${newest}`,
    'use the kmipd version that wrote the store, or a newer one; kmipd --version shows the version of this one',
  );
}

/** For a store that was just made. */
export async function beginSchema(store: Store, { migrations: rows = migrations }: SchemaOptions = {}): Promise<void> {
  await succeeds(store.commit([create(schemaKind, schemaId, { version: newestOf(rows) })]));
}

/**
 * For commands that only read.
 * @throws OperatorError for a store of another schema.
 */
export async function checkSchema(store: Store, { migrations: rows = migrations }: SchemaOptions = {}): Promise<void> {
  const schema = versionOf(await readSchema(store));
  demandKnown(schema, newestOf(rows));
  if (schema === newestOf(rows)) return;
  throw new OperatorError(
    `the store has schema ${schema}: this kmipd needs schema ${newestOf(rows)}`,
    'stop servers of the version before, and start kmipd serve once: it brings the store forward',
  );
}

/**
 * Migrates the store to the newest schema.
 * @throws OperatorError for a store of a newer one.
 */
export async function openSchema(
  store: Store,
  { log, migrations: rows = migrations, mend = false }: SchemaOptions = {},
): Promise<void> {
  const read = await readSchema(store);
  const schema = versionOf(read);
  demandKnown(schema, newestOf(rows));
  if (mend && read instanceof DamagedRecordError) {
    await succeeds(store.commit([writeOver(read, { version: schema })]));
  }
  for (const row of rows) {
    if (row.to <= schema) continue;
    log?.info(`the store goes from schema ${row.to - 1} to ${row.to}: ${row.what}`);
    await migrate(store, row);
    log?.info(`the store has schema ${row.to}`);
  }
}

/** Two processes may do this at once: both do the same work, and the result is the same. */
async function migrate(store: Store, row: Migration): Promise<void> {
  const { mark } = valueOf(await readSchema(store));
  const begun = mark?.to === row.to ? mark : undefined;
  const first = Math.max(
    0,
    row.reindex.findIndex(({ name }) => name === begun?.kind),
  );
  for (const kind of row.reindex.slice(first)) {
    const after = kind.name === begun?.kind ? begun.after : undefined;
    for await (const each of store.reindex(kind, after)) {
      await write(store, row, { to: row.to, kind: kind.name, after: each.after });
    }
  }
  await write(store, row, undefined);
}

/** Writes the mark, or without one the end of the migration. Writes nothing when another process has ended it. */
async function write(store: Store, { to }: Migration, mark: SchemaRecord['mark']): Promise<void> {
  for (;;) {
    const read = await readSchema(store);
    if (versionOf(read) >= to) return;
    const value: SchemaRecord = mark === undefined ? { version: to } : { version: to - 1, mark };
    if (await succeeds(store.commit([writeOver(read, value)]))) return;
  }
}
