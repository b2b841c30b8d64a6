/**
 * What a real client makes of the server. Its program goes through themes, each on its own, and writes a JSON line on
 * each: the name, and the facts or the error. A test is a theme and the facts that are to be seen.
 */
import { expect } from 'chai';

export interface Line {
  readonly theme: string;
  readonly facts?: unknown;
  /** Why it came to no facts. */
  readonly error?: string;
}

export interface Theme {
  /** What the client does, the end of a sentence. */
  readonly test: string;
  readonly facts: unknown;
  /** Where 2.0 has others. */
  readonly facts2?: unknown;
  readonly since?: string;
}

/** What cannot pass, why, and how it fails. A theme that passes has to leave the list. */
export interface Unmet {
  readonly theme: string;
  /** Every version when absent. */
  readonly version?: string;
  readonly why: string;
  readonly error: RegExp;
}

export const linesOf = (output: string): readonly Line[] =>
  output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

/** Declares the tests of one run of a program, whose lines are there once they begin. */
export function expectThemes(
  themes: Readonly<Record<string, Theme>>,
  unmet: readonly Unmet[],
  lines: () => readonly Line[],
  version = '',
): void {
  for (const [name, { test, facts, facts2, since }] of Object.entries(themes)) {
    if (since !== undefined && version < since) continue;
    const line = () => lines().find(({ theme }) => theme === name);
    const gap = unmet.find((each) => each.theme === name && (each.version ?? version) === version);
    if (gap === undefined) {
      it(test, () => {
        expect(line()?.error).to.equal(undefined);
        expect(line()?.facts).to.deep.equal((version >= '2.0' ? facts2 : undefined) ?? facts);
      });
    } else {
      it(`does not yet: ${test}: ${gap.why}`, () => {
        expect(line()?.error).to.match(gap.error);
      });
    }
  }
}
