/** The package as other programs import it: by its own name, through `exports`. */
import { expect } from 'chai';
import * as kmipd from 'kmipd';
import { activate, create, createClient, get, maskBit, names, type Transport } from 'kmipd';
import { decode, encode, ItemType, readXml, writeXml, type Item } from 'kmipd/ttlv';
import { operations } from '#operations/registry/served';
import { openFixture, type Fixture } from '#test/fixtures/fixture';

describe('the package', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  it('exports every operation by its name', () => {
    const byName: Readonly<Record<string, unknown>> = kmipd;
    for (const operation of operations) {
      const key = operation.name.replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (first) => first.toLowerCase());
      expect(byName[key], key).to.equal(operation);
    }
  });

  it('calls a server with them', async () => {
    const session = fixture.session();
    const transport: Transport = {
      exchange: (message) => fixture.handler.handle(message, session),
      close: async () => {},
    };
    const client = createClient(transport);
    const { uniqueIdentifier } = await client.call(create, {
      objectType: 'SymmetricKey',
      attributes: {
        instances: [
          { key: 'cryptographicAlgorithm', value: 'AES' },
          { key: 'cryptographicLength', value: 256 },
          { key: 'cryptographicUsageMask', value: maskBit('CryptographicUsageMask', 'Encrypt') },
        ],
      },
    });
    expect(await client.call(activate, { uniqueIdentifier })).to.deep.equal({ uniqueIdentifier });
    expect(await client.call(get, { uniqueIdentifier })).to.have.property('objectType', 'SymmetricKey');
    await client.close();
  });

  it('encodes and decodes items, as bytes and as XML', () => {
    const item: Item = { tag: 0x420094, type: ItemType.TextString, value: 'a key' };
    expect(decode(encode(item))).to.deep.equal(item);
    expect(readXml(writeXml(item, names), names)).to.deep.equal(item);
  });
});
