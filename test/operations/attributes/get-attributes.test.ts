import { expect } from 'chai';
import { Tag } from '#protocol/tags';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, date, int, long, request, struct, text, value, versions, item } from '#test/fixtures/items';
import { attributesOf, held, listed, plain } from './attribute-requests.ts';
import { custom, nameOf, oneAttribute, referenceTo } from '#test/fixtures/attributes';
import { ask, createKey } from '#test/fixtures/batches';

describe('Get Attributes', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  for (const version of versions) {
    it(`gives in ${version} what was asked for, in that order, and nothing for what is absent`, async () => {
      const id = await createKey(fixture, version, nameOf('a key'), custom('x-Slot', int('AttributeValue', 7)));
      const found = await attributesOf(
        fixture,
        version,
        id,
        'x-Slot',
        'ContactInformation',
        'CryptographicLength',
        'x-Absent',
        'Name',
      );
      const expected = [
        custom('x-Slot', int('AttributeValue', 7)),
        int('CryptographicLength', 256),
        nameOf('a key'),
      ].map((each) => plain(oneAttribute(version, each)));
      expect(found.map(plain)).to.deep.equal(expected);
    });

    it(`gives in ${version} the identifier and nothing else when the object does not have them`, async () => {
      const id = await createKey(fixture, version);
      const { payload } = await ask(fixture, version, 'GetAttributes', [
        text('UniqueIdentifier', id),
        referenceTo(version, 'ContactInformation'),
      ]);
      expect(plain(payload)).to.deep.equal({
        ResponsePayload: [{ UniqueIdentifier: id }, ...(version >= '2' ? [{ Attributes: [] }] : [])],
      });
    });

    it(`gives in ${version} what Get Attribute List names, but for the Random Number Generator, when no name was given`, async () => {
      const id = await createKey(
        fixture,
        version,
        nameOf('first'),
        nameOf('second'),
        custom('x-a', int('AttributeValue', 1)),
        custom('x-b', int('AttributeValue', 2)),
      );
      const found = await attributesOf(fixture, version, id);
      const { payload } = await ask(fixture, version, 'GetAttributeList', [text('UniqueIdentifier', id)]);
      const listedNames = all(payload, version >= '2' ? 'AttributeReference' : 'AttributeName');
      const names = listedNames.filter(
        ({ value }) => value !== 'Random Number Generator' && value !== Tag.RandomNumberGenerator,
      );
      const asked = await ask(fixture, version, 'GetAttributes', [text('UniqueIdentifier', id), ...names]);
      expect(listed(version, asked.payload).map(plain)).to.deep.equal(found.map(plain));
      expect(names.length).to.equal(found.length - 1);
    });

    it(`refuses in ${version} the same name twice`, async () => {
      const id = await createKey(fixture, version);
      for (const which of ['State', 'x-a'] as const) {
        const twice = [referenceTo(version, which), referenceTo(version, which)];
        const answer = await ask(fixture, version, 'GetAttributes', [text('UniqueIdentifier', id), ...twice]);
        expect(answer.reason).to.equal('InvalidMessage');
        expect(answer.message).to.match(/more than once/);
      }
    });
  }

  it('numbers several values from 0 in 1.x, the first without its number', async () => {
    const id = await createKey(fixture, '1.2', nameOf('first'), nameOf('second'));
    const found = await attributesOf(fixture, '1.2', id, 'Name');
    expect(found.map((each) => all(each, 'AttributeIndex').map(({ value }) => value))).to.deep.equal([[], [1]]);
  });

  it('gives nothing for names of newer versions, and refuses those that nobody defined, naming them', async () => {
    const id = await createKey(fixture, '2.1');
    expect(await attributesOf(fixture, '1.0', id, 'Sensitive', 'Fresh')).to.deep.equal([]);
    expect(await attributesOf(fixture, '1.4', id, 'ShortUniqueIdentifier')).to.deep.equal([]);
    const answer = await ask(fixture, '1.0', 'GetAttributes', [
      text('UniqueIdentifier', id),
      text('AttributeName', 'Cryptographic Lenght'),
    ]);
    expect(answer.reason).to.equal('InvalidField');
    expect(answer.message).to.contain('"Cryptographic Lenght"');
  });

  it('shows custom attributes of one shape in the other', async () => {
    const id = await createKey(
      fixture,
      '1.4',
      custom('x-a', int('AttributeValue', 1)),
      custom('x-a', long('AttributeValue', 2n)),
    );
    expect((await attributesOf(fixture, '2.0', id, 'x-a')).map(plain)).to.deep.equal(
      [int('AttributeValue', 1), long('AttributeValue', 2n)].map((each) =>
        plain(oneAttribute('2.0', custom('x-a', each))),
      ),
    );
    const other = await createKey(
      fixture,
      '2.1',
      struct('Attribute', text('VendorIdentification', 'acme'), text('AttributeName', 'a'), int('AttributeValue', 1)),
      custom('x-a', int('AttributeValue', 3)),
    );
    expect((await attributesOf(fixture, '1.0', other, 'x-a')).map(plain)).to.deep.equal([
      plain(oneAttribute('1.0', custom('x-a', int('AttributeValue', 3)))),
    ]);
  });

  it('gives out Digest in 1.0 without the Key Format Type that came later', async () => {
    const id = await createKey(fixture, '1.0');
    const [digest] = await attributesOf(fixture, '1.0', id, 'Digest');
    expect(
      digest &&
        all(digest, 'AttributeValue')
          .flatMap((each) => (plain(each) as { AttributeValue: object[] }).AttributeValue)
          .map((each) => Object.keys(each)[0]),
    ).to.deep.equal(['HashingAlgorithm', 'DigestValue']);
  });

  it('shows State as the clock has it', async () => {
    const now = fixture.clock.now / 1000;
    const id = await createKey(fixture, '1.4', date('ActivationDate', now + 10), date('DeactivationDate', now + 20));
    expect(await held(fixture, id, 'State')).to.equal(1);
    fixture.clock.now += 10_000;
    expect(await held(fixture, id, 'State')).to.equal(2);
    fixture.clock.now += 10_000;
    expect(await held(fixture, id, 'State')).to.equal(3);
  });

  it('does not tell another client that the object exists', async () => {
    const id = await createKey(fixture, '1.4');
    for (const operation of [0x0b, 0x0c]) {
      const ask = (which: string) =>
        fixture.exchange(
          request('1.4', [item(operation, [text('UniqueIdentifier', which)])]),
          fixture.session('client-2'),
        );
      const answer = await ask(id);
      expect(value(answer, 'BatchItem', 'ResultReason')).to.equal(1);
      expect(answer).to.deep.equal(await ask('nothing'));
    }
  });
});
