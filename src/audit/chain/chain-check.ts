/** Checks one chain from its opening record to its end, against what other chains and the store say of it. */
import type { KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chainNumber, fileName, hashLine, parseRecord } from './chain.ts';
import { readLines } from './chain-files.ts';
import { linksByHash, linksByMac } from './chain-links.ts';
import type { Broken, Links, Place } from './chain-links.ts';
import type { AuditRecord, Head } from '#audit/entry';

/** What another chain or the store says of this one: that a record is there or, with `torn`, that it is the last. */
export interface Pin extends Head {
  /** 'chain NAME' or 'the store'. */
  readonly by: string;
  /** The bytes behind the last record that are no whole write. */
  readonly torn?: number;
}

/** By what the records are judged. */
export interface Rule {
  /** Without it MACs cannot be checked. */
  readonly key: KeyObject | undefined;
  /** Chains from this number on have MACs. */
  readonly since: number;
}

export class ChainCheck {
  readonly #directory: string;
  readonly #number: number;
  readonly #pins: readonly Pin[];
  readonly #rule: Rule;
  #links: Links = linksByHash();
  /** The last record that was right. */
  #last: Place | undefined;
  /** The last record whose write was whole. */
  #settled: { readonly record: AuditRecord; readonly count: number } | undefined;
  #ended = false;
  #tornAt: Broken | undefined;
  #records = 0;
  opening: AuditRecord | undefined;

  constructor(directory: string, number: number, pins: readonly Pin[], rule: Rule) {
    this.#directory = directory;
    this.#number = number;
    this.#pins = pins;
    this.#rule = rule;
  }

  get chain(): string {
    return this.opening?.chain ?? String(this.#number);
  }

  /** How many were right. */
  get records(): number {
    return this.#settled?.count ?? 0;
  }

  get last(): AuditRecord | undefined {
    return this.#settled?.record;
  }

  get hasMacs(): boolean {
    return this.opening?.mac !== undefined;
  }

  /** True when neither its last record nor a later chain says that it has ended. */
  get isOpen(): boolean {
    const kind = this.#settled?.record.kind;
    return !this.#ended && kind !== 'close' && kind !== 'rested';
  }

  /** Bytes at the end that are no whole write, and that no record explains: a write in progress, or damage. */
  get torn(): Broken | undefined {
    return this.#tornAt;
  }

  /** `parts`: the highest file number that was seen. */
  async run(parts: number): Promise<Broken | undefined> {
    let behind: Broken | undefined;
    let bytesBehind = 0;
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
      const found = await this.#checkFile(file);
      if (found !== undefined && !('from' in found)) return found;
      const from = found?.from ?? this.#links.unsettled;
      if (from === undefined) continue;
      behind ??= { file: from.file, line: from.line, why: 'half-written, and no later chain names it' };
      bytesBehind += size - from.offset;
      if (found?.strange !== undefined && !this.#excuses(bytesBehind)) return found.strange;
    }
    if (behind !== undefined && !this.#excuses(bytesBehind)) this.#tornAt = behind;
    return this.#checkEnd();
  }

  /** Whether the file before this one ends with the record that announces it. */
  #promises(part: number): boolean {
    return this.#last?.record.kind === 'continue' && this.#last.file === fileName(this.#number, part - 1);
  }

  /** Broken, or where the file stops to consist of whole writes. */
  async #checkFile(file: string): Promise<Broken | Behind | undefined> {
    let number = 0;
    for await (const line of readLines(join(this.#directory, file))) {
      number += 1;
      const text = line.bytes.toString('latin1');
      const record = line.whole ? parseRecord(text, this.opening?.chain) : undefined;
      const at = { file, line: number, offset: line.offset };
      if (record === undefined) {
        const strange = line.whole ? { file, line: number, why: 'not an audit record' } : undefined;
        return { from: this.#links.unsettled ?? at, strange };
      }
      const broken = this.#checkRecord({ record, text, ...at });
      if (broken !== undefined) return broken;
    }
    return undefined;
  }

  #checkRecord(place: Place): Broken | undefined {
    const { record, file, line } = place;
    const broken = this.#last === undefined ? this.#checkOpening(place) : this.#checkPlace(place, this.#last);
    if (broken !== undefined) return broken;
    const unlinked = this.#links.check(place);
    if (unlinked !== undefined) return unlinked;
    const hash = hashLine(place.text);
    const denied = this.#pins.find(
      (pin) => pin.seq === record.seq && (pin.hash !== hash || pin.chain !== record.chain),
    );
    if (denied !== undefined) return { file, line, why: `${denied.by} names another record at this place` };
    if (this.#links.unsettled === undefined) {
      const end = this.#endedAfter(this.#settled?.record.seq);
      if (end !== undefined) return { file, line, why: `${end.by} saw the chain end before this record` };
      this.#settled = { record, count: this.#records + 1 };
    }
    this.#last = place;
    this.#records += 1;
    return undefined;
  }

  #checkPlace({ record, file, line }: Place, last: Place): Broken | undefined {
    if (record.chain !== this.chain) return { file, line, why: `a record of chain ${record.chain}` };
    if (record.seq !== last.record.seq + 1) {
      const why = `record ${record.seq} follows record ${last.record.seq}: a record was deleted, inserted or moved`;
      return { file, line, why };
    }
    return last.record.kind === 'close' ? { file, line, why: 'a record behind the closing record' } : undefined;
  }

  #checkOpening({ record, file, line }: Place): Broken | undefined {
    const { kind, seq, chain, predecessor, mac } = record;
    if (kind !== 'open' || seq !== 1) return { file, line, why: 'the chain does not begin with its opening record' };
    if (chainNumber(chain) !== this.#number) return { file, line, why: `a record of chain ${chain}` };
    if (mac === undefined && this.#number >= this.#rule.since) {
      return { file, line, why: `the chain has no MACs, and all chains from ${this.#rule.since} on have them` };
    }
    this.opening = record;
    if (mac !== undefined) {
      this.#links = linksByMac(this.#rule.key);
      return undefined;
    }
    if (this.#number > 1 && chainNumber(predecessor?.chain ?? '') !== this.#number - 1) {
      return { file, line, why: 'the opening record does not name the chain before it' };
    }
    return undefined;
  }

  /** Who says that the chain ended with this record. */
  #endedAfter(seq: number | undefined): Pin | undefined {
    return this.#pins.find((pin) => pin.torn !== undefined && pin.seq === seq);
  }

  /** Whether a record says that so many bytes follow the last whole write. */
  #excuses(bytes: number): boolean {
    return this.#pins.some((pin) => pin.seq === this.#settled?.record.seq && pin.torn === bytes);
  }

  #checkEnd(): Broken | undefined {
    const seq = this.#settled?.record.seq;
    if (seq === undefined) return { file: fileName(this.#number, 1), line: 0, why: 'the file holds no record' };
    const beyond = this.#pins.find((pin) => pin.seq > seq);
    if (beyond !== undefined) return this.#afterLast(`cut off: ${beyond.by} saw record ${beyond.seq}`);
    this.#ended = this.#endedAfter(seq) !== undefined;
    return undefined;
  }

  #afterLast(why: string): Broken {
    return { file: this.#last?.file ?? fileName(this.#number, 1), line: this.#last?.line ?? 0, why };
  }
}

interface Behind {
  readonly from: { readonly file: string; readonly line: number; readonly offset: number };
  /** A whole line that is no record. */
  readonly strange: Broken | undefined;
}
