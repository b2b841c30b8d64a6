/** Objects that the server rotates by itself (KMIP 2.1 §4.48 to §4.54). */
import { expect } from 'chai';
import { createHandler } from '#test/fixtures/handler';
import { watchRotations } from '#server/rotation/rotations';
import { objectKind } from '#repository/object-record';
import { callerOf, given, id, name, type Caller } from '#test/clients/caller';
import { attributesKept, nowOf } from '#test/operations/create/kept';
import { openCertifying } from '#test/operations/certificates/authority';
import type { Fixture } from '#test/fixtures/fixture';
import { bool, bytes, date, enumerated, int, struct, text, value } from '#test/fixtures/items';
import { revocation } from '#test/access/objects-in-states';
import { ItemType, type Item } from '#ttlv/item';
import { Tag } from '#protocol/tags';

const day = 24 * 3600;
const interval = (tag: 'RotateInterval' | 'RotateOffset', seconds: number): Item => ({
  tag: Tag[tag],
  type: ItemType.Interval,
  value: seconds,
});
const daily = [bool('RotateAutomatic', true), interval('RotateInterval', day)];

describe('rotations by the server', () => {
  let fixture: Fixture;
  let caller: Caller;
  beforeEach(async () => {
    const server = await openCertifying();
    fixture = server.fixture;
    caller = server.caller('2.1');
  });
  afterEach(() => fixture.close());

  const pass = (seconds: number): void => void (fixture.clock.now += seconds * 1000);
  const kept = async (key: string) => (await attributesKept(fixture, key)) ?? {};
  const linkOf = async (key: string, linkType: string) =>
    (await kept(key)).link?.find((each) => each.linkType === linkType)?.linkedObjectIdentifier as string | undefined;
  const replacement = (key: string) => linkOf(key, 'ReplacementObjectLink');
  async function objects(): Promise<number> {
    let count = 0;
    for await (const _ of fixture.store.find(objectKind, { terms: [] })) count++;
    return count;
  }

  it('make a new key when the interval has gone by, and again', async () => {
    const set = struct(
      'RotateName',
      text('RotateNameValue', 'disks'),
      enumerated('RotateNameType', 'UninterpretedTextString'),
    );
    const first = await caller.create(name('the key'), set, ...daily);
    await caller.call('Activate', id(first));
    pass(day - 1);
    await fixture.handler.rotateDue();
    expect(await objects()).to.equal(1);

    pass(1);
    await fixture.handler.rotateDue();
    const second = (await replacement(first)) as string;
    const rotated = nowOf(fixture);
    expect(await kept(first)).to.include({ rotateGeneration: 0, rotateLatest: false, rotateDate: rotated });
    expect(await kept(first)).to.not.have.any.keys('name');
    expect(await kept(second)).to.include({ rotateGeneration: 1, rotateLatest: true, state: 'Active' });
    expect((await kept(second)).name?.[0]?.nameValue).to.equal('the key');
    expect((await kept(second)).rotateName?.rotateNameValue).to.equal('disks');
    expect(await caller.locate(set, bool('RotateLatest', true))).to.deep.equal([second]);

    await fixture.handler.rotateDue();
    expect(await objects()).to.equal(2);
    pass(day);
    await fixture.handler.rotateDue();
    expect(await kept((await replacement(second)) as string)).to.include({ rotateGeneration: 2, rotateLatest: true });
    expect(await objects()).to.equal(3);
  });

  it('move the dates by the Rotate Offset', async () => {
    const now = nowOf(fixture);
    const dates = [date('ActivationDate', now), date('DeactivationDate', now + 3 * day)];
    const first = await caller.create(...dates, ...daily, interval('RotateOffset', 60));
    pass(day);
    await fixture.handler.rotateDue();
    const second = await kept((await replacement(first)) as string);
    const activationDate = nowOf(fixture) + 60;
    expect(second).to.include({ state: 'PreActive', activationDate, deactivationDate: activationDate + 3 * day });
  });

  it('renew a key pair, and certificates', async () => {
    const ecdsa = struct(
      'CommonAttributes',
      enumerated('CryptographicAlgorithm', 'ECDSA'),
      int('CryptographicLength', 256),
      ...daily,
    );
    const pair = await caller.call('CreateKeyPair', ecdsa);
    const privateKey = value(pair, 'PrivateKeyUniqueIdentifier') as string;
    const publicKey = value(pair, 'PublicKeyUniqueIdentifier') as string;
    const certified = await caller.call('Certify', id(publicKey), struct('Attributes', ...daily));
    const certificate = value(certified, 'UniqueIdentifier') as string;
    pass(day);
    await fixture.handler.rotateDue();
    const next = (await replacement(privateKey)) as string;
    expect(await linkOf(next, 'PublicKeyLink')).to.equal(await replacement(publicKey));
    expect(await kept((await replacement(certificate)) as string)).to.include({ rotateGeneration: 1 });
    expect(await objects()).to.equal(6);
  });

  it('leave alone what has no interval, is not to be rotated by itself, or has ended', async () => {
    await caller.create(bool('RotateAutomatic', true));
    await caller.create(bool('RotateAutomatic', false), interval('RotateInterval', day));
    const [revoked, gone, away] = [
      await caller.create(...daily),
      await caller.create(...daily),
      await caller.create(...daily),
    ];
    await caller.create(
      ...daily,
      date('ActivationDate', nowOf(fixture)),
      date('DeactivationDate', nowOf(fixture) + day),
    );
    await caller.call('Revoke', id(revoked), revocation('KeyCompromise'));
    await caller.call('Destroy', id(gone));
    await caller.call('Archive', id(away));
    pass(day);
    await fixture.handler.rotateDue();
    expect(await objects()).to.equal(6);
  });

  it('happen once, however many servers there are', async () => {
    const first = await caller.create(...daily);
    pass(day);
    const others = [1, 2, 3].map(() => createHandler(fixture.services));
    await Promise.all(others.map((each) => each.rotateDue()));
    expect(await objects()).to.equal(2);
    expect(await replacement(first)).to.be.a('string');
  });

  it('tell once of an object that cannot be rotated, and go on with the others', async () => {
    const wrapped = struct(
      'SymmetricKey',
      struct(
        'KeyBlock',
        enumerated('KeyFormatType', 'Raw'),
        bytes('KeyValue', '00'.repeat(24)),
        enumerated('CryptographicAlgorithm', 'AES'),
        int('CryptographicLength', 128),
        struct(
          'KeyWrappingData',
          enumerated('WrappingMethod', 'Encrypt'),
          struct('EncryptionKeyInformation', id('elsewhere')),
        ),
      ),
    );
    const other = await caller.create(...daily);
    const attributes = given('2.1', int('CryptographicUsageMask', 12), ...daily);
    const made = await caller.call('Register', enumerated('ObjectType', 'SymmetricKey'), attributes, wrapped);
    pass(day);
    await fixture.handler.rotateDue();
    await fixture.handler.rotateDue();
    expect(await replacement(value(made, 'UniqueIdentifier') as string)).to.equal(undefined);
    expect(await replacement(other)).to.be.a('string');
    expect(fixture.logged.filter((line) => line.includes('cannot be rotated'))).to.have.length(1);
  });

  it('belong to the owner of the object: the constraints of others are nothing to them', async () => {
    const other = callerOf(fixture.handler, fixture.session('client-2'), '2.1');
    const theirs = await other.create(...daily);
    await caller.call(
      'SetConstraints',
      struct('Constraints', struct('Constraint', struct('Attributes', int('CryptographicLength', 128)))),
    );
    pass(day);
    await fixture.handler.rotateDue();
    await other.call('Get', id((await replacement(theirs)) as string));
    expect(await caller.locate()).to.deep.equal([]);
  });

  it('stop when the server does', async () => {
    await caller.create(...daily);
    pass(day);
    const stopped = AbortSignal.abort();
    await fixture.handler.rotateDue(stopped);
    expect(await objects()).to.equal(1);
    await watchRotations(fixture.handler.rotateDue, fixture.services.log)();
  });
});
