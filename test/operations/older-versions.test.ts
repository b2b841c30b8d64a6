import { expect } from 'chai';
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, at, bytes, enumerated, int, request, struct, text, value, item } from '#test/fixtures/items';

const register = 3;
const get = 10;
const chaCha20 = enumerated('CryptographicAlgorithm', 'ChaCha20');

describe('an object of newer versions, seen from older ones', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  it('is refused to Get where the version has no word for the algorithm, and leaves the key fresh', async () => {
    const length = int('CryptographicLength', 256);
    const keyValue = struct('KeyValue', bytes('KeyMaterial', '00'.repeat(32)));
    const registered = await fixture.exchange(
      request('2.1', [
        item(register, [
          enumerated('ObjectType', 'SymmetricKey'),
          struct('Attributes', chaCha20, length, int('CryptographicUsageMask', 12)),
          struct('SymmetricKey', struct('KeyBlock', enumerated('KeyFormatType', 'Raw'), keyValue, chaCha20, length)),
        ]),
      ]),
    );
    const id = text(
      'UniqueIdentifier',
      value(registered, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string,
    );

    const old = await fixture.exchange(request('1.2', [item(get, [id])]));
    expect(value(old, 'BatchItem', 'ResultReason')).to.equal(0x10);
    expect(value(old, 'BatchItem', 'ResultMessage')).to.include(
      'the object has a value that KMIP 1.2 cannot represent',
    );
    expect(fixture.logged).to.deep.equal([]);

    const attributes = await fixture.exchange(request('2.1', [item('GetAttributes', [id])]));
    expect(value(attributes, 'BatchItem', 'ResponsePayload', 'Attributes', 'Fresh')).to.equal(true);
    const now = await fixture.exchange(request('2.1', [item(get, [id])]));
    expect(at(now, 'BatchItem', 'ResponsePayload', 'SymmetricKey', 'KeyBlock', 'CryptographicAlgorithm')).to.deep.equal(
      chaCha20,
    );
  });

  it('leaves out custom attributes whose type came later', async () => {
    const made = await fixture.exchange(
      request('2.1', [
        item('Create', [
          enumerated('ObjectType', 'SymmetricKey'),
          struct(
            'Attributes',
            enumerated('CryptographicAlgorithm', 'AES'),
            int('CryptographicLength', 256),
            int('CryptographicUsageMask', 12),
            ...['a', 'b'].map((name) =>
              struct('Attribute', text('VendorIdentification', 'x'), text('AttributeName', name), {
                tag: Tag.AttributeValue,
                ...(name === 'a'
                  ? { type: ItemType.Integer, value: 1 }
                  : { type: ItemType.DateTimeExtended, value: 1n }),
              }),
            ),
          ),
        ]),
      ]),
    );
    const id = text('UniqueIdentifier', value(made, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string);
    const answer = await fixture.exchange(request('1.4', [item('GetAttributeList', [id])]));
    const payload = at(answer, 'BatchItem', 'ResponsePayload') as Item;
    const custom = all(payload, 'AttributeName').filter((each) => String(each.value).startsWith('x-'));
    expect(custom.map((each) => each.value)).to.deep.equal(['x-a']);
  });
});
