/**
 * The form of a chain, without touching any file. Each writing process has its own chain, numbered in the order of
 * opening and kept in the files `NUMBER.PART.jsonl`. A record is one line of JSON; `prev` is the SHA-256 of the whole
 * line before it, newline included, so that `sed -n 5p FILE | sha256sum` gives what line 6 must say. The first record
 * of a chain links to the last one, at that moment, of the chain with the number before.
 */
import { hash } from 'node:crypto';
import type { AuditRecord } from './entry.ts';

/** What the very first record of a directory links to. */
export const noHash = '0'.repeat(64);

/** No record is longer: entries are bounded, and so is the number of processes at once. */
export const maximumLine = 128 * 1024;

/** Closes a record that `formatEntry` opened, as record `seq` of `chain`. */
export function linkRecord(opened: string, chain: string, seq: number, prev: string): string {
  return `${opened},"chain":"${chain}","seq":${seq},"prev":"${prev}"}\n`;
}

export function hashLine(line: string | Uint8Array): string {
  return hash('sha256', line);
}

/** The number first, so that identifiers sort as the files do; the random part, so that no two directories share one. */
export function chainName(number: number, random: Uint8Array): string {
  return `${number}-${Buffer.from(random).toString('hex')}`;
}

export function chainNumber(name: string): number {
  return Number.parseInt(name, 10);
}

/** Sorts by time within a chain. */
export function entryId(chain: string, count: number): string {
  return `${chain}-${count.toString(16).padStart(10, '0')}`;
}

/** The name of the chain that an entry was made in. */
export function chainOfEntry(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}

export function fileName(number: number, part: number): string {
  return `${String(number).padStart(8, '0')}.${String(part).padStart(6, '0')}.jsonl`;
}

export function parseFileName(name: string): { readonly number: number; readonly part: number } | undefined {
  const match = /^(\d{8,})\.(\d{6,})\.jsonl$/.exec(name);
  return match === null ? undefined : { number: Number(match[1]), part: Number(match[2]) };
}

/** Undefined when the line is no record at all. */
export function parseRecord(line: string): AuditRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is AuditRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { time, entry, kind, chain, seq, prev } = value as Partial<Record<keyof AuditRecord, unknown>>;
  return [time, entry, kind, chain, prev].every((text) => typeof text === 'string') && Number.isSafeInteger(seq);
}
