import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { createScheduler, type Scheduler } from '#scheduler';

describe('the scheduler', () => {
  let logged: string[];
  let scheduler: Scheduler;

  beforeEach(() => {
    logged = [];
    scheduler = createScheduler({
      log: { warn: (message, details) => logged.push(message + JSON.stringify(details)) },
    });
  });
  afterEach(() => scheduler.stop());

  /** A promise that is resolved from outside. */
  function gate(): { readonly opened: Promise<void>; open(): void } {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { opened, open: () => open() };
  }

  it('runs a job again and again, until it is stopped', async () => {
    const thrice = gate();
    let runs = 0;
    const stop = scheduler.schedule({ name: 'count', interval: 1, run: () => void (++runs === 3 && thrice.open()) });
    await thrice.opened;
    await stop();
    const stopped = runs;
    await pause(20);
    expect(runs).to.equal(stopped);
  });

  it('waits for the first interval, unless the job is to run at once', async () => {
    const ran: string[] = [];
    const first = gate();
    scheduler.schedule({ name: 'later', interval: 3_600_000, run: () => void ran.push('later') });
    scheduler.schedule({
      ...{ name: 'now', interval: 3_600_000, atOnce: true },
      run() {
        ran.push('now');
        first.open();
      },
    });
    await first.opened;
    expect(ran).to.deep.equal(['now']);
  });

  it('never runs a job twice at once', async () => {
    const end = gate();
    let [at, most, runs] = [0, 0, 0];
    scheduler.schedule({
      ...{ name: 'slow', interval: 1 },
      async run() {
        most = Math.max(most, ++at);
        runs++;
        await end.opened;
        at--;
      },
    });
    await pause(30);
    expect(runs).to.equal(1);
    end.open();
    await scheduler.stop();
    expect(most).to.equal(1);
  });

  it('stops when the run under way has ended, which hears of it', async () => {
    const begun = gate();
    let ended = false;
    scheduler.schedule({
      ...{ name: 'long', interval: 1 },
      async run(signal) {
        begun.open();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await pause(5);
        ended = true;
      },
    });
    await begun.opened;
    await scheduler.stop();
    expect(ended).to.equal(true);
  });

  it('logs a failure with the name of the job, once until it changes or is over', async () => {
    const results = ['disk', 'disk', 'network', '', 'network'];
    const all = gate();
    scheduler.schedule({
      ...{ name: 'look at the disk', interval: 1 },
      async run() {
        const failure = results.shift();
        if (failure === undefined) return all.open();
        if (failure !== '') throw new Error(failure);
      },
    });
    await all.opened;
    expect(logged).to.have.length(3);
    for (const line of logged) expect(line).to.match(/^job failed: look at the disk/);
  });

  it('runs a job of one server only where that server was chosen, and not when nobody can tell', async () => {
    const answers = [true, false, 'trouble', true];
    const all = gate();
    const lines: string[] = [];
    const chosen = createScheduler({
      log: { warn: (message) => lines.push(message) },
      async isChosen() {
        const answer = answers.shift();
        if (answer === undefined) all.open();
        if (answer === 'trouble') throw new Error('the store is gone');
        return answer === true;
      },
    });
    let [one, each] = [0, 0];
    chosen.schedule({ name: 'one', where: 'one', interval: 1, run: () => void one++ });
    chosen.schedule({ name: 'each', interval: 1, run: () => void each++ });
    await all.opened;
    await chosen.stop();
    expect(one).to.equal(2);
    expect(each).to.be.greaterThan(0);
    expect(lines).to.deep.equal(['job failed: one']);
  });

  it('tells who watches how each run ended', async () => {
    const seen: unknown[] = [];
    const onJob = (message: unknown): void => void seen.push(message);
    subscribe('kmipd:job', onJob);
    try {
      const run = gate();
      scheduler.schedule({ name: 'watched', interval: 3_600_000, atOnce: true, run: () => run.open() });
      await run.opened;
      await scheduler.stop();
      expect(seen).to.have.length(1);
      expect(seen[0]).to.include({ job: 'watched', outcome: 'done' });
    } finally {
      unsubscribe('kmipd:job', onJob);
    }
  });
});
