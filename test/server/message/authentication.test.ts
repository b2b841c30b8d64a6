/** `credential-beside-certificate` of CLIENTS.md, over real client records. */
import { expect } from 'chai';

import { openClients, type Holdings } from '#access/clients';
import { makeCredential } from '#access/credentials';
import { openDirectory, type Directory } from '#access/directory';
import { createLog } from '#log';
import { storeFixture, type StoreFixture } from '#test/access/fixture';
import type { Item } from '#ttlv/item';

import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, enumerated, request, struct, text, value, item } from '#test/fixtures/items';
import { elapsed } from '#test/fixtures/timing';

const [discoverVersions, destroy] = [0x1e, 0x14];
const [success, failed] = [0, 1];
const authenticationNotSuccessful = 3;

describe('credential-beside-certificate', () => {
  let records: StoreFixture;
  let directory: Directory;
  let fixture: Fixture;
  let [own, other, fresh, strict, late, short] = ['', '', '', '', '', ''];
  let revoke: (name: string) => Promise<unknown>;
  let checks = 0;

  before(async () => {
    records = storeFixture();
    const store = await records.open();
    const clients = openClients({ store, now: Date.now });
    const add = async (name: string, more: Holdings = {}) => {
      const credentials = [await makeCredential(`${name}-user`, `${name} password`)];
      return (await clients.add(name, { credentials, ...more })).id;
    };
    [own, other] = [await add('own'), await add('other')];
    [late, short] = [await add('late'), await add('short')];
    revoke = clients.revoke;
    [fresh, strict] = [await add('fresh'), await add('strict', { passwordRequired: true })];
    directory = await openDirectory({ store, now: Date.now, log: createLog({ level: 'error', format: 'text' }) });
    fixture = await openFixture({
      credentials: {
        checkCredential(...args) {
          checks++;
          return directory.checkCredential(...args);
        },
        demandsCredential: (clientId) => directory.demandsCredential(clientId),
      },
    });
  });
  after(async () => {
    await fixture.close();
    directory.close();
    await records.remove();
  });
  beforeEach(() => {
    checks = 0;
  });

  const credential = (username: string, password: string) =>
    struct(
      'Credential',
      enumerated('CredentialType', 'UsernameAndPassword'),
      struct('CredentialValue', text('Username', username), text('Password', password)),
    );
  const asking = (...credentials: Item[]) =>
    request('1.4', [item(discoverVersions, [], '01 02'), item(discoverVersions, [], '03 04')], {
      before: [struct('Authentication', ...credentials)],
    });
  const valid = () => asking(credential('own-user', 'own password'));
  const statuses = (answer: Item) => all(answer, 'BatchItem').map((item) => value(item, 'ResultStatus'));

  it('serves a request with a certificate alone', async () => {
    const answer = await fixture.exchange(request('1.4', [item(discoverVersions, [])]), fixture.session(own));
    expect(statuses(answer)).to.deep.equal([success]);
    expect(checks).to.equal(0);
  });

  it('accepts what names the client of the certificate, with one costly check for all connections', async () => {
    const took: number[] = [];
    const asked = async () =>
      expect(statuses(await fixture.exchange(valid(), fixture.session(own)))).to.deep.equal([success, success]);
    for (let i = 0; i < 6; i++) took.push(await elapsed(asked));
    expect(checks).to.equal(6);
    const [first = 0, ...later] = took;
    expect(Math.min(...later)).to.be.below(first / 3);
  });

  it('refuses a wrong password on a connection that was accepted before', async () => {
    const session = fixture.session(own);
    await fixture.exchange(valid(), session);
    const wrong = asking(credential('own-user', 'wrong password'));
    expect(statuses(await fixture.exchange(wrong, session))).to.deep.equal([failed, failed]);
    expect(statuses(await fixture.exchange(valid(), session))).to.deep.equal([success, success]);
  });

  it('fails the whole request alike for a wrong password, an unknown user and the user of another client', async () => {
    const answers: Item[] = [];
    for (const wrong of [
      credential('own-user', 'wrong password'),
      credential('nobody', 'own password'),
      credential('other-user', 'other password'),
    ]) {
      const answer = await fixture.exchange(asking(wrong), fixture.session(own));
      expect(statuses(answer)).to.deep.equal([failed, failed]);
      answers.push(answer);
    }
    expect(answers[1]).to.deep.equal(answers[0]);
    expect(answers[2]).to.deep.equal(answers[0]);
    const [first] = all(answers[0] as Item, 'BatchItem');
    expect(value(first as Item, 'ResultReason')).to.equal(authenticationNotSuccessful);
    expect(value(first as Item, 'Operation')).to.equal(discoverVersions);
    expect(value(first as Item, 'UniqueBatchItemID')).to.deep.equal(Buffer.from([1, 2]));
    await fixture.exchange(valid(), fixture.session(own));
  });

  it('demands that every credential is satisfied, of a type that can be', async () => {
    const good = credential('own-user', 'own password');
    const device = struct(
      'Credential',
      enumerated('CredentialType', 'Device'),
      struct('CredentialValue', text('DeviceSerialNumber', '1')),
    );
    const empty = asking();
    for (const message of [asking(good, device), asking(good, credential('own-user', 'x')), empty]) {
      expect(statuses(await fixture.exchange(message, fixture.session(own)))).to.include(failed);
    }
    await fixture.exchange(valid(), fixture.session(own));
  });

  it('lets wrong passwords lock nobody out', async () => {
    const session = fixture.session(own);
    for (let i = 0; i < 8; i++) await fixture.exchange(asking(credential('own-user', 'wrong password')), session);
    for (let i = 0; i < 5; i++) await fixture.exchange(asking(credential('own-user', `guess ${i}`)), session);
    expect(statuses(await fixture.exchange(valid(), fixture.session(own)))).to.deep.equal([success, success]);
    const unharmed = asking(credential('other-user', 'other password'));
    expect(statuses(await fixture.exchange(unharmed, fixture.session(other)))).to.deep.equal([success, success]);
  });

  it('accepts the right password at once, though another session has guessed forty times', async () => {
    const session = fixture.session(late);
    for (let i = 0; i < 6; i++) await fixture.exchange(asking(credential('late-user', `guess ${i}`)), session);
    void Promise.all(
      Array.from({ length: 34 }, (_, i) => fixture.exchange(asking(credential('late-user', `more ${i}`)), session)),
    );
    const took = await elapsed(async () => {
      const right = await fixture.exchange(asking(credential('late-user', 'late password')), fixture.session(late));
      expect(statuses(right)).to.deep.equal([success, success]);
    });
    // The guesses take more than four minutes.
    expect(took).to.be.below(30_000);
  });

  it("takes a password for no longer than it is the client's", async () => {
    const given = asking(credential('short-user', 'short password'));
    const session = fixture.session(short);
    expect(statuses(await fixture.exchange(given, session))).to.deep.equal([success, success]);
    await revoke('short');
    await directory.refresh();
    expect(statuses(await fixture.exchange(given, session))).to.deep.equal([failed, failed]);
  });

  it('accepts all of sixty sessions that give the right password at once, after sixty with a wrong one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => fixture.exchange(valid(), fixture.session(fresh))),
    );
    for (const answer of answers) expect(statuses(answer)).to.deep.equal([failed, failed]);
    const right = await Promise.all(
      Array.from({ length: 60 }, () =>
        fixture.exchange(asking(credential('fresh-user', 'fresh password')), fixture.session(fresh)),
      ),
    );
    for (const answer of right) expect(statuses(answer)).to.deep.equal([success, success]);
  });

  it('demands a password of the client that must give one, but for what only asks about the server', async () => {
    const create = request('1.4', [item(discoverVersions, []), item(destroy, [text('UniqueIdentifier', 'x')])], {});
    const refused = await fixture.exchange(create, fixture.session(strict));
    expect(statuses(refused)).to.deep.equal([failed, failed]);
    expect(value(refused, 'BatchItem', 'ResultReason')).to.equal(authenticationNotSuccessful);
    const open = request('1.4', [item(discoverVersions, [])]);
    expect(statuses(await fixture.exchange(open, fixture.session(strict)))).to.deep.equal([success]);
    const given = asking(credential('strict-user', 'strict password'));
    expect(statuses(await fixture.exchange(given, fixture.session(strict)))).to.deep.equal([success, success]);
  });

  it('writes neither passwords nor user names into the log', () => {
    expect(fixture.logged.join())
      .to.include('Authentication is not valid')
      .and.not.match(/password"|-user|wrong pass/);
  });
});
