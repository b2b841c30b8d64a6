/** What goes between the server under test and who watches it. */

export type Question = 'pause' | 'memory';
export type Said =
  | { readonly held: number; readonly at: number }
  | { readonly pause: number }
  | { readonly heap: number; readonly outside: number; readonly resident: number };

/** Milliseconds that the event loop may be held. */
export const longestPause = 50;
