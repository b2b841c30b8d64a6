/** Reading the trail: every chain that runs at a time is merged with the others by time. */
import { join } from 'node:path';
import { fileName, isSettled, parseRecord } from '#audit/chain/chain';
import { listChains, readLines, readOpening } from '#audit/chain/chain-files';
import type { AuditRecord } from './entry.ts';
import { rememberedConnections } from './named-certificates.ts';

/** What is given must all agree. */
export interface Filters {
  readonly client?: string;
  readonly object?: string;
  readonly operation?: string;
  /** The Result Status, or the Result Reason. */
  readonly result?: string;
  /** Milliseconds since 1970, inclusive; a recovered record counts by the time at which it happened. */
  readonly since?: number;
  readonly until?: number;
}

interface Source {
  readonly records: AsyncIterator<AuditRecord>;
  readonly next: AuditRecord;
}

/** Yields in the order of writing. Lines that are no record are left out: `verify` names them. */
export async function* show(directory: string, filters: Filters = {}): AsyncGenerator<AuditRecord> {
  for await (const record of merge(directory)) {
    if (agrees(record, filters)) yield record;
  }
}

function agrees(record: AuditRecord, { client, object, operation, result, since, until }: Filters): boolean {
  const time = Date.parse(record.at ?? record.time);
  return (
    (client === undefined || record.client === client) &&
    (object === undefined || (record.objects ?? []).includes(object)) &&
    (operation === undefined || record.operation === operation) &&
    (result === undefined || record.status === result || record.reason === result) &&
    (since === undefined || time >= since) &&
    (until === undefined || time <= until)
  );
}

/** Opens a chain when its time has come, so that there are never more files open than processes ran at once. */
async function* merge(directory: string): AsyncGenerator<AuditRecord> {
  const waiting = [...listChains(directory)].map(([number, parts]) => ({
    parts: parts.map((part) => join(directory, fileName(number, part))),
    opening: readOpening(directory, number),
  }));
  const sources: Source[] = [];
  try {
    for (;;) {
      const first = sources[0];
      const chain = waiting[0];
      if (chain !== undefined && (first === undefined || (chain.opening?.time ?? '') <= first.next.time)) {
        waiting.shift();
        await advance(sources, readRecords(chain.parts, chain.opening?.chain));
      } else if (first !== undefined) {
        yield first.next;
        sources.shift();
        await advance(sources, first.records);
      } else return;
    }
  } finally {
    for (const { records } of sources) await records.return?.();
  }
}

/** Puts the next record of a chain in its place among the others, which are in the order of time. */
async function advance(sources: Source[], records: AsyncIterator<AuditRecord>): Promise<void> {
  const { value, done } = await records.next();
  if (done === true) return;
  const place = sources.findIndex((source) => source.next.time > value.time);
  sources.splice(place < 0 ? sources.length : place, 0, { records, next: value });
}

async function* readRecords(files: readonly string[], chain: string | undefined): AsyncGenerator<AuditRecord> {
  const certificates = new Map<number, string>();
  for (const file of files) {
    // Bytes behind the last whole write were never recorded: anybody may have added them.
    let unsettled: AuditRecord[] = [];
    for await (const { bytes, whole } of readLines(file)) {
      const text = whole ? bytes.toString('latin1') : '';
      const record = parseRecord(text, chain);
      if (record !== undefined) unsettled.push(withCertificate(record, certificates));
      if (!isSettled(text)) continue;
      yield* unsettled;
      unsettled = [];
    }
  }
}

function withCertificate(record: AuditRecord, certificates: Map<number, string>): AuditRecord {
  const { connection, certificate, kind } = record;
  // What a crashed process left is of a connection of that process.
  if (connection === undefined || kind !== 'operation') return record;
  if (certificate === undefined) {
    const known = certificates.get(connection);
    return known === undefined ? record : { ...record, certificate: known };
  }
  if (certificates.size >= rememberedConnections) certificates.clear();
  certificates.set(connection, certificate);
  return record;
}
