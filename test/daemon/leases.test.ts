/** Several servers on one store, and jobs that one of them is to run. */
import { expect } from 'chai';
import { createLeases, type Leases } from '#daemon/leases';
import type { Job } from '#scheduler';
import type { Store } from '#store/store';
import { storeFixture, type StoreFixture } from '#test/access/fixture';

const minute = 60_000;
const job: Job = { name: 'tidy up', where: 'one', interval: minute, run: () => undefined };

describe('a job of one server', () => {
  let place: StoreFixture;
  let stores: readonly [Store, Store];
  let now: number;
  let one: Leases;
  let other: Leases;

  beforeEach(async () => {
    place = storeFixture();
    stores = [await place.open(), await place.open()];
    now = Date.UTC(2026, 0, 1);
    one = createLeases(stores[0], () => now);
    other = createLeases(stores[1], () => now);
  });
  afterEach(() => place.remove());

  it('is run by the one that came first, as long as it comes again', async () => {
    for (let times = 0; times < 5; times++) {
      expect(await one.isChosen(job)).to.equal(true);
      now += minute / 2;
      expect(await other.isChosen(job)).to.equal(false);
      now += minute / 2;
    }
  });

  it('is run by one alone of two that come at once', async () => {
    const chosen = await Promise.all([one.isChosen(job), other.isChosen(job)]);
    expect(chosen.filter((each) => each)).to.have.length(1);
  });

  it('goes to another when the server that had it is gone', async () => {
    await one.isChosen(job);
    now += 1.5 * minute;
    expect(await other.isChosen(job)).to.equal(true);
    expect(await one.isChosen(job)).to.equal(false);
  });

  it('goes to another at once when the server ends in order', async () => {
    await one.isChosen(job);
    await one.giveBack();
    expect(await other.isChosen(job)).to.equal(true);
    // What it no longer has it cannot give back.
    await one.giveBack();
    expect(await one.isChosen(job)).to.equal(false);
  });

  it('is not lost when the clock of a server was far ahead', async () => {
    now += 1000 * minute;
    await one.isChosen(job);
    now -= 1000 * minute;
    expect(await other.isChosen(job)).to.equal(true);
  });

  it('says nothing about other jobs', async () => {
    await one.isChosen(job);
    expect(await other.isChosen({ ...job, name: 'another' })).to.equal(true);
  });
});
