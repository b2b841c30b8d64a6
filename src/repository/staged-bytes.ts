/**
 * How many bytes a batch with Undo holds of what it has staged: counted as it goes on, since its end would be too
 * late.
 */
import { KmipError } from '#protocol/kmip-error';
import { bounds } from '#store/engines/bounds';

/** What one object holds. */
interface Bytes {
  /** That the commit would write: never more than it truly would. */
  readonly written: number;
  /** Of the record as the store has it, which the change names. */
  readonly kept: number;
}

/** Records that were read are held too, whatever becomes of them. */
const maximumKept = 4 * bounds.bytesPerCommit;

export function createStagedBytes() {
  const byId = new Map<string, Bytes>();
  let written = 0;
  let kept = 0;

  return {
    /**
     * What is held of an object, in place of what was. @throws KmipError ServerLimitExceeded above what one commit
     * takes.
     */
    count(id: string, now: Bytes): void {
      const before = byId.get(id);
      written += now.written - (before?.written ?? 0);
      kept += now.kept - (before?.kept ?? 0);
      byId.set(id, now);
      if (written <= bounds.bytesPerCommit && kept <= maximumKept) return;
      throw new KmipError(
        'ServerLimitExceeded',
        `a batch with Undo must change objects of at most ${maximumKept} bytes together, and write at most ${bounds.bytesPerCommit} bytes: send a smaller batch`,
      );
    },
  };
}

/** Bytes of a value's texts and bytes, without what holds them together. */
export function leastBytes(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'object') return 1;
  let sum = 0;
  for (const each of Object.values(value)) sum += leastBytes(each);
  return sum;
}
