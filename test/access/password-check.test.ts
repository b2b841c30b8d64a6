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
    check = createPasswordCheck(clock, (password, known) => {
      compared.push(password);
      return Promise.resolve(known?.hash === password);
    });
  });

  const give = (password: string, { client = 'a', source = '10.0.0.1', known = credential } = {}) => {
    const result: { attempt?: Attempt } = {};
    void check({ client, source, username: 'user', password, credential: known }).then((attempt) => {
      result.attempt = attempt;
    });
    return result;
  };
  const guesses = (count: number, of: { client?: string; source?: string } = {}) =>
    Array.from({ length: count }, (_, place) => give(`guess ${of.source ?? ''}${place}`, of));
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

  it('lets five guesses pass, then waits twice as long before each, ten seconds at most', async () => {
    const results = guesses(13);
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

  it('gives a right password its turn while another address guesses without end', async () => {
    guesses(30, { source: '10.0.0.66' });
    await clock.pass(60_000);
    const right = give('right');
    await clock.pass(20_000);
    expect(right.attempt).to.equal('valid');
  });

  it('holds up no other client', async () => {
    guesses(30);
    await clock.pass(0);
    const other = give('right', { client: 'b' });
    await clock.pass(0);
    expect(other.attempt).to.equal('valid');
  });

  it('forgives one failure a minute', async () => {
    guesses(6);
    await clock.pass(1000);
    await clock.pass(6 * 60_000);
    const before = compared.length;
    guesses(4, { source: 'later' });
    await clock.pass(0);
    expect(compared).to.have.length(before + 4);
  });

  it('bounds what waits, by address and by client', async () => {
    const first = guesses(50, { source: 'one' });
    await clock.pass(0);
    expect(attempts(first).filter((each) => each === 'limited')).to.have.length(50 - 33);
    for (let address = 0; address < 20; address++) guesses(20, { source: `address ${address}` });
    const right = give('right', { source: 'the last' });
    await clock.pass(0);
    expect(right.attempt).to.equal('limited');
    const again = give('right', { client: 'b', source: 'the last' });
    await clock.pass(0);
    expect(again.attempt).to.equal('valid');
  });

  it('goes on after a check that threw', async () => {
    let throws = true;
    const failing = createPasswordCheck(clock, () =>
      throws ? Promise.reject(new Error('out of memory')) : Promise.resolve(true),
    );
    const presented = { client: 'a', source: '', username: 'user', password: 'right', credential };
    const error = await failing(presented).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(Error);
    throws = false;
    expect(await failing(presented)).to.equal('valid');
  });
});
