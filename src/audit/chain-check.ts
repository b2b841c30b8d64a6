/** Checks one chain from its opening record to its end, against what other chains say of it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chainNumber, fileName, hashLine, noHash, parseRecord } from './chain.ts';
import { readLines } from './chain-files.ts';
import type { Line } from './chain-files.ts';
import type { AuditRecord, Head } from './entry.ts';

export interface Broken {
  readonly file: string;
  /** Counted from 1; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly why: string;
}

/** What another chain says of this one: that a record is there or, with `torn`, that it is the last. */
export interface Pin extends Head {
  readonly by: string;
  /** The bytes of a half-written record behind the last one. */
  readonly torn?: number;
}

export class ChainCheck {
  readonly #directory: string;
  readonly #number: number;
  readonly #pins: readonly Pin[];
  /** The last record that was right, and where it stands. */
  #last:
    { readonly record: AuditRecord; readonly hash: string; readonly file: string; readonly line: number } | undefined;
  #ended = false;
  #tornAt: Broken | undefined;
  records = 0;

  constructor(directory: string, number: number, pins: readonly Pin[]) {
    this.#directory = directory;
    this.#number = number;
    this.#pins = pins;
  }

  get chain(): string {
    return this.#last?.record.chain ?? String(this.#number);
  }

  /** True when neither its own closing record nor a later chain says that the chain has ended. */
  get isOpen(): boolean {
    return !this.#ended && this.#last?.record.kind !== 'close';
  }

  /** Bytes at the end that are no whole record, and that nothing accounts for: a write that goes on, or damage. */
  get torn(): Broken | undefined {
    return this.#tornAt;
  }

  /** `parts`: the highest file number that was seen. */
  async run(parts: number): Promise<Broken | undefined> {
    for (let part = 1; part <= parts || this.#promises(part); part += 1) {
      const file = fileName(this.#number, part);
      const size = await stat(join(this.#directory, file)).then(
        (found) => found.size,
        () => undefined,
      );
      // A power failure may take back the new file and leave the record that promises it.
      if (size === undefined && part > parts && this.#endedAfter(this.#last?.record.seq) !== undefined) break;
      if (size === undefined) return { file, line: 0, why: 'the file is missing' };
      if (size > 0 && this.#last !== undefined && this.#last.record.kind !== 'continue') {
        return this.#afterLast(`the records between this one and ${file} are missing`);
      }
      const broken = await this.#checkFile(file, size);
      if (broken !== undefined) return broken;
    }
    return this.#checkEnd();
  }

  /** Whether the file before this one ends with the record that announces it. */
  #promises(part: number): boolean {
    return this.#last?.record.kind === 'continue' && this.#last.file === fileName(this.#number, part - 1);
  }

  async #checkFile(file: string, size: number): Promise<Broken | undefined> {
    let number = 0;
    for await (const line of readLines(join(this.#directory, file))) {
      number += 1;
      const record = line.whole ? parseRecord(line.bytes.toString('latin1')) : undefined;
      if (record === undefined) return this.#checkTorn(line, { file, line: number, why: '' }, size - line.offset);
      const broken = this.#checkRecord(record, file, number);
      if (broken !== undefined) return broken;
      const hash = hashLine(line.bytes);
      this.#last = { record, hash, file, line: number };
      this.records += 1;
      const denied = this.#pins.find(
        (pin) => pin.seq === record.seq && (pin.hash !== hash || pin.chain !== record.chain),
      );
      if (denied !== undefined) return { file, line: number, why: `chain ${denied.by} saw another record here` };
    }
    return undefined;
  }

  #checkRecord(record: AuditRecord, file: string, line: number): Broken | undefined {
    const last = this.#last;
    if (last === undefined) return this.#checkOpening(record, file, line);
    if (record.chain !== last.record.chain) return { file, line, why: `a record of chain ${record.chain}` };
    if (record.seq !== last.record.seq + 1) {
      const why = `record ${record.seq} follows record ${last.record.seq}: deleted, inserted or moved`;
      return { file, line, why };
    }
    if (record.prev !== last.hash) {
      return { file: last.file, line: last.line, why: 'changed: the link of the record after it does not match' };
    }
    if (last.record.kind === 'close') return { file, line, why: 'a record behind the closing record' };
    const end = this.#endedAfter(last.record.seq);
    return end === undefined ? undefined : { file, line, why: `chain ${end.by} saw the chain end before this record` };
  }

  #checkOpening(record: AuditRecord, file: string, line: number): Broken | undefined {
    const { kind, seq, chain, prev, predecessor } = record;
    if (kind !== 'open' || seq !== 1) return { file, line, why: 'the chain does not begin with its opening record' };
    if (chainNumber(chain) !== this.#number) return { file, line, why: `a record of chain ${chain}` };
    if (this.#number > 1 && chainNumber(predecessor?.chain ?? '') !== this.#number - 1) {
      return { file, line, why: 'the opening record does not name the chain before it' };
    }
    if (prev !== (predecessor?.hash ?? noHash)) {
      return { file, line, why: 'changed: its link is not the hash that it names' };
    }
    return undefined;
  }

  /** Who says that the chain ended with this record. */
  #endedAfter(seq: number | undefined): Pin | undefined {
    return this.#pins.find((pin) => pin.torn !== undefined && pin.seq === seq);
  }

  #checkTorn(line: Line, at: Broken, bytes: number): Broken | undefined {
    const seq = this.#last?.record.seq;
    if (this.#pins.some((pin) => pin.seq === seq && pin.torn === bytes)) return undefined;
    if (line.whole) return { ...at, why: 'this is no record' };
    this.#tornAt = { ...at, why: 'half-written, and no later chain accounts for it' };
    return undefined;
  }

  #checkEnd(): Broken | undefined {
    const last = this.#last;
    if (last === undefined) return { file: fileName(this.#number, 1), line: 0, why: 'the file holds no record' };
    const beyond = this.#pins.find((pin) => pin.seq > last.record.seq);
    if (beyond !== undefined) return this.#afterLast(`cut off: chain ${beyond.by} saw record ${beyond.seq}`);
    this.#ended = this.#endedAfter(last.record.seq) !== undefined;
    return undefined;
  }

  #afterLast(why: string): Broken {
    return { file: this.#last?.file ?? fileName(this.#number, 1), line: this.#last?.line ?? 0, why };
  }
}
