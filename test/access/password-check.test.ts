/** The pace of password checks, with a clock that the test moves and a comparison that it counts. */
import { expect } from 'chai';

import { createPasswordCheck, type Attempt, type PaceClock, type PasswordCheck } from '#access/password-check';
import type { Credential } from '#access/client-record';

const credential: Credential = { username: 'user', salt: 'salt', hash: 'right', cost: { N: 2, r: 1, p: 1 } };

interface Manual extends PaceClock {
  /** Lets so much time go by, and whatever was to happen in it. */
  pass(milliseconds: number): Promise<void>;
}

function manualClock(): Manual {
  let time = 0;
  let calls: { readonly at: number; readonly call: () => void }[] = [];
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => time,
    later: (call, milliseconds) => void calls.push({ at: time + milliseconds, call }),
    async pass(milliseconds) {
      const until = time + milliseconds;
      for (;;) {
        await settled();
        const [next] = calls.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        calls = calls.filter((each) => each !== next);
        time = Math.max(time, next.at);
        next.call();
      }
      time = until;
      await settled();
    },
  };
}

describe('the pace of password checks', () => {
  let clock: Manual;
  let check: PasswordCheck;
  /** What was compared, in turn. */
  let compared: string[];
  beforeEach(() => {
    clock = manualClock();
    compared = [];
    sessions.clear();
    check = createPasswordCheck(clock, (password, known) => {
      compared.push(password);
      return Promise.resolve(known?.hash === password);
    });
  });

  const sessions = new Map<string, object>();
  const give = (password: string, { client = 'a', session = 'one', known = credential } = {}) => {
    const result: { attempt?: Attempt } = {};
    const object = sessions.get(session) ?? {};
    sessions.set(session, object);
    void check({ client, session: object, username: 'user', password, credential: known }).then((attempt) => {
      result.attempt = attempt;
    });
    return result;
  };
  /** All of one session, or each of one of its own. */
  const guesses = (count: number, session?: string) =>
    Array.from({ length: count }, (_, place) => {
      const own = session ?? `guesser ${place}`;
      return give(`guess ${own} ${place}`, { session: own });
    });
  const attempts = (results: readonly { attempt?: Attempt }[]) => results.map(({ attempt }) => attempt);

  it('compares once for all who give the same credential at the same time', async () => {
    const results = Array.from({ length: 60 }, () => give('right'));
    await clock.pass(0);
    expect(attempts(results)).to.deep.equal(Array(60).fill('valid'));
    expect(compared).to.deep.equal(['right']);
  });

  it('remembers what was right, until the credential changes', async () => {
    give('right');
    await clock.pass(0);
    const again = give('right');
    const changed = give('right', { known: { ...credential, hash: 'other', salt: 'new' } });
    await clock.pass(0);
    expect(attempts([again, changed])).to.deep.equal(['valid', 'wrong']);
    expect(compared).to.have.length(2);
  });

  it('answers the same wrong password again without a check, so that it slows nobody down', async () => {
    for (let i = 0; i < 100; i++) {
      give('wrong');
      await clock.pass(0);
    }
    const right = give('right');
    await clock.pass(0);
    expect(right.attempt).to.equal('valid');
    expect(compared).to.deep.equal(['wrong', 'right']);
  });

  it('lets five guesses of a session pass, then waits twice as long before each, ten seconds at most', async () => {
    const results = guesses(13, 'one');
    await clock.pass(0);
    expect(compared).to.have.length(5);
    for (const pause of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      const before = compared.length;
      await clock.pass(pause - 1);
      expect(compared).to.have.length(before);
      await clock.pass(1);
      expect(compared).to.have.length(before + 1);
    }
    expect(new Set(attempts(results))).to.deep.equal(new Set(['wrong']));
  });

  it('checks a right password at once while another session guesses without end', async () => {
    guesses(40, 'guesser');
    await clock.pass(0);
    const right = give('right', { session: 'new' });
    await clock.pass(0);
    expect(right.attempt).to.equal('valid');
  });

  it('lets forty sessions that guess at once delay a right one by their checks alone', async () => {
    guesses(40);
    const right = give('right', { session: 'new' });
    await clock.pass(0);
    expect(right.attempt).to.equal('valid');
  });

  it('lets a client guess once a second, however many sessions it opens', async () => {
    guesses(300);
    await clock.pass(0);
    expect(compared).to.have.length(100);
    await clock.pass(10_000);
    expect(compared.length).to.be.within(108, 112);
    const right = give('right', { session: 'new' });
    await clock.pass(0);
    expect(right.attempt).to.equal(undefined);
  });

  it('holds up no other client', async () => {
    guesses(300);
    await clock.pass(0);
    const other = give('right', { client: 'b', session: 'other' });
    await clock.pass(0);
    expect(other.attempt).to.equal('valid');
  });

  it('forgives a client one failure in ten seconds', async () => {
    guesses(100);
    await clock.pass(0);
    await clock.pass(200_000);
    const before = compared.length;
    for (let i = 0; i < 30; i++) give(`later ${i}`, { session: `later ${i}` });
    await clock.pass(0);
    expect(compared.length - before).to.be.within(19, 21);
  });

  it('bounds what waits of a client, and of no other', async () => {
    const results = guesses(1200);
    await clock.pass(0);
    expect(attempts(results).filter((each) => each === 'limited')).to.have.length(1200 - 1001);
    const again = give('right', { client: 'b', session: 'other' });
    await clock.pass(0);
    expect(again.attempt).to.equal('valid');
  });

  it('goes on after a check that threw', async () => {
    let throws = true;
    const failing = createPasswordCheck(clock, () =>
      throws ? Promise.reject(new Error('out of memory')) : Promise.resolve(true),
    );
    const presented = { client: 'a', session: {}, username: 'user', password: 'right', credential };
    const error = await failing(presented).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(Error);
    throws = false;
    expect(await failing(presented)).to.equal('valid');
  });
});
