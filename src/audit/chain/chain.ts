/**
 * The form of a chain, without touching any file. Each writing process has its own chain, numbered in the order of
 * opening and kept in the files `NUMBER.PART.jsonl`. A record is one line of JSON. What is written at once ends with a
 * record that has a `mac`: an HMAC-SHA-256 over the `mac` before it and its own line, under a key that comes from the
 * store's keyring. Within a write each record after the first has in `prev` the SHA-256 of the line before it. So the
 * MACs cover every record and their order, and nobody without the key can write, change or leave out one of them.
 *
 * Chains of before 2026-12 have no MAC: `prev` is the SHA-256 of the line before in each record. They are still
 * checked so, and the first chain with MACs names the end of each of them.
 */
import { createHmac, hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { AuditRecord } from '#audit/entry';

/** What the very first record of an old chain links to. */
export const noHash = '0'.repeat(64);

/** No record is longer: entries are bounded, and so is the number of processes at once. */
export const maximumLine = 128 * 1024;

/** Base64url characters of a MAC (132 bits) and of a link within a write (192 bits). */
const macLength = 22;
const linkLength = 32;

/** The MAC that the first record of a chain follows. */
export const noMac = '';

/** Closes the records of one write, as `formatEntry` opened them, which follow record `seq` and the MAC `before`. */
export function closeRecords(
  opened: readonly string[],
  seq: number,
  before: string,
  key: KeyObject,
): { readonly lines: string; readonly last: string; readonly mac: string } {
  let lines = '';
  let line = '';
  for (let index = 0; index < opened.length; index += 1) {
    const prev = index === 0 ? '' : `,"prev":"${linkOf(line)}"`;
    line = `${opened[index]},"seq":${seq + index + 1}${prev}`;
    if (index < opened.length - 1) lines += line += '}\n';
  }
  const mac = macOf(key, before, line);
  const last = `${line},"mac":"${mac}"}\n`;
  return { lines: lines + last, last, mac };
}

/** `text`: the line up to its MAC. */
export function macOf(key: KeyObject, before: string, text: string): string {
  return createHmac('sha256', key)
    .update(before + text, 'latin1')
    .digest('base64url')
    .slice(0, macLength);
}

const macEnd = /^,"mac":"([\w-]{22})"\}\n$/;

/** The MAC at the end of a line and what it is over; undefined when the line has none. */
export function macAt(line: string): { readonly text: string; readonly mac: string } | undefined {
  const at = line.length - macLength - ',"mac":""}\n'.length;
  const mac = at < 0 ? undefined : macEnd.exec(line.slice(at))?.[1];
  return mac === undefined ? undefined : { text: line.slice(0, at), mac };
}

/** What `prev` says of the line before it in the same write. */
export function linkOf(line: string): string {
  return hash('sha256', line, 'base64url').slice(0, linkLength);
}

const oldEnd = /"prev":"[0-9a-f]{64}"\}\n$/;

/** Whether a write ends with this line: what stands behind the last such line was never written whole. */
export function isSettled(line: string): boolean {
  return macAt(line) !== undefined || oldEnd.test(line.slice(-80));
}

/** How other chains, and the store, name a record. */
export function hashLine(line: string | Uint8Array): string {
  return hash('sha256', line);
}

/**
 * The number comes first, so that identifiers sort as the files do; the random part makes sure that no two directories
 * share an identifier.
 */
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

/** Undefined when the line is no record at all. `chain`: whose it is, which most records do not repeat. */
export function parseRecord(line: string, chain = ''): AuditRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  value.chain ??= chain;
  value.entry ??= `${value.chain}#${value.seq}`;
  return value as AuditRecord;
}

type Parsed = Omit<AuditRecord, 'chain' | 'entry'> & { chain?: string; entry?: string };

function isRecord(value: unknown): value is Parsed {
  if (typeof value !== 'object' || value === null) return false;
  const { time, entry = '', kind, chain = '', seq, prev = '' } = value as Partial<Record<keyof AuditRecord, unknown>>;
  return [time, entry, kind, chain, prev].every((text) => typeof text === 'string') && Number.isSafeInteger(seq);
}
