/**
 * A failure as a file: what was sent, and what must exist for it, so that it can be sent again to a server of another
 * day.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LaneKind } from './lanes.ts';
import type { Pooled } from './pool.ts';

export interface Case {
  readonly why: string;
  readonly kind: LaneKind;
  /** Of the run, and what of it this was. */
  readonly seed: number;
  readonly lane: number;
  readonly number: number;
  /** The objects that the body names, by their identifiers: replay has others of the same kinds made. */
  readonly objects: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export function writeCase(directory: string, failed: Case): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${failed.seed}-${failed.lane}-${failed.number}.json`);
  writeFileSync(file, `${JSON.stringify({ ...failed, body: failed.body.toString('base64') }, undefined, 2)}\n`);
  return file;
}

export function readCase(file: string): Case {
  const read = JSON.parse(readFileSync(file, 'utf8')) as Case & { body: string };
  return { ...read, body: Buffer.from(read.body, 'base64') };
}

/** The pool's objects that are named in a body. */
export const objectsIn = (body: Buffer, objects: readonly Pooled[]): Record<string, string> =>
  Object.fromEntries(objects.filter(({ id }) => body.includes(id)).map(({ id, kind }) => [id, kind]));

/** The body with other objects of the same kinds: identifiers are all of one length. */
export function withObjects(failed: Case, objects: readonly Pooled[]): Buffer {
  const body = Buffer.from(failed.body);
  const used = new Map<string, number>();
  for (const [id, kind] of Object.entries(failed.objects)) {
    const place = used.get(kind) ?? 0;
    used.set(kind, place + 1);
    const other = objects.filter((each) => each.kind === kind)[place];
    if (other === undefined) continue;
    for (let at = body.indexOf(id); at >= 0; at = body.indexOf(id, at + 1)) body.write(other.id, at, 'latin1');
  }
  return body;
}
