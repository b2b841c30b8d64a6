/** Templates that a request of 1.x names (1.4 §2.1.8, §4): whose value counts when several say something. */
import { expect } from 'chai';
import type { Item } from '#ttlv/item';
import { ask } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { attribute, enumerated, int, struct, text } from '#test/fixtures/items';
import { attributesKept } from './kept.ts';

const name = (held: string): Item =>
  struct('Name', text('NameValue', held), enumerated('NameType', 'UninterpretedTextString'));
const group = (held: string): Item => attribute('Object Group', text('AttributeValue', held));
const contact = (held: string): Item => attribute('Contact Information', text('AttributeValue', held));
const length = (bits: number): Item => attribute('Cryptographic Length', int('AttributeValue', bits));
const key = [
  attribute('Cryptographic Algorithm', enumerated('CryptographicAlgorithm', 'AES')),
  attribute('Cryptographic Usage Mask', int('AttributeValue', 12)),
];

describe('Templates in a request', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  async function template(called: string, ...attributes: Item[]): Promise<void> {
    const { message } = await ask(fixture, '1.4', 'Register', [
      enumerated('ObjectType', 'Template'),
      struct('TemplateAttribute'),
      struct('Template', attribute('Name', name(called)), ...attributes),
    ]);
    if (message !== undefined) throw new Error(message);
  }
  const create = (...within: Item[]) =>
    ask(fixture, '1.4', 'Create', [enumerated('ObjectType', 'SymmetricKey'), struct('TemplateAttribute', ...within)]);
  async function created(...within: Item[]) {
    const { object, message } = await create(...within);
    if (object === undefined) throw new Error(message);
    return await attributesKept(fixture, object);
  }

  it('give what the request does not, but for their own names', async () => {
    await template('a', ...key, length(128), contact('a'));
    const held = await created(name('a'));
    expect(held).to.include({ cryptographicAlgorithm: 'AES', cryptographicLength: 128, contactInformation: 'a' });
    expect(held).to.not.have.property('name');
  });

  it('give way to the single values of the request', async () => {
    await template('a', ...key, length(128), contact('a'));
    expect(await created(name('a'), length(256))).to.include({ cryptographicLength: 256, contactInformation: 'a' });
  });

  it('give way to later ones', async () => {
    await template('a', ...key, length(128), contact('a'));
    await template('b', length(192), contact('b'));
    expect(await created(name('a'), name('b'))).to.include({ cryptographicLength: 192, contactInformation: 'b' });
    expect(await created(name('b'), name('a'))).to.include({ cryptographicLength: 128, contactInformation: 'a' });
  });

  it('add their values where several are allowed, each once', async () => {
    await template('a', ...key, length(128), group('one'), group('two'));
    await template('b', group('two'), group('three'));
    const held = await created(name('a'), name('b'), group('four'), group('one'));
    expect(held?.objectGroup).to.have.members(['one', 'two', 'three', 'four']);
    expect(held?.objectGroup).to.have.length(4);
  });

  it("must exist, and be the caller's", async () => {
    expect((await create(name('nobody'), ...key, length(128))).reason).to.equal('ItemNotFound');
    await template('a', ...key, length(128));
    const payload = [enumerated('ObjectType', 'SymmetricKey'), struct('TemplateAttribute', name('a'))];
    const foreign = await ask(fixture, '1.4', 'Create', payload, fixture.session('client-2'));
    expect(foreign.reason).to.equal('ItemNotFound');
  });
});
