import { dayMs } from './certificate.ts';

/**
 * When operators are warned that a certificate ends. The last row that is reached counts: the nearer, the more urgent.
 */
const expiryWarnings = [
  { days: 90, level: 'info' },
  { days: 30, level: 'warn' },
  { days: 7, level: 'warn' },
  { days: 1, level: 'error' },
] as const;
export type ExpiryWarning = (typeof expiryWarnings)[number];

/** Whole days until the end; 0 on the last day, negative after it. */
export function daysLeft(notAfter: Date, now: Date): number {
  return Math.floor((notAfter.getTime() - now.getTime()) / dayMs);
}

/**
 * The row that holds now, undefined while the end is more than 90 days away. An expired certificate stays in the last.
 */
export function expiryWarning(notAfter: Date, now: Date): ExpiryWarning | undefined {
  const left = notAfter.getTime() - now.getTime();
  return expiryWarnings.findLast(({ days }) => left <= days * dayMs);
}
