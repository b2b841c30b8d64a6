/**
 * What is written down: one entry per batch item, refused connection or administrative command. Entries hold
 * identifiers only, never names, attribute values or key material, and every text that came from outside is cut to a
 * bound and escaped to ASCII, so that a line of the trail is safe on any terminal.
 */
import type { EnumerationValue } from '#protocol/enumerations';
import { escapeUnit } from '#ttlv/escape-unit';

export interface AuditEntry {
  readonly kind: 'operation' | 'connection' | 'administration';
  /** The identifier of the client record. */
  readonly client?: string;
  /** SHA-256 fingerprint of the peer certificate, hexadecimal. */
  readonly certificate?: string | undefined;
  /**
   * The subject of the peer certificate, for refused connections only: nothing else tells the operator who the peer
   * was.
   */
  readonly subject?: string;
  /** The number of the connection within this process. */
  readonly connection?: number | undefined;
  /** The remote address of a refused connection. */
  readonly peer?: string;
  /** How many refusals or failures the record stands for, after those of their kind that have records of their own. */
  readonly count?: number;
  /** How many items of the request the record stands for, when there are several that differ in nothing. */
  readonly items?: number;
  /** The protocol version, as '1.4'. */
  readonly version?: string;
  /** The operation ('Get') or the administrative command ('client add'). */
  readonly operation?: string;
  /** Identifiers of the objects concerned; of more than `maximumObjects` the rest is only counted. */
  readonly objects?: readonly string[];
  /** The Result Status, as the standard names it. */
  readonly status?: EnumerationValue<'ResultStatus'> | 'refused';
  /** The Result Reason, as the standard names it, or why a connection was refused. */
  readonly reason?: string;
}

/** The kinds that the trail writes about itself, beside those of the entries. */
export type RecordKind =
  | AuditEntry['kind']
  | 'open'
  | 'pinned'
  | 'continue'
  | 'ended'
  | 'recovered'
  | 'resumed'
  | 'rested'
  | 'reopened'
  | 'close';

/** A place in a chain: the record `seq` of `chain`, and the hash of its line. */
export interface Head {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

/**
 * What is known of another chain: that the record is there or, with `closed`, that the chain ended with it in order.
 */
export interface Pinned extends Head {
  readonly closed?: true;
}

/** Where a chain without a closing record ended, and how many bytes of a half-written record follow. */
export interface Ended extends Head {
  readonly torn: number;
}

/** Tells one process from every other; see `process-identity.ts`. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
  readonly place: string;
}

/** A line of the trail, as it is read back. */
export interface AuditRecord extends Omit<AuditEntry, 'kind'> {
  readonly time: string;
  /**
   * Unique over all chains; only records of changes have it in their line, for a recovered one has that of the entry
   * which it completes.
   */
  readonly entry: string;
  readonly kind: RecordKind;
  /** How many objects are not listed. */
  readonly omitted?: number;
  /** Of a recovered record: what it was, and when it happened. */
  readonly of?: AuditEntry['kind'];
  readonly at?: string;
  /** Of an opening record: the chain opened before this one as it stood, chains that may go on, and who writes. */
  readonly predecessor?: Head;
  readonly running?: readonly string[];
  /** Also of a 'reopened' record: another process goes on with a shared chain that rested. */
  readonly process?: ProcessIdentity;
  /** Of an opening record: processes write the chain one after another. */
  readonly shared?: true;
  /** Of an opening record: the identity of the directory, and the first of its chains that has MACs. */
  readonly trail?: string;
  readonly since?: number;
  /** What the store, or files of before there were MACs, said of chains that ended ('pinned' records). */
  readonly pins?: readonly Pinned[];
  /** Chains found without a closing record and without their process (in 'open' and 'ended' records). */
  readonly ended?: readonly Ended[];
  readonly chain: string;
  readonly seq: number;
  readonly prev?: string;
  readonly mac?: string;
}

export const maximumObjects = 100;
const maximumText = 128;
const maximumSubject = 512;

/** The opened beginning of a record: the writer adds its place in the chain. `id` is the identifier of a change. */
export function formatEntry(
  time: string,
  id: string | undefined,
  entry: AuditEntry,
  completes?: { readonly at: string },
  withCertificate = true,
): string {
  let line = id === undefined ? `{"time":"${time}","kind":"` : `{"time":"${time}","entry":"${id}","kind":"`;
  line += completes === undefined ? `${entry.kind}"` : `recovered","of":"${entry.kind}","at":${quote(completes.at)}`;
  if (entry.client !== undefined) line += `,"client":${quote(entry.client)}`;
  if (withCertificate && entry.certificate !== undefined) line += `,"certificate":${quote(entry.certificate)}`;
  if (entry.subject !== undefined) line += `,"subject":${quote(entry.subject, maximumSubject)}`;
  if (entry.connection !== undefined) line += `,"connection":${Number(entry.connection)}`;
  if (entry.peer !== undefined) line += `,"peer":${quote(entry.peer)}`;
  if (entry.count !== undefined) line += `,"count":${Number(entry.count)}`;
  if (entry.items !== undefined) line += `,"items":${Number(entry.items)}`;
  if (entry.version !== undefined) line += `,"version":${quote(entry.version)}`;
  if (entry.operation !== undefined) line += `,"operation":${quote(entry.operation)}`;
  if (entry.objects !== undefined && entry.objects.length > 0) line += formatObjects(entry.objects);
  if (entry.status !== undefined) line += `,"status":${quote(entry.status)}`;
  if (entry.reason !== undefined) line += `,"reason":${quote(entry.reason)}`;
  return line;
}

/** The same for what the trail says about itself: rare, so no care for speed. */
export function formatEvent(time: string, id: string, kind: RecordKind, details: object = {}): string {
  return JSON.stringify({ time, entry: id, kind, ...details }).slice(0, -1);
}

function formatObjects(objects: readonly string[]): string {
  if (objects.length === 1) return `,"objects":[${quote(objects[0] as string)}]`;
  const listed = objects.slice(0, maximumObjects).map((object) => quote(object));
  const omitted = objects.length - listed.length;
  return `,"objects":[${listed.join(',')}]${omitted > 0 ? `,"omitted":${omitted}` : ''}`;
}

const plainText = /^[ !#-[\]-~]*$/;

/** A JSON string in ASCII, of at most `limit` UTF-16 units and an ellipsis. */
export function quote(text: string, limit: number = maximumText): string {
  if (text.length <= limit && plainText.test(text)) return `"${text}"`;
  const cut = text.length > limit ? `${text.slice(0, limit)}...` : text;
  return JSON.stringify(cut).replace(/[\u007f-\uffff]/g, escapeUnit);
}
