import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { identifiers } from '#server/run/identifier';

const now = Date.UTC(2026, 0, 1);

describe('identifiers', () => {
  it('are UUIDs of version 7', () => {
    const id = identifiers(randomBytes)(now);
    expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(parseInt(id.replaceAll('-', '').slice(0, 12), 16)).to.equal(now);
  });

  it('rise, however many one millisecond makes, and when the clock steps back', () => {
    const make = identifiers(randomBytes);
    const made = [...Array.from({ length: 5000 }, () => make(now)), make(now - 60_000), make(now + 1000)];
    expect(made.toSorted()).to.deep.equal(made);
    expect(new Set(made).size).to.equal(made.length);
  });
});
