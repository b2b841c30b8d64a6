import { expect } from 'chai';

import { daysLeft, expiryWarning } from '#certs/expiry';

const end = new Date('2026-06-30T12:00:00Z');

describe('the end of a certificate', () => {
  for (const [now, days, row] of [
    ['2026-03-01T12:00:00Z', 121, undefined],
    ['2026-04-01T11:59:59Z', 90, undefined],
    ['2026-04-01T12:00:00Z', 90, 90],
    ['2026-05-31T11:00:00Z', 30, 90],
    ['2026-05-31T12:00:00Z', 30, 30],
    ['2026-06-23T12:00:00Z', 7, 7],
    ['2026-06-29T11:59:59Z', 1, 7],
    ['2026-06-29T12:00:00Z', 1, 1],
    ['2026-06-30T11:59:59Z', 0, 1],
    ['2026-06-30T12:00:01Z', -1, 1],
    ['2027-06-30T12:00:00Z', -365, 1],
  ] as const) {
    it(`is ${days} days away at ${now}, reported as the ${row ?? 'no'} day warning`, () => {
      expect(daysLeft(end, new Date(now))).to.equal(days);
      expect(expiryWarning(end, new Date(now))?.days).to.equal(row);
    });
  }
});
