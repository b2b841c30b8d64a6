/**
 * Register in every version, on the wire: what it takes, what becomes of it, and what it refuses (KMIP 2.1 §6.1.43; 1.4
 * §4.3, §11.4).
 */
import { expect } from 'chai';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import {
  all,
  at,
  attribute,
  bytes,
  date,
  enumerated,
  int,
  request,
  struct,
  text,
  value,
  versions,
  isOld,
  item,
} from '#test/fixtures/items';
import type { TagName } from '#protocol/tags';
import type { Item } from '#ttlv/item';

const code = { register: 0x03, get: 0x0a, addAttribute: 0x0d } as const;
const type = { symmetricKey: 2, publicKey: 3, template: 6, secretData: 7, opaqueObject: 8 } as const;
const format = { raw: 1, opaque: 2, pkcs1: 3, transparentSymmetricKey: 7 } as const;
const aes = 3;
const key128 = '0123456789abcdef0123456789abcdef';

/** The attributes of a request in the version's shape: 1.x name first, value under the 2.x tag. */
const given = (version: string, ...attributes: readonly [string, Item][]): Item =>
  isOld(version)
    ? struct('TemplateAttribute', ...attributes.map(([name, item]) => attribute(name, item)))
    : struct('Attributes', ...attributes.map(([, item]) => item));

const mask = (bits: number): [string, Item] => ['Cryptographic Usage Mask', int('CryptographicUsageMask', bits)];
const algorithm = (which: number): [string, Item] => [
  'Cryptographic Algorithm',
  enumerated('CryptographicAlgorithm', which),
];
const length = (bits: number): [string, Item] => ['Cryptographic Length', int('CryptographicLength', bits)];
const named = (name: string): [string, Item] => [
  'Name',
  struct('Name', text('NameValue', name), enumerated('NameType', 'UninterpretedTextString')),
];
const dated = (name: string, tag: TagName, seconds: number): [string, Item] => [name, date(tag, seconds)];

const keyValue = (hex: string, ...attributes: Item[]): Item =>
  struct('KeyValue', bytes('KeyMaterial', hex), ...attributes);
const transparent = (hex: string): Item => struct('KeyValue', struct('KeyMaterial', bytes('Key', hex)));
const said = (which: number, bits: number): Item[] => [
  enumerated('CryptographicAlgorithm', which),
  int('CryptographicLength', bits),
];
const keyBlock = (keyFormat: number, ...rest: Item[]): Item =>
  struct('KeyBlock', enumerated('KeyFormatType', keyFormat), ...rest);
const symmetricKey = (keyFormat: number, ...rest: Item[]): Item => struct('SymmetricKey', keyBlock(keyFormat, ...rest));
const rawAes = symmetricKey(format.raw, keyValue(key128), ...said(aes, 128));
const secretData = (keyFormat: number, hex: string): Item =>
  struct('SecretData', enumerated('SecretDataType', 'Password'), keyBlock(keyFormat, keyValue(hex)));
const opaqueObject = (hex: string): Item =>
  struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), bytes('OpaqueDataValue', hex));
const wrapping = struct(
  'KeyWrappingData',
  enumerated('WrappingMethod', 'Encrypt'),
  struct('EncryptionKeyInformation', text('UniqueIdentifier', 'the-wrapping-key')),
);

describe('Register', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const ask = async (version: string, objectType: number, attributes: Item, object: Item): Promise<Item> => {
    const payload = [enumerated('ObjectType', objectType), attributes, object];
    return at(await fixture.exchange(request(version, [item(code.register, payload)])), 'BatchItem') as Item;
  };
  const registered = async (version: string, objectType: number, attributes: Item, object: Item): Promise<string> => {
    const answer = await ask(version, objectType, attributes, object);
    expect(at(answer, 'ResultMessage')?.value).to.equal(undefined);
    expect(all(at(answer, 'ResponsePayload') as Item, 'UniqueIdentifier')).to.have.length(1);
    expect((at(answer, 'ResponsePayload') as Item).value).to.have.length(1);
    return value(answer, 'ResponsePayload', 'UniqueIdentifier') as string;
  };
  const refusal = async (version: string, objectType: number, attributes: Item, object: Item): Promise<unknown> => {
    const answer = await ask(version, objectType, attributes, object);
    expect(value(answer, 'ResultStatus'), String(at(answer, 'ResultMessage')?.value)).to.equal(1);
    return [value(answer, 'ResultReason'), at(answer, 'ResultMessage')?.value];
  };
  const get = async (version: string, id: string): Promise<Item> =>
    at(
      await fixture.exchange(request(version, [item(code.get, [text('UniqueIdentifier', id)])])),
      'BatchItem',
      'ResponsePayload',
    ) as Item;
  const attributesOf = async (id: string) => {
    const { objectKind } = await import('#repository/object-record');
    return (await fixture.store.get(objectKind, id))?.value.attributes;
  };

  for (const version of versions) {
    it(`takes a raw symmetric key in ${version}, and Get gives it back`, async () => {
      const id = await registered(version, type.symmetricKey, given(version, mask(12)), rawAes);
      expect((await get(version, id)).value).to.deep.include(rawAes);
    });

    it(`takes secret data without algorithm, length and mask in ${version}`, async () => {
      const secret = secretData(format.opaque, '2a2a');
      const id = await registered(version, type.secretData, given(version, named('secret')), secret);
      expect((await get(version, id)).value).to.deep.include(secret);
    });

    it(`takes an opaque object in ${version}`, async () => {
      const object = opaqueObject('53656372657450617373776f7264');
      const id = await registered(version, type.opaqueObject, given(version, named('opaque')), object);
      expect((await get(version, id)).value).to.deep.include(object);
    });

    it(`refuses an object of another type than its Object Type in ${version}`, async () => {
      const refused = await refusal(version, type.secretData, given(version, mask(12)), rawAes);
      // 1.4 §11.4: Invalid Field. 2.1 §6.1.43.1: Invalid Object Type.
      expect(refused).to.deep.equal([
        isOld(version) ? 7 : 0x30,
        'Object Type is SecretData, but the object given is a SymmetricKey',
      ]);
    });
  }

  it('answers in 1.0 with the Unique Identifier and nothing else', async () => {
    const answer = await ask('1.0', type.symmetricKey, given('1.0', mask(12)), rawAes);
    expect((at(answer, 'ResponsePayload') as Item).value).to.have.length(1);
  });

  it('takes algorithm and length from the Key Block, from attributes, or from both', async () => {
    const bare = symmetricKey(format.raw, keyValue(key128));
    const both = given('1.4', mask(12), algorithm(aes), length(128));
    for (const [attributes, key] of [
      [given('1.4', mask(12)), rawAes],
      [both, bare],
      [both, rawAes],
    ] as const) {
      const attributesHeld = await attributesOf(await registered('1.4', type.symmetricKey, attributes, key));
      expect(attributesHeld).to.include({ cryptographicAlgorithm: 'AES', cryptographicLength: 128 });
    }
  });

  it('gives a transparent key back transparent, its length checked', async () => {
    const key = (hex: string): Item =>
      symmetricKey(format.transparentSymmetricKey, transparent(hex), ...said(aes, 128));
    const id = await registered('2.1', type.symmetricKey, given('2.1', mask(8)), key(key128));
    expect((await get('2.1', id)).value).to.deep.include(key(key128));
    expect(await refusal('2.1', type.symmetricKey, given('2.1', mask(8)), key('0011'))).to.deep.equal([
      0x2d,
      'Key Material must be 16 bytes for AES of 128 bits, not 2',
    ]);
  });

  it('refuses keys that the text does not allow, and says why', async () => {
    const encrypting = given('1.4', mask(12));
    const cases: readonly [Item, Item, string][] = [
      [
        encrypting,
        symmetricKey(format.raw, keyValue(key128)),
        'Cryptographic Algorithm and Cryptographic Length are required for a symmetric key',
      ],
      [
        encrypting,
        symmetricKey(format.raw, keyValue(`${key128}00`), ...said(aes, 128)),
        'Key Material must be 16 bytes for AES of 128 bits, not 17',
      ],
      [
        encrypting,
        symmetricKey(format.raw, keyValue(key128), ...said(aes, 100)),
        'Cryptographic Length 100 is not supported for AES',
      ],
      [
        encrypting,
        symmetricKey(format.raw, keyValue(key128), ...said(4, 2048)),
        'Cryptographic Length 2048 is not supported for RSA',
      ],
      [
        encrypting,
        symmetricKey(format.raw, keyValue(key128), enumerated('CryptographicAlgorithm', aes)),
        'Key Block must have both Cryptographic Algorithm and Cryptographic Length, or neither',
      ],
      [
        encrypting,
        symmetricKey(format.pkcs1, keyValue(key128), ...said(aes, 128)),
        'Key Format Type must be one of Raw, Opaque, TransparentSymmetricKey, not PKCS_1',
      ],
      [
        encrypting,
        symmetricKey(format.raw, transparent(key128), ...said(aes, 128)),
        'Key Material must be a Byte String for Key Format Type Raw',
      ],
      [
        encrypting,
        symmetricKey(format.transparentSymmetricKey, keyValue(key128), ...said(aes, 128)),
        'Key Material must be a Structure with exactly one Key for Key Format Type TransparentSymmetricKey',
      ],
      [
        given('1.4', mask(12), algorithm(2), length(128)),
        rawAes,
        'Cryptographic Algorithm does not match the Key Block',
      ],
      [
        given('1.4', mask(12), algorithm(aes), length(256)),
        rawAes,
        'Cryptographic Length does not match the Key Block',
      ],
      [given('1.4'), rawAes, 'Cryptographic Usage Mask is required to register a SymmetricKey'],
      [
        encrypting,
        symmetricKey(format.raw, bytes('KeyValue', key128), ...said(aes, 128)),
        'Key Wrapping Data is required when Key Value is a Byte String',
      ],
      [
        encrypting,
        symmetricKey(format.raw, keyValue(key128), ...said(aes, 128), wrapping),
        'Key Wrapping Data is given, but Key Value is not wrapped',
      ],
      [
        encrypting,
        symmetricKey(
          format.raw,
          bytes('KeyValue', key128),
          struct('KeyWrappingData', enumerated('WrappingMethod', 'Encrypt')),
        ),
        'Key Wrapping Data must have Encryption Key Information or MAC/Signature Key Information',
      ],
    ];
    for (const [attributes, key, why] of cases) {
      expect(await refusal('1.4', type.symmetricKey, attributes, key)).to.deep.equal([7, why]);
    }
  });

  it('keeps a wrapped key as it came, links it to its wrapping key and claims no digest of it', async () => {
    const wrapped = symmetricKey(format.raw, bytes('KeyValue', 'deadbeef'.repeat(5)), ...said(aes, 128), wrapping);
    const id = await registered('2.1', type.symmetricKey, given('2.1', mask(12)), wrapped);
    expect((await get('2.1', id)).value).to.deep.include(wrapped);
    const attributes = await attributesOf(id);
    expect(attributes?.link).to.deep.equal([
      { linkType: 'WrappingKeyLink', linkedObjectIdentifier: 'the-wrapping-key' },
    ]);
    expect(attributes).not.to.have.property('digest');
  });

  it('takes a wrapped key that keeps algorithm and length to itself', async () => {
    const wrapped = symmetricKey(format.raw, bytes('KeyValue', 'deadbeef'.repeat(5)), wrapping);
    await registered('1.4', type.symmetricKey, given('1.4', mask(12)), wrapped);
  });

  it('takes a key without Key Value from 1.2 on, where Key Value Present can say so', async () => {
    const absent = symmetricKey(format.raw, ...said(aes, 128));
    const where: [string, Item] = [
      'Key Value Location',
      struct(
        'KeyValueLocation',
        text('KeyValueLocationValue', 'safe'),
        enumerated('KeyValueLocationType', 'UninterpretedTextString'),
      ),
    ];
    const id = await registered('1.2', type.symmetricKey, given('1.2', mask(12), where), absent);
    expect(await attributesOf(id)).to.include({ keyValuePresent: false });
    expect(await refusal('1.1', type.symmetricKey, given('1.1', mask(12)), absent)).to.deep.equal([
      4,
      'Key Block lacks Key Value',
    ]);
    const present = await attributesOf(await registered('1.2', type.symmetricKey, given('1.2', mask(12)), rawAes));
    expect(present).not.to.have.property('keyValuePresent');
  });

  it("makes the attributes inside a Key Value the object's, and gives them back inside it", async () => {
    const inside = attribute('Contact Information', text('AttributeValue', 'ops'));
    const key = symmetricKey(format.raw, keyValue(key128, inside), ...said(aes, 128));
    const id = await registered('1.4', type.symmetricKey, given('1.4', mask(12)), key);
    expect(await attributesOf(id)).to.include({ contactInformation: 'ops' });
    expect((await get('1.4', id)).value).to.deep.include(key);
    const other: [string, Item] = ['Contact Information', text('ContactInformation', 'dev')];
    expect(await refusal('1.4', type.symmetricKey, given('1.4', mask(12), other), key)).to.deep.equal([
      7,
      'Contact Information must not be given twice with different values',
    ]);
  });

  it('puts a key in the state that its dates say', async () => {
    const now = Math.floor(fixture.clock.now / 1000);
    const activation = (seconds: number) => dated('Activation Date', 'ActivationDate', seconds);
    const deactivation = (seconds: number) => dated('Deactivation Date', 'DeactivationDate', seconds);
    for (const [dates, state] of [
      [[], 'PreActive'],
      [[activation(now + 1)], 'PreActive'],
      [[activation(now - 1)], 'Active'],
      [[activation(now - 2), deactivation(now - 1)], 'Deactivated'],
    ] as const) {
      const id = await registered('2.1', type.symmetricKey, given('2.1', mask(12), ...dates), rawAes);
      expect(await attributesOf(id)).to.include({ state });
    }
  });

  it('refuses dates in an order that the text forbids', async () => {
    for (const [earlier, later, why] of [
      [
        dated('', 'ActivationDate', 200),
        dated('', 'ProcessStartDate', 100),
        'Process Start Date must not be before Activation Date',
      ],
      [
        dated('', 'ProtectStopDate', 200),
        dated('', 'DeactivationDate', 100),
        'Deactivation Date must not be before Protect Stop Date',
      ],
    ] as const) {
      const attributes = given('2.1', mask(12), earlier, later);
      expect(await refusal('2.1', type.symmetricKey, attributes, rawAes)).to.deep.equal([0x2d, why]);
    }
  });

  it('computes the digest of the material (2.1 §4.21)', async () => {
    const { createHash } = await import('node:crypto');
    const digest = (hex: string): Buffer => createHash('sha256').update(Buffer.from(hex, 'hex')).digest();
    const key = await attributesOf(await registered('2.1', type.symmetricKey, given('2.1', mask(12)), rawAes));
    expect(key?.digest?.[0]).to.include({ hashingAlgorithm: 'SHA_256', keyFormatType: 'Raw' });
    expect(Buffer.from(key?.digest?.[0]?.digestValue as Uint8Array).equals(digest(key128))).to.equal(true);
    const opaque = await attributesOf(await registered('2.1', type.opaqueObject, given('2.1'), opaqueObject('aabb')));
    expect(Buffer.from(opaque?.digest?.[0]?.digestValue as Uint8Array).equals(digest('aabb'))).to.equal(true);
    expect(opaque).to.include({ opaqueDataType: '0x80000001', keyFormatType: 'Opaque' });
  });

  it("gives an object what a Template says, the client's own values before it (1.x)", async () => {
    const group = (name: string): Item => attribute('Object Group', text('AttributeValue', name));
    const template = struct(
      'Template',
      group('templates-group'),
      attribute('x-Rack', text('AttributeValue', '7')),
      attribute('Contact Information', text('AttributeValue', 'template')),
      attribute('Name', named('template-1')[1]),
    );
    const id = await registered('1.0', type.template, struct('TemplateAttribute'), template);
    expect((await get('1.0', id)).value).to.have.length(3);
    const attributes = struct(
      'TemplateAttribute',
      struct('Name', text('NameValue', 'template-1'), enumerated('NameType', 'UninterpretedTextString')),
      attribute('Contact Information', text('AttributeValue', 'own')),
    );
    const secret = await registered('1.0', type.secretData, attributes, secretData(format.opaque, '2a2a'));
    const held = await attributesOf(secret);
    expect(held).to.deep.include({ objectGroup: ['templates-group'], contactInformation: 'own' });
    expect(held?.vendorAttribute?.[0]).to.deep.include({ vendorIdentification: 'x', attributeName: 'Rack' });
    expect(held).not.to.have.property('name');
  });

  it('answers Item Not Found when a Template does not exist (1.4 §11.4)', async () => {
    const attributes = struct(
      'TemplateAttribute',
      struct('Name', text('NameValue', 'not a template'), enumerated('NameType', 'UninterpretedTextString')),
    );
    expect(await refusal('1.4', type.secretData, attributes, secretData(format.opaque, '2a'))).to.deep.equal([
      1,
      'Template not found: no Template with this Name is accessible to this client',
    ]);
  });

  it('knows no Templates in 2.x', async () => {
    const [reason] = (await refusal('2.1', type.template, given('2.1'), struct('Template'))) as [number];
    expect(reason).to.equal(7);
  });

  it('refuses a public key that is none', async () => {
    const key = struct('PublicKey', keyBlock(format.pkcs1, keyValue('3000'), ...said(4, 2048)));
    expect(await refusal('2.1', type.publicKey, given('2.1', mask(2)), key)).to.deep.equal([
      7,
      'the PKCS#1 public key must have two numbers',
    ]);
  });

  it("refuses attributes that are the server's", async () => {
    const attributes = given('2.1', mask(12), ['State', enumerated('State', 'Active')]);
    const [, why] = (await refusal('2.1', type.symmetricKey, attributes, rawAes)) as [number, string];
    expect(why).to.equal('State must not be given: only the server sets it');
  });

  it('sets the ID Placeholder', async () => {
    const answer = await fixture.exchange(
      request('1.2', [
        item(code.register, [enumerated('ObjectType', type.symmetricKey), given('1.2', mask(12)), rawAes], '01'),
        item(code.get, [], '02'),
      ]),
    );
    expect(value(answer, 'BatchItem', 1, 'ResponsePayload', 'UniqueIdentifier')).to.equal(
      value(answer, 'BatchItem', 0, 'ResponsePayload', 'UniqueIdentifier'),
    );
  });

  describe('as real clients use it', () => {
    it('mongodb-csfle-register-activate-get', async () => {
      const seed = 'ab'.repeat(96);
      const object = struct(
        'SecretData',
        enumerated('SecretDataType', 'Seed'),
        keyBlock(format.opaque, keyValue(seed)),
      );
      const id = await registered('1.2', type.secretData, given('1.2', mask(0)), object);
      await fixture.exchange(request('1.2', [item('Activate', [text('UniqueIdentifier', id)])]));
      expect(await attributesOf(id)).to.include({ state: 'Active', cryptographicUsageMask: 0 });
      expect((await get('1.2', id)).value).to.deep.include(object);
    });

    it('mask-zero-and-nameless-pairs: a nameless key and secret with mask 0', async () => {
      await registered('1.1', type.symmetricKey, given('1.1', mask(0)), rawAes);
      await registered('1.1', type.secretData, given('1.1', mask(0)), secretData(format.raw, '70617373'));
    });
  });
});
