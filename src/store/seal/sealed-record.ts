/**
 * How a record is sealed. The body is [material revision (6 bytes)][value], sealed at the record's revision. The
 * material is sealed at the revision at which it was set, so that it survives changes of the value as it is; the body
 * says which revision that was (0 for none), so that nobody can put an older material back, take it away or bring one
 * in.
 */
import type { StoredRecord } from '#store/engines/engine';
import { SealError, keyNumberOf } from './seal.ts';
import type { Place } from './seal.ts';

/** Seals under one data key, as often as was requested. */
export interface Sealer {
  readonly keyNumber: number;
  seal(place: Place, ...plain: readonly Uint8Array[]): Buffer;
}

export interface Opener {
  open(place: Place, sealed: Uint8Array): Buffer;
}

/** Material in its sealed form. */
export interface SealedMaterial {
  readonly sealed: Uint8Array;
  /** The record's revision when it was set. */
  readonly revision: number;
}

type Heading = Omit<StoredRecord, 'body' | 'material'>;
type Named = Pick<StoredRecord, 'kind' | 'id'>;

const prefixLength = 6;

export function sealMaterial(sealer: Sealer, heading: Heading, material: Uint8Array): SealedMaterial {
  const { kind, id, revision } = heading;
  return { revision, sealed: sealer.seal({ kind, id, part: 'material', revision }, material) };
}

export function sealRecord(
  sealer: Sealer,
  heading: Heading,
  value: Uint8Array,
  material: SealedMaterial | undefined,
): StoredRecord {
  const { kind, id, revision, terms } = heading;
  const prefix = Buffer.allocUnsafe(prefixLength);
  prefix.writeUIntBE(material?.revision ?? 0, 0, prefixLength);
  const body = sealer.seal({ kind, id, part: 'body', revision }, prefix, value);
  if (material === undefined) return { kind, id, revision, terms, body };
  return { kind, id, revision, terms, body, material: material.sealed };
}

/** Throws SealError. The material stays sealed. */
export function openRecord(
  opener: Opener,
  record: StoredRecord,
): { readonly value: Buffer; readonly material: SealedMaterial | undefined } {
  const { kind, id, revision } = record;
  const body = opener.open({ kind, id, part: 'body', revision }, record.body);
  const materialRevision = body.readUIntBE(0, prefixLength);
  if (materialRevision > 0 !== (record.material !== undefined)) throw new SealError(record);
  const material = record.material && { sealed: record.material, revision: materialRevision };
  return { value: body.subarray(prefixLength), material };
}

/** The caller wipes the result after use. Throws SealError. */
export function openMaterial(opener: Opener, { kind, id }: Named, { revision, sealed }: SealedMaterial): Buffer {
  return opener.open({ kind, id, part: 'material', revision }, sealed);
}

/**
 * The same record under another data key, as its next revision: a writer who read it before meets a conflict instead
 * of bringing the old key back, and caches of sealed material notice. Takes two uses of the sealer.
 */
export function resealRecord(opener: Opener, sealer: Sealer, record: StoredRecord): StoredRecord {
  const { value, material } = openRecord(opener, record);
  const { kind, id, terms } = record;
  let resealed: SealedMaterial | undefined;
  if (material !== undefined) {
    const plain = openMaterial(opener, record, material);
    const { revision } = material;
    resealed = { revision, sealed: sealer.seal({ kind, id, part: 'material', revision }, plain) };
    plain.fill(0);
  }
  return sealRecord(sealer, { kind, id, terms, revision: record.revision + 1 }, value, resealed);
}

/** The numbers of the data keys that are needed to open the record. Throws SealError. */
export function keyNumbersOf(record: StoredRecord): readonly number[] {
  return [record.body, record.material].flatMap((sealed) => (sealed ? [keyNumberOf(record, sealed)] : []));
}
