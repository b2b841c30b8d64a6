import { expect } from 'chai';

import { createAttemptLimiter, makeCredential, passwordMatches } from '#access/credentials';
import { AccessError } from '#access/access-error';

describe('a credential', () => {
  it('matches its own password and no other', async () => {
    const credential = await makeCredential('backup', 'correct horse');
    expect(await passwordMatches('correct horse', credential)).to.equal(true);
    expect(await passwordMatches('correct horsf', credential)).to.equal(false);
    expect(await passwordMatches('', credential)).to.equal(false);
    expect(await passwordMatches('x'.repeat(1001), credential)).to.equal(false);
  });

  it('keeps neither the password nor the same hash twice', async () => {
    const [one, other] = [await makeCredential('a', 'correct horse'), await makeCredential('b', 'correct horse')];
    expect(JSON.stringify(one)).to.not.include('correct');
    expect(one.hash).to.not.equal(other.hash);
  });

  it('takes as long for a user name that nobody has', async () => {
    const credential = await makeCredential('backup', 'correct horse');
    const measured = async (check: () => Promise<boolean>) => {
      const start = process.hrtime.bigint();
      expect(await check()).to.equal(false);
      return Number(process.hrtime.bigint() - start);
    };
    const wrong = await measured(() => passwordMatches('another horse', credential));
    const nobody = await measured(() => passwordMatches('another horse', undefined));
    expect(nobody).to.be.above(wrong / 5);
  });

  it('refuses user names and passwords outside their bounds', async () => {
    for (const [username, password] of [
      ['', 'long enough'],
      ['x'.repeat(1001), 'long enough'],
      ['backup', 'short'],
      ['backup', 'x'.repeat(1001)],
    ] as const) {
      const error = await makeCredential(username, password).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(AccessError);
    }
  });
});

describe('the limit on attempts', () => {
  let now = 0;
  const right = () => Promise.resolve(true);
  const wrong = () => Promise.resolve(false);
  const never = () => Promise.reject(new Error('must not be reached'));

  async function fail(attempt: ReturnType<typeof createAttemptLimiter>, client: string, times: number) {
    for (let i = 0; i < times; i++) expect(await attempt(client, wrong)).to.equal('wrong');
  }

  it('lets five failures pass, then pauses twice as long after each', async () => {
    const attempt = createAttemptLimiter(() => now);
    await fail(attempt, 'a', 5);
    for (const pause of [1000, 2000, 4000]) {
      now += pause - 1;
      expect(await attempt('a', never)).to.equal('limited');
      now += 1;
      expect(await attempt('a', wrong)).to.equal('wrong');
    }
  });

  it('never pauses longer than a minute', async () => {
    const attempt = createAttemptLimiter(() => now);
    for (let i = 0; i < 40; i++) {
      await attempt('a', wrong);
      now += 60_000;
    }
    expect(await attempt('a', right)).to.equal('valid');
  });

  it('starts anew after a success', async () => {
    const attempt = createAttemptLimiter(() => now);
    await fail(attempt, 'a', 4);
    expect(await attempt('a', right)).to.equal('valid');
    await fail(attempt, 'a', 5);
  });

  it('holds up nobody but the client that fails', async () => {
    const attempt = createAttemptLimiter(() => now);
    await fail(attempt, 'a', 5);
    expect(await attempt('a', never)).to.equal('limited');
    expect(await attempt('b', right)).to.equal('valid');
  });

  it('counts attempts made at the same time', async () => {
    const attempt = createAttemptLimiter(() => now);
    const results = await Promise.all(Array.from({ length: 100 }, () => attempt('a', wrong)));
    expect(results.filter((result) => result === 'wrong')).to.have.length(5);
    expect(results.filter((result) => result === 'limited')).to.have.length(95);
  });

  it('goes on after a check that threw', async () => {
    const attempt = createAttemptLimiter(() => now);
    const error = await attempt('a', never).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(Error);
    expect(await attempt('a', right)).to.equal('valid');
  });
});
