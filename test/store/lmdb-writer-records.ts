/** What the writer process puts and the tests expect: from 0 to 40 KB that depend on the identifier alone. */
export function bodyOf(id: string): Buffer {
  const seed = [...id].reduce((sum, letter) => (sum * 33 + letter.charCodeAt(0)) % 40_000, 7);
  return Buffer.alloc(seed, `${id} `);
}

/** What the writer tells its parent after each commit. */
export interface Acknowledged {
  readonly id: string;
  readonly milliseconds: number;
}

export interface Failed {
  readonly id: string;
  readonly failure: string;
}
