/** Results by family of cases and by folder, for people. */
import type { CaseResult } from './run.ts';

export interface Row {
  readonly family: string;
  readonly folder: string;
  readonly passed: number;
  readonly failed: number;
}

/** In the order in which families and folders were first seen, family by family. */
export function summarize(results: readonly CaseResult[]): Row[] {
  const families = grouped(results, ({ file }) => file.family);
  return [...families].flatMap(([family, ofFamily]) =>
    [...grouped(ofFamily, ({ file }) => file.folder)].map(([folder, each]) => {
      const failed = each.filter(({ failure }) => failure !== undefined).length;
      return { family, folder, passed: each.length - failed, failed };
    }),
  );
}

/** One line: the case, and if it failed where and how. */
export function resultLine({ file, exchanges, failure }: CaseResult): string {
  const name = file.folder === '' ? file.name : `${file.folder}/${file.name}`;
  if (failure === undefined) return `pass ${name} (${exchanges})`;
  return `FAIL ${name}, line ${failure.line}: ${failure.reason}`;
}

/** What a program reads: one entry a case. */
export const resultRecord = ({ file, exchanges, passedExchanges, milliseconds, failure }: CaseResult) => ({
  case: file.name,
  folder: file.folder,
  family: file.family,
  passed: failure === undefined,
  exchanges,
  passedExchanges,
  milliseconds,
  ...(failure === undefined ? {} : { failure }),
});

function grouped<T>(list: readonly T[], keyOf: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of list) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return groups;
}
