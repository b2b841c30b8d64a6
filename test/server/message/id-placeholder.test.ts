/** What stands for an identifier within a batch (KMIP 2.1 §6.1, §4.58, §11.58; 1.4 §4). */
import { expect } from 'chai';
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import { aesKey, ask, attributesFor, createKey, send, uniqueIdentifier, type Answer } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, bool, enumerated, int, versions, item } from '#test/fixtures/items';

const made = { idPlaceholder: 1, certify: 2, create: 3, locate: 0x0b, register: 0x0c } as const;
const madeBy = (which: keyof typeof made): Item => enumerated('UniqueIdentifier', made[which]);
const nth = (place: number): Item => int('UniqueIdentifier', place);
const goOn = { before: [enumerated('BatchErrorContinuationOption', 'Continue')] };
const undo = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };

describe('an identifier within a batch', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const objects = (answers: readonly Answer[]) => answers.map(({ object }) => object);

  for (const version of versions) {
    const absent = version < '2' ? 'ItemNotFound' : 'ObjectNotFound';

    it(`may be left out in ${version}, with Batch Order Option, without, and whatever comes after an error`, async () => {
      for (const header of [{}, { after: [bool('BatchOrderOption', true)] }, goOn, undo]) {
        const steps = [item('Create', aesKey(version), '01'), item('Get', [], '02'), item('Activate', [], '03')];
        const answers = await send(fixture, version, steps, header);
        const [first] = objects(answers);
        expect(objects(answers)).to.deep.equal([first, first, first]);
      }
    });

    it(`stands for what was made last in ${version}, and is not changed by what only names an object or fails`, async () => {
      const other = await createKey(fixture, version);
      const answers = await send(
        fixture,
        version,
        [
          item('Create', aesKey(version), '01'),
          item('Create', aesKey(version), '02'),
          item('Get', [uniqueIdentifier(other)], '03'),
          item('Get', [uniqueIdentifier('no-such-object')], '04'),
          item('Activate', [], '05'),
        ],
        goOn,
      );
      expect(answers[4]?.object).to.equal(answers[1]?.object);
    });

    it(`is forgotten after the batch in ${version}`, async () => {
      await send(fixture, version, [item('Create', aesKey(version))]);
      expect(await ask(fixture, version, 'Get')).to.include({ status: 'OperationFailed', reason: absent });
    });

    if (version < '2') {
      it(`is a text in ${version}`, async () => {
        const steps = [item('Create', aesKey(version)), item('Get', [madeBy('create')]), item('Get', [nth(0)])];
        const answers = await send(fixture, version, steps, goOn);
        expect(answers.map(({ reason }) => reason)).to.deep.equal([undefined, 'InvalidMessage', 'InvalidMessage']);
      });
      continue;
    }

    it(`may name the operation that made the object in ${version}, the last one of several`, async () => {
      const steps = [
        item('Create', aesKey(version)),
        item('Create', aesKey(version)),
        item('Get', [madeBy('create')]),
        item('Get', [madeBy('idPlaceholder')]),
        item('Get', [madeBy('certify')]),
      ];
      const answers = await send(fixture, version, steps, goOn);
      const second = answers[1]?.object;
      expect(objects(answers).slice(2)).to.deep.equal([second, second, undefined]);
      expect(answers[4]?.reason).to.equal(absent);
    });

    it(`may count the identifiers of the answers in ${version}, from the first, or backwards from the item itself`, async () => {
      const steps = [item('Create', aesKey(version)), item('Create', aesKey(version))];
      const places = [0, 1, 2, -1, -5, 7, -9];
      const answers = await send(
        fixture,
        version,
        [...steps, ...places.map((place) => item('Get', [nth(place)]))],
        goOn,
      );
      const [a, b] = objects(answers);
      // Each Get adds its own answer's identifier: a b | a b a | a a ...
      expect(objects(answers).slice(2)).to.deep.equal([a, b, a, a, b, undefined, undefined]);
      expect(answers.slice(-2).map(({ reason }) => reason)).to.deep.equal([absent, absent]);
    });

    it(`is refused in ${version} when nothing has that number`, async () => {
      const answer = await ask(fixture, version, 'Get', [enumerated('UniqueIdentifier', 0x7f)]);
      expect(answer.reason).to.equal('InvalidField');
    });

    it(`does not reach into another batch in ${version}`, async () => {
      await createKey(fixture, version);
      for (const reference of [madeBy('create'), nth(0), nth(-1)]) {
        expect((await ask(fixture, version, 'Get', [reference])).reason).to.equal(absent);
      }
    });

    it(`repeats the operation in ${version} for each object that was found`, async () => {
      const ids = [await createKey(fixture, version), await createKey(fixture, version)];
      const steps = [item('Locate', [attributesFor(version)], '01'), item('Activate', [madeBy('locate')], '02')];
      const answers = await send(fixture, version, steps);
      const found = all(answers[0]?.payload as Item, 'UniqueIdentifier').map(({ value }) => value);
      expect(found).to.have.members(ids);
      expect(answers.slice(1).map(({ id, status, object }) => [id, status, object])).to.deep.equal(
        found.map((each) => ['02', 'Success', each]),
      );
    });
  }

  it('is refused when it is longer than any identifier', async () => {
    const long: Item = { tag: Tag.UniqueIdentifier, type: ItemType.TextString, value: 'x'.repeat(257) };
    expect((await ask(fixture, '2.1', 'Get', [long])).reason).to.equal('InvalidField');
  });
});
