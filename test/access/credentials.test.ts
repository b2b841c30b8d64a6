import { expect } from 'chai';

import { makeCredential, passwordMatches } from '#access/credentials';
import type { Credential } from '#access/client-record';
import { OperatorError } from '#operator-error';
import { bestOf, elapsed } from '#test/fixtures/timing';

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
    /** The least of three. */
    const measured = (known?: Credential) =>
      bestOf(0, () => elapsed(async () => expect(await passwordMatches('another horse', known)).to.equal(false)));
    const wrong = await measured(credential);
    const nobody = await measured();
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
      expect(error).to.be.instanceOf(OperatorError);
    }
  });
});
