/** What clients rely on that send a user name and a password beside their certificate. */
import { expect } from 'chai';
import { openClients } from '#access/clients';
import { makeCredential } from '#access/credentials';
import { openDirectory, type Directory } from '#access/directory';
import { createLog } from '#log';
import { createHandler, type Handler } from '#test/fixtures/handler';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, enumerated, request, struct, text, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/index';
import { aes, callerOf, given } from './caller.ts';

const credential = (username: string, password?: string, type = 1): Item =>
  struct(
    'Credential',
    enumerated('CredentialType', type),
    struct(
      'CredentialValue',
      text('Username', username),
      ...(password === undefined ? [] : [text('Password', password)]),
    ),
  );

describe('a client with a credential', () => {
  let fixture: Fixture;
  let directory: Directory;
  let handler: Handler;
  let array: string;
  let tape: string;
  beforeEach(async () => {
    fixture = await openFixture();
    const clients = openClients({ store: fixture.store, now: () => fixture.clock.now });
    array = (await clients.add('array', { credentials: [await makeCredential('vcenter', 'correct horse')] })).id;
    tape = (await clients.add('tape', { credentials: [await makeCredential('library', 'battery staple')] })).id;
    directory = await openDirectory({
      store: fixture.store,
      now: () => fixture.clock.now,
      log: createLog({ level: 'error', format: 'text' }),
    });
    handler = createHandler({ ...fixture.services, credentials: directory });
  });
  afterEach(async () => {
    directory.close();
    await fixture.close();
  });

  const ask = async (version: string, clientId: string, ...credentials: Item[]): Promise<Item> => {
    const caller = callerOf(handler, fixture.session(clientId), version);
    return at(
      await caller.exchange(
        request(version, [item('Create', [enumerated('ObjectType', 'SymmetricKey'), given(version, ...aes())])], {
          before: [struct('Authentication', ...credentials)],
        }),
      ),
      'BatchItem',
    ) as Item;
  };
  const [operationFailed, authenticationNotSuccessful] = [1, 3];

  for (const version of versions) {
    it(`credential-beside-certificate: the right one is taken in ${version}, a wrong one fails the request`, async () => {
      const right = await ask(version, array, credential('vcenter', 'correct horse'));
      expect(at(right, 'ResultStatus')?.value).to.equal(0);
      const wrong = await ask(version, array, credential('vcenter', 'correct horsf'));
      expect(at(wrong, 'ResultStatus')?.value).to.equal(operationFailed);
      expect(at(wrong, 'ResultReason')?.value).to.equal(authenticationNotSuccessful);
      expect(at(wrong, 'ResponsePayload')).to.equal(undefined);
    });
  }

  it('credential-beside-certificate: all that do not name the client of the certificate are refused alike', async () => {
    const refused = [
      await ask('1.2', array, credential('library', 'battery staple')),
      await ask('1.2', array, credential('nobody', 'correct horse')),
      await ask('1.2', array, credential('vcenter')),
      await ask('1.2', array, credential('vcenter', 'correct horse'), credential('library', 'battery staple')),
    ];
    for (const each of refused) {
      expect(at(each, 'ResultReason')?.value).to.equal(authenticationNotSuccessful);
      expect(at(each, 'ResultMessage')?.value).to.equal(at(refused[0] as Item, 'ResultMessage')?.value);
    }
    expect(at(await ask('1.2', tape, credential('library', 'battery staple')), 'ResultStatus')?.value).to.equal(0);
  });

  it('credential-beside-certificate: a kind that cannot be checked is refused, not passed over', async () => {
    const device = struct(
      'Credential',
      enumerated('CredentialType', 'Device'),
      struct('CredentialValue', text('DeviceSerialNumber', '1')),
    );
    expect(at(await ask('1.2', array, device), 'ResultReason')?.value).to.equal(authenticationNotSuccessful);
    expect(at(await ask('1.2', array), 'ResultReason')?.value).to.equal(authenticationNotSuccessful);
  });

  it('credential-beside-certificate: many wrong ones do not keep the right one out', async () => {
    for (let count = 0; count < 6; count++) await ask('1.2', array, credential('vcenter', `guess ${count}`));
    const right = credential('vcenter', 'correct horse');
    expect(at(await ask('1.2', array, right), 'ResultStatus')?.value).to.equal(0);
    expect(at(await ask('1.2', tape, credential('library', 'battery staple')), 'ResultStatus')?.value).to.equal(0);
  });

  it('credential-beside-certificate: each request is asked for it', async () => {
    let checks = 0;
    const counting = createHandler({
      ...fixture.services,
      credentials: {
        checkCredential(...given) {
          checks++;
          return directory.checkCredential(...given);
        },
        demandsCredential: (clientId) => directory.demandsCredential(clientId),
      },
    });
    const message = request('1.2', [item('Query', [enumerated('QueryFunction', 'QueryServerInformation')])], {
      before: [struct('Authentication', credential('vcenter', 'correct horse'))],
    });
    const caller = callerOf(counting, fixture.session(array), '1.2');
    for (let count = 0; count < 3; count++) await caller.exchange(message);
    expect(checks).to.equal(3);
    await callerOf(counting, fixture.session(array), '1.2').exchange(message);
    expect(checks).to.equal(4);
  });

  it('credential-beside-certificate: neither user name nor password reaches the log', async () => {
    await ask('1.2', array, credential('vcenter', 'a wrong password'));
    expect(fixture.logged.join('\n')).to.not.match(/vcenter|a wrong password/);
    expect(fixture.logged.length).to.be.above(0);
  });
});
