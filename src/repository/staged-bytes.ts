/** How many bytes a batch with Undo has staged: counted at each change, because at its end it would be too late. */
import { KmipError } from '#protocol/kmip-error';
import { bounds } from '#store/engines/bounds';

/** The bytes of one object. */
interface Bytes {
  /** Bytes that the commit would write: at most what it really would. */
  readonly written: number;
  /** Bytes of the record in the store, to which the change refers. */
  readonly kept: number;
}

/** Records that were read count too, even if they are not changed. */
const maximumKept = 4 * bounds.bytesPerCommit;

export function createStagedBytes() {
  const byId = new Map<string, Bytes>();
  let written = 0;
  let kept = 0;

  return {
    /**
     * Replaces the count of one object.
     * @throws KmipError ServerLimitExceeded above the maximum of one commit.
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

/** Bytes of a value's texts and byte strings, without the structure around them. */
export function leastBytes(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'object') return 1;
  let sum = 0;
  for (const each of Object.values(value)) sum += leastBytes(each);
  return sum;
}
