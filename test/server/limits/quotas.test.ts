/** Quotas of objects and bytes: who is refused what, and whether what is counted is what is there. */
import { expect } from 'chai';
import { isIn } from '#operations/operation';
import { operations, type ServedOperation } from '#operations/registry/served';
import { versionOf } from '#protocol/versions';
import { creationRulesKind } from '#repository/creation-rules-record';
import { ownerTerm } from '#repository/index-terms';
import { objectKind } from '#repository/object-record';
import type { Room } from '#repository/usage-record';
import { aes, given, id, name, type Caller } from '#test/clients/caller';
import { generateKeys } from '#certs/keys';
import { openCertifying, registerPublicKey, type Certifying } from '#test/operations/certificates/authority';
import { everyRequest } from '#test/operations/every-request';
import { revocation } from '#test/access/objects-in-states';
import { enumerated, struct, text, versions, value, item } from '#test/fixtures/items';

/** With the requests of `everyRequest`; Modify and Set Attribute make theirs longer. */
const making: readonly ServedOperation[] = [
  ...(['Certify', 'Create', 'CreateKeyPair', 'CreateSplitKey', 'DeriveKey', 'Import', 'JoinSplitKey'] as const),
  ...(['ReCertify', 'ReKey', 'ReKeyKeyPair', 'Register'] as const),
];
const growing: readonly ServedOperation[] = [
  ...(['AddAttribute', 'ModifyAttribute', 'SetAttribute', 'SetConstraints', 'SetDefaults'] as const),
];

describe('the quotas of a client', () => {
  let server: Certifying;
  before(async () => (server = await openCertifying({ interop: true })));
  after(() => server.fixture.close());

  /** What is there, counted record by record. */
  async function counted(client: string): Promise<Room> {
    const { store } = server.fixture;
    const room = { objects: 0, removed: used(client).removed, bytes: 0 };
    for await (const bytes of store.rooms(objectKind, [ownerTerm(store.term, client)])) {
      room.objects++;
      room.bytes += bytes;
    }
    room.bytes += (await store.get(creationRulesKind, client))?.room ?? 0;
    return room;
  }
  const used = (client: string) => server.fixture.handler.usage.usage.used(client);
  const limit = (client: string, quota: object) => void server.fixture.clients.set(client, { quota });
  let items = 0;
  const create = (here: Caller) =>
    item(
      'Create',
      [enumerated('ObjectType', 'SymmetricKey'), given(here.version, ...aes())],
      (++items).toString(16).padStart(8, '0'),
    );

  for (const version of versions) {
    const number = versionOf(Number(version[0]), Number(version[2]));
    for (const { name: operation } of operations.filter((each) => isIn(each, number))) {
      const isMaking = making.includes(operation);
      const isGrowing = isMaking || growing.includes(operation);
      it(`${isMaking ? 'refuse' : 'let'} ${operation} in ${version} when its objects are at the quota`, async () => {
        const client = `objects ${operation} ${version}`;
        const here = server.caller(version, client);
        const payload = await everyRequest[operation]({ here, version, authority: server.authority.certificate.raw });
        const before = await counted(client);
        expect(used(client)).to.deep.equal(before);
        limit(client, { objects: before.objects + before.removed || 1 });
        if (before.objects === 0 && isMaking) await server.caller(version, client).create();
        const [answer] = await here.send([item(operation, payload)]);
        if (isMaking)
          expect(answer?.message).to.match(/^the quota of objects is \d+; the client uses \d+, and \d more /);
        else expect(answer?.status, answer?.message).to.equal('Success');
        const after = await counted(client);
        expect(after.objects).to.be.at.most(before.objects || 1);
        expect(used(client)).to.deep.equal(after);
      });

      it(`${isGrowing ? 'refuse' : 'let'} ${operation} in ${version} when its bytes are at the quota`, async () => {
        const client = `bytes ${operation} ${version}`;
        const here = server.caller(version, client);
        const payload = await everyRequest[operation]({ here, version, authority: server.authority.certificate.raw });
        const before = await counted(client);
        limit(client, { bytes: before.bytes || 1 });
        const [answer] = await here.send([item(operation, payload)]);
        if (isGrowing)
          expect(answer?.message).to.match(/^the quota of bytes is \d+; the client uses \d+, and \d+ more /);
        else expect(answer?.status, answer?.message).to.equal('Success');
        expect(used(client)).to.deep.equal(await counted(client));
        if (isGrowing) expect(await counted(client)).to.deep.equal(before);
      });
    }
  }

  it('let a client that is at all of them use, end and find what it has', async () => {
    const client = 'full';
    const here = server.caller('2.1', client);
    const [key, other] = [await here.create(name('the key')), await here.create()];
    limit(client, { objects: 2, bytes: 1 });
    await here.call('Get', id(key));
    await here.call('Activate', id(key));
    expect(await here.locate(name('the key'))).to.deep.equal([key]);
    await here.call('Revoke', id(key), revocation('KeyCompromise'));
    await here.call('Destroy', id(key));
    await here.call('Archive', id(other));
    await here.call('Recover', id(other));
    await here.call('Destroy', id(other));
    expect(used(client)).to.deep.equal(await counted(client));
    const refused = await here.refused('Create', enumerated('ObjectType', 'SymmetricKey'), given('2.1', ...aes()));
    expect(refused.reason).to.equal('ServerLimitExceeded');
    expect(refused.message).to.include('the operator can raise it');
    const said = server.fixture.logged.filter((line) => line.includes('at its quota') && line.includes('"full"'));
    expect(said).to.have.length(1);
  });

  it('let no long text in with a Revoke', async () => {
    const client = 'talker';
    const here = server.caller('2.1', client);
    const key = await here.create();
    limit(client, { bytes: 1 });
    const reason = (message: string) =>
      struct(
        'RevocationReason',
        enumerated('RevocationReasonCode', 'KeyCompromise'),
        text('RevocationMessage', message),
      );
    expect((await here.refused('Revoke', id(key), reason('x'.repeat(60_000)))).reason).to.equal('ServerLimitExceeded');
    await here.call('Revoke', id(key), reason('stolen'));
  });

  it('hold a batch with Undo as a whole', async () => {
    const client = 'batches';
    const here = server.caller('2.1', client);
    await here.create();
    limit(client, { objects: 3 });
    const undo = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };
    const answers = await here.send([create(here), create(here), create(here)], undo);
    expect(answers.at(-1)).to.include({ status: 'OperationFailed', reason: 'ServerLimitExceeded' });
    expect(used(client).objects).to.equal(1);
    const two = await here.send([create(here), create(here)], undo);
    expect(two.map(({ status }) => status)).to.deep.equal(['Success', 'Success']);
    expect(used(client)).to.deep.equal(await counted(client));
  });

  it('count certificates that were given out and undone, and let no more be made than objects', async () => {
    const client = 'undoer';
    const here = server.caller('2.1', client);
    const key = id(await registerPublicKey(here, (await generateKeys('P-256')).publicKey));
    const undo = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };
    const certifying = () => here.send([item('Certify', [key], '1'), item('Destroy', [id('nothing')], '2')], undo);
    limit(client, { objects: 4 });
    for (let each = 0; each < 6; each++) await certifying();
    expect(used(client)).to.include({ objects: 1, removed: 3 });
    const [answer] = await certifying();
    expect(answer?.message).to.match(/^the quota of objects is 4; the client uses 4/);
  });

  it('count what many requests at once make, and let none too many through', async () => {
    const client = 'hasty';
    const here = server.caller('2.1', client);
    limit(client, { objects: 50 });
    const answers = await Promise.all(Array.from({ length: 80 }, () => here.send([create(here)])));
    expect(answers.flat().filter(({ status }) => status === 'Success')).to.have.length(50);
    expect(used(client)).to.deep.equal(await counted(client));
    expect(used(client).objects).to.equal(50);
  });

  it("are each client's own, and 0 sets none", async () => {
    limit('none', { objects: 0, bytes: 0 });
    limit('one', { objects: 1 });
    const [none, one] = [server.caller('1.4', 'none'), server.caller('1.4', 'one')];
    for (const here of [none, one]) await here.create();
    await none.create();
    const refused = await one.refused('Create', enumerated('ObjectType', 'SymmetricKey'), given('1.4', ...aes()));
    expect(refused.reason).to.equal('IndexOutOfBounds');
    expect(value(await none.call('Query', enumerated('QueryFunction', 'QueryOperations')), 'Operation')).to.be.a(
      'number',
    );
  });
});
