/** What clients rely on through the life of a key. */
import { expect } from 'chai';
import { at, bool, bytes, date, enumerated, int, struct, text, isOld, versions } from '#test/fixtures/items';
import { hex } from '#test/ttlv/wire';
import type { Item } from '#ttlv/index';
import { given, id, name, type Caller, serverForEach } from './caller.ts';
import { keyBlock, rawAes } from '#test/fixtures/key-blocks';

const revocation = (code: number): Item => struct('RevocationReason', enumerated('RevocationReasonCode', code));

describe('a client that lives with its keys', () => {
  const server = serverForEach();
  const { caller } = server;

  const stateOf = async ({ attributes, version }: Caller, key: string): Promise<number> => {
    const asked = isOld(version) ? text('AttributeName', 'State') : enumerated('AttributeReference', 0x42008d);
    const [held] = (await attributes(key, asked)) as [Item];
    return (at(held, 'AttributeValue') ?? held).value as number;
  };
  const [preActive, active, deactivated] = [1, 2, 3];

  it('get-before-activation: a Pre-Active key is given out, and stays Pre-Active', async () => {
    for (const version of versions) {
      const here = caller(version);
      const key = await here.create();
      expect(
        at(await here.call('Get', id(key)), 'SymmetricKey', 'KeyBlock', 'KeyValue', 'KeyMaterial')?.value,
      ).to.have.length(32);
      expect(await stateOf(here, key)).to.equal(preActive);
    }
  });

  it('mongodb-csfle-register-activate-get: 96 bytes of a Seed, usage mask 0, in the words of the driver', async () => {
    const { call } = caller('1.0');
    const seed = Array.from({ length: 96 }, (_, place) => place.toString(16).padStart(2, '0')).join('');
    const registered = await call(
      'Register',
      enumerated('ObjectType', 'SecretData'),
      struct(
        'TemplateAttribute',
        struct('Attribute', text('AttributeName', 'Cryptographic Usage Mask'), int('AttributeValue', 0)),
      ),
      struct('SecretData', enumerated('SecretDataType', 'Seed'), keyBlock('Opaque', bytes('KeyMaterial', seed))),
    );
    const secret = at(registered, 'UniqueIdentifier')?.value as string;
    expect(at(await call('Activate', id(secret)), 'UniqueIdentifier')?.value).to.equal(secret);
    const got = await call('Get', id(secret));
    expect(at(got, 'ObjectType')?.value).to.equal(7);
    expect(at(got, 'SecretData', 'SecretDataType')?.value).to.equal(2);
    expect(at(got, 'SecretData', 'KeyBlock', 'KeyFormatType')?.value).to.equal(2);
    expect(hex(at(got, 'SecretData', 'KeyBlock', 'KeyValue', 'KeyMaterial')?.value as Uint8Array)).to.equal(seed);
  });

  it('at-rest-wrapping-is-invisible: key bytes come back Raw and unwrapped, as they were registered', async () => {
    const material = '0123456789abcdef'.repeat(4);
    for (const version of versions) {
      const { call } = caller(version);
      const registered = await call(
        'Register',
        enumerated('ObjectType', 'SymmetricKey'),
        given(version, int('CryptographicUsageMask', 12)),
        rawAes(material),
      );
      const block = at(
        await call('Get', id(at(registered, 'UniqueIdentifier')?.value as string)),
        'SymmetricKey',
        'KeyBlock',
      ) as Item;
      expect(at(block, 'KeyFormatType')?.value).to.equal(1);
      expect(at(block, 'KeyWrappingData')).to.equal(undefined);
      expect(hex(at(block, 'KeyValue', 'KeyMaterial')?.value as Uint8Array)).to.equal(material);
    }
  });

  it('item-not-found-reason: an absent key is Item Not Found in 1.x, for every operation on it', async () => {
    for (const version of versions) {
      const { refused } = caller(version);
      const reason = isOld(version) ? 'ItemNotFound' : 'ObjectNotFound';
      const absent = id('a25a4b7d-13a3-4f4a-9a3c-2f5a5d1a6f00');
      expect((await refused('Get', absent)).reason).to.equal(reason);
      expect((await refused('GetAttributes', absent)).reason).to.equal(reason);
      expect((await refused('GetAttributeList', absent)).reason).to.equal(reason);
      expect((await refused('Activate', absent)).reason).to.equal(reason);
      expect((await refused('Destroy', absent)).reason).to.equal(reason);
      expect((await refused('Revoke', absent, revocation(1))).reason).to.equal(reason);
    }
  });

  it('revoke-then-destroy: an Active key is destroyed after it was revoked, not before', async () => {
    for (const version of versions) {
      const here = caller(version);
      const key = await here.create();
      await here.call('Activate', id(key));
      const tooEarly = await here.refused('Destroy', id(key));
      expect(tooEarly.reason).to.equal(isOld(version) ? 'PermissionDenied' : 'WrongKeyLifecycleState');
      await here.call('Revoke', id(key), revocation(6));
      expect(await stateOf(here, key)).to.equal(deactivated);
      await here.call('Destroy', id(key));
    }
  });

  it('revoke-then-destroy: a compromised key is revoked and destroyed without having been Active', async () => {
    for (const version of versions) {
      const { call, create } = caller(version);
      const key = await create();
      await call('Revoke', id(key), revocation(2), date('CompromiseOccurrenceDate', 1_700_000_000));
      await call('Destroy', id(key));
      await call('Destroy', id(await create()));
    }
  });

  it('state-polling: a key stays Active for as long as its owner asks, and every answer is the same', async () => {
    const here = caller('1.2');
    const key = await here.create(name('polled'));
    await here.call('Activate', id(key));
    for (let poll = 0; poll < 100; poll++) {
      server.fixture.clock.now += 24 * 60 * 60 * 1000;
      expect(await stateOf(here, key)).to.equal(active);
    }
  });

  it('state-polling: the owner\u2019s own dates do change it', async () => {
    const here = caller('1.2');
    const start = Math.floor(server.fixture.clock.now / 1000);
    const key = await here.create(date('ActivationDate', start + 60), date('DeactivationDate', start + 120));
    const states: number[] = [];
    for (const seconds of [0, 59, 60, 119, 120, 121]) {
      server.fixture.clock.now = (start + seconds) * 1000;
      states.push(await stateOf(here, key));
    }
    expect(states).to.deep.equal([preActive, preActive, active, active, deactivated, deactivated]);
  });

  it('get-before-activation: a Sensitive key is given to nobody, Active or not', async () => {
    const { call, create, refused } = caller('1.4');
    const key = await create(bool('Sensitive', true));
    expect((await refused('Get', id(key))).reason).to.equal('Sensitive');
    await call('Activate', id(key));
    expect((await refused('Get', id(key))).reason).to.equal('Sensitive');
  });

  it('rekey-moves-the-name: the new key has the Name, the old one stays Active and can be fetched', async () => {
    for (const version of versions) {
      const here = caller(version);
      const label = name(`rotated in ${version}`);
      const old = await here.create(label);
      await here.call('Activate', id(old));
      const payload = await here.call('ReKey', id(old));
      const renewed = at(payload, 'UniqueIdentifier')?.value as string;
      expect(renewed).to.not.equal(old);
      expect(await here.locate(label)).to.deep.equal([renewed]);
      expect([await stateOf(here, old), await stateOf(here, renewed)]).to.deep.equal([active, active]);
      await here.call('Get', id(old));
    }
  });
});
