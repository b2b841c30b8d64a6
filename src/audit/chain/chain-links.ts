/**
 * Whether each record follows the one before it, by the rule of its chain: MACs, or hashes in chains of before there
 * were any.
 */
import type { KeyObject } from 'node:crypto';
import { hashLine, linkOf, macAt, macOf, noHash, noMac } from './chain.ts';
import type { AuditRecord } from '#audit/entry';

export interface Broken {
  readonly file: string;
  /** Counted from 1; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly why: string;
}

/** A record, its line and where that stands. */
export interface Place {
  readonly record: AuditRecord;
  readonly text: string;
  readonly file: string;
  readonly line: number;
  /** Bytes before the line in its file. */
  readonly offset: number;
}

export interface Links {
  /** Broken at this record, or at one before it. */
  check(place: Place): Broken | undefined;
  /** The first record of a write whose last is still to come. */
  readonly unsettled: Place | undefined;
}

/** @param key without it only the links within a write can be checked. */
export function linksByMac(key: KeyObject | undefined): Links {
  let mac = noMac;
  let first: Place | undefined;
  let before: Place | undefined;

  function checkMac(place: Place, begun: Place): Broken | undefined {
    const found = macAt(place.text);
    if (found === undefined) return undefined;
    const isRight = key === undefined || macOf(key, mac, found.text) === found.mac;
    mac = found.mac;
    if (isRight) return undefined;
    const { file, line } = begun;
    if (begun === place) return { file, line, why: 'changed: its MAC does not match' };
    return {
      file,
      line,
      why: `changed: this record or one up to line ${place.line}: the MAC of that line does not match`,
    };
  }

  return {
    check(place) {
      const { prev } = place.record;
      if (before === undefined && prev !== undefined) {
        return {
          file: place.file,
          line: place.line,
          why: 'changed, inserted or moved: it begins a write, and names a record before it',
        };
      }
      if (before !== undefined && prev !== linkOf(before.text)) {
        return { file: before.file, line: before.line, why: 'changed: the link of the record after it does not match' };
      }
      const begun = (first ??= place);
      before = place;
      if (place.record.mac === undefined) return undefined;
      first = before = undefined;
      return checkMac(place, begun);
    },
    get unsettled() {
      return first;
    },
  };
}

/** Of an old chain: `prev` is the SHA-256 of the line before. */
export function linksByHash(): Links {
  let last: Place | undefined;
  return {
    check(place) {
      const before = last;
      last = place;
      const { prev, predecessor } = place.record;
      if (before === undefined) {
        if (prev === (predecessor?.hash ?? noHash)) return undefined;
        return {
          file: place.file,
          line: place.line,
          why: 'changed: its link does not match the end of the chain before it',
        };
      }
      if (prev === hashLine(before.text)) return undefined;
      return { file: before.file, line: before.line, why: 'changed: the link of the record after it does not match' };
    },
    unsettled: undefined,
  };
}
