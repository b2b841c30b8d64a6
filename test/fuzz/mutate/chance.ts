/** Numbers that look random and are the same for the same seed: whatever a run does can be done again. */

export interface Chance {
  /** From 0 up to, and without, the bound. */
  below(bound: number): number;
  /** True once in so many times. */
  oneIn(times: number): boolean;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** @param seed any numbers; all of them count. */
export function chanceOf(...seed: readonly number[]): Chance {
  let state = seed.reduce((mixed, part) => mix(mixed ^ mix(part >>> 0)), 0x9e3779b9);
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mix(state);
  };
  const below = (bound: number): number => Math.floor((next() / 2 ** 32) * bound);
  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick: (list) => list[below(list.length)] as never,
    bytes(length) {
      const bytes = Buffer.alloc(length);
      for (let at = 0; at < length; at++) bytes[at] = next() & 0xff;
      return bytes;
    },
  };
}

/** Mulberry32's step: every bit of the number reaches every bit of the result. */
function mix(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 15), number | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
