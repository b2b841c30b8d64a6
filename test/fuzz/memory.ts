/**
 * Whether a server's memory grows: what it holds after collection, once caches are filled, against what it holds later.
 */
import type { Memory } from './server.ts';

export interface MemoryWatch {
  /** Why it is too much, if it is. */
  look(): Promise<string | undefined>;
  said(): string;
}

const mebibyte = 1024 ** 2;
/** What may be added after the warm-up, in the heap and beside it, and in the process as a whole. */
const growth = { held: 96 * mebibyte, resident: 512 * mebibyte };
/** It is too much only when it stays: so many looks in a row. */
const inARow = 3;

/** @param time milliseconds of the run, of which a third is warm-up: caches fill, code is compiled. */
export function watchMemory(ask: () => Promise<Memory>, time: number): MemoryWatch {
  const warm = Date.now() + time / 3;
  const looks: { readonly held: number; readonly resident: number }[] = [];
  let base: { held: number; resident: number } | undefined;
  return {
    async look() {
      const { heap, outside, resident } = await ask();
      looks.push({ held: heap + outside, resident });
      if (Date.now() < warm || base === undefined) {
        const before = looks.slice(-inARow);
        base = {
          held: Math.max(...before.map(({ held }) => held)),
          resident: Math.max(...before.map((each) => each.resident)),
        };
        return undefined;
      }
      const last = looks.slice(-inARow);
      for (const what of ['held', 'resident'] as const) {
        const least = Math.min(...last.map((look) => look[what]));
        if (last.length === inARow && least - base[what] > growth[what]) {
          return `memory grows: ${what} ${inMebibytes(base[what])} MiB after the warm-up, now ${inMebibytes(least)} MiB`;
        }
      }
      return undefined;
    },
    said() {
      const last = looks.at(-1);
      return last === undefined ? '' : `${inMebibytes(last.held)} MiB held, ${inMebibytes(last.resident)} MiB resident`;
    },
  };
}

const inMebibytes = (bytes: number): number => Math.round(bytes / mebibyte);
