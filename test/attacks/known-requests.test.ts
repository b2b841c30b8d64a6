/** Requests that once kept everybody waiting for seconds to minutes, or ended the process: with their exact figures. */
import { expect } from 'chai';
import { custom, given, id, name, named, serverForEach, aes, pairSet, type Caller } from '#test/clients/caller';
import { encryption, method, register, wrapKeyBit, wrapping } from '#test/operations/wrapping/wrapping';
import { answersOf, type Answer } from '#test/fixtures/batches';
import { all, attribute, enumerated, int, request, struct, text, value, item } from '#test/fixtures/items';
import { decode, encode, type Item } from '#ttlv/index';
import { fill } from './full-objects.ts';
import { many } from './many-attributes.ts';
import { longestPause, measured } from './pauses.ts';
import { bestOf } from '#test/fixtures/timing';

const list = <T>(count: number, make: (place: number) => T): T[] =>
  Array.from({ length: count }, (_, place) => make(place));

describe('a request that once stopped everybody', () => {
  const server = serverForEach();

  /**
   * Sends the items up to three times, as the same client as `server.caller`: the answers, and the shortest pause of
   * all.
   */
  async function sent(version: string, items: readonly Item[]): Promise<readonly Answer[]> {
    const { handler, session } = server.fixture;
    const bytes = encode(request(version, items));
    let shortest = Infinity;
    let answers: readonly Answer[] = [];
    for (let tries = 0; tries < 3 && shortest > longestPause / 2; tries++) {
      const { pause, result } = await measured(() => handler.handle(Uint8Array.from(bytes), session()));
      shortest = Math.min(shortest, pause);
      answers = answersOf(decode(result, { maximumBytes: result.length, maximumItems: 2 ** 20 }));
    }
    expect(shortest, 'milliseconds without a turn for others').to.be.below(longestPause);
    return answers;
  }

  async function refused(version: string, items: readonly Item[], says: RegExp): Promise<void> {
    const answers = await sent(version, items);
    const last = answers.at(-1);
    expect(last?.status).to.equal('OperationFailed');
    expect(last?.message).to.match(says);
  }

  async function granted(version: string, items: readonly Item[]): Promise<void> {
    for (const { status, message } of await sent(version, items)) expect(status, message).to.equal('Success');
  }

  async function template(here: Caller, called: string, attributes: readonly Item[]): Promise<void> {
    const content = struct('Template', attribute('Name', name(called)), ...attributes.map(named));
    await here.call('Register', enumerated('ObjectType', 'Template'), struct('TemplateAttribute'), content);
  }

  const key = (...attributes: Item[]): Item[] => [
    enumerated('ObjectType', 'SymmetricKey'),
    struct('TemplateAttribute', ...attributes, ...aes().map(named)),
  ];

  it('is a Create that names a Template of 990 groups 6,600 times', async () => {
    await template(server.caller('1.4'), 'many', many('group', '1.4', 990));
    await refused('1.4', [item('Create', key(...list(6600, () => name('many'))))], /^Name must /);
    await refused('1.4', [item('Create', key(name('many'), name('many')))], /^Name must not be given twice/);
    await granted('1.4', [item('Create', key(name('many')))]);
  });

  it('is a Create that names twenty Templates of 990 values each', async () => {
    const here = server.caller('1.4');
    const names = list(20, (place) => name(`many ${place}`));
    for (const place of names.keys()) await template(here, `many ${place}`, many('group', '1.4', 990));
    await granted('1.4', [item('Create', key(...names))]);
  });

  const defaults = (types: number, ...attributes: Item[]): Item =>
    struct(
      'DefaultsInformation',
      struct(
        'ObjectDefaults',
        struct('ObjectTypes', ...list(types, () => enumerated('ObjectType', 'SymmetricKey'))),
        struct('Attributes', ...attributes),
      ),
    );

  it('is a Set Defaults of 400 Names for 400 Object Types', async () => {
    const names = list(400, (place) => name(`n${place}`));
    await refused(
      '2.1',
      [item('SetDefaults', [defaults(400, ...names)])],
      /^Object Type must be given at most 10 times$/,
    );
    await granted('2.1', [item('SetDefaults', [defaults(10, ...names)])]);
  });

  it('is a Set Defaults of 490 groups for 18,000 Object Types', async () => {
    const groups = many('group', '2.1', 490);
    await refused(
      '2.1',
      [item('SetDefaults', [defaults(18_000, ...groups)])],
      /^Object Type must be given at most 10 times$/,
    );
    await granted('2.1', [item('SetDefaults', [defaults(10, ...groups)])]);
  });

  it('is a Get Attributes of 19,000 custom names on an object that has 900', async () => {
    const which = await server.caller('2.1').create();
    await fill(server.fixture.store, which, many('custom', '2.1', 900));
    const names = (count: number) => list(count, (place) => text('AttributeName', `x-c${place}`));
    await refused('1.4', [item('GetAttributes', [id(which), ...names(19_000)])], /at most \d+ times$/);
    const [answer] = await sent('1.4', [item('GetAttributes', [id(which), ...names(1000)])]);
    expect(all(answer?.payload as Item, 'Attribute')).to.have.length(900);
  });

  it('is a Get Attributes of as many references to vendor attributes', async () => {
    const which = await server.caller('2.1').create();
    await fill(server.fixture.store, which, many('custom', '2.1', 900));
    const references = (count: number) =>
      list(count, (place) =>
        struct('AttributeReference', text('VendorIdentification', 'x'), text('AttributeName', `c${place}`)),
      );
    await refused('2.1', [item('GetAttributes', [id(which), ...references(6500)])], /at most \d+ times$/);
    await granted('2.1', [item('GetAttributes', [id(which), ...references(1000)])]);
  });

  it('is a Create Key Pair that names 3,200 parameters in two Templates', async () => {
    const parameters = (count: number) => many('parameters', '1.4', count);
    await refused(
      '1.4',
      [
        item('Register', [
          enumerated('ObjectType', 'Template'),
          struct('TemplateAttribute'),
          struct('Template', ...parameters(3200).map(named)),
        ]),
      ],
      /at most 2500 times$/,
    );
    const here = server.caller('1.4');
    await template(here, 'one', parameters(990));
    await template(here, 'other', parameters(990));
    const ec = [
      enumerated('CryptographicAlgorithm', 'ECDSA'),
      struct('CryptographicDomainParameters', enumerated('RecommendedCurve', 'P_256')),
    ];
    const set = (whose: 'PrivateKey' | 'PublicKey', called: string): Item => {
      const made = pairSet('1.4', whose);
      return { ...made, value: [name(called)] } as Item;
    };
    await granted('1.4', [
      item('CreateKeyPair', [pairSet('1.4', 'Common', ...ec), set('PrivateKey', 'one'), set('PublicKey', 'other')]),
    ]);
  });

  const links = (count: number): Item[] =>
    list(count, (place) =>
      struct('Link', enumerated('LinkType', 'DerivationBaseObjectLink'), int('LinkedObjectIdentifier', place % 500)),
    );

  it('is a Locate of many and a Create with 6,000 Links by number', async () => {
    const here = server.caller('2.1');
    for (let batch = 0; batch < 10; batch++) {
      await here.send(
        list(50, (place) =>
          item(
            'Create',
            [enumerated('ObjectType', 'SymmetricKey'), given('2.1', ...aes())],
            String(place).padStart(4, '0'),
          ),
        ),
      );
    }
    const locate = item('Locate', [struct('Attributes')], '01');
    const create = (count: number) =>
      item('Create', [enumerated('ObjectType', 'SymmetricKey'), given('2.1', ...aes(), ...links(count))], '02');
    await refused('2.1', [locate, create(6000)], /at most 2500 times$/);
    await refused('2.1', [locate, create(2000)], /^Link must be given at most 1000 times$/);
    await granted('2.1', [locate, create(990)]);
  });

  it('is a Register of 3,000 and 3,000 Names, without and within the Key Value', async () => {
    const withNames = (count: number): Item => {
      const names = (what: string) => list(count, (place) => name(`${what} ${place}`));
      return item('Register', [
        enumerated('ObjectType', 'SymmetricKey'),
        given('2.1', ...aes(), ...names('without')),
        struct(
          'SymmetricKey',
          struct(
            'KeyBlock',
            enumerated('KeyFormatType', 'Raw'),
            struct(
              'KeyValue',
              { ...text('KeyMaterial', ''), type: 8, value: Buffer.alloc(32) },
              struct('Attributes', ...names('within')),
            ),
            enumerated('CryptographicAlgorithm', 'AES'),
            int('CryptographicLength', 256),
          ),
        ),
      ]);
    };
    await refused('2.1', [withNames(3000)], /at most 2500 times$/);
    await refused('2.1', [withNames(1200)], /at most 1000 values$/);
    await granted('2.1', [withNames(490)]);
  });

  it('is a Locate by 100 partial parameters over 256 objects of 999', async () => {
    const here = server.caller('2.1');
    const held = many('parameters', '2.1', 999);
    const create = item('Create', [enumerated('ObjectType', 'SymmetricKey'), given('2.1', ...aes())]);
    for (let batch = 0; batch < 4; batch++) {
      const made = await here.send(list(64, () => create));
      const ids = made.map(({ payload }) => value(payload, 'UniqueIdentifier') as string);
      await Promise.all(ids.map((each) => fill(server.fixture.store, each, held)));
    }
    const asked = list(100, (place) => struct('CryptographicParameters', int('IVLength', 998 - place)));
    const [answer] = await sent('2.1', [item('Locate', [struct('Attributes', ...asked)])]);
    expect(all(answer?.payload as Item, 'UniqueIdentifier')).to.have.length(256);
  });

  it('is a Query of 19,800 functions', async () => {
    const functions = (count: number) => list(count, (place) => enumerated('QueryFunction', 1 + (place % 14)));
    await refused('2.1', [item('Query', functions(19_800))], /^Query Function must be given at most 100 times$/);
    await granted('2.1', [item('Query', functions(100))]);
  });

  for (const operation of ['Get', 'Export'] as const) {
    it(`is a ${operation} of a wrapped key of 1,000 Names with Attribute Name "Name" 19,000 times`, async () => {
      const here = server.caller('2.1');
      const kek = await register(here, { mask: wrapKeyBit });
      const which = await here.create();
      await fill(
        server.fixture.store,
        which,
        list(1000, (place) => name(`name ${place}`)),
      );
      const asked = (...names: Item[]): Item =>
        item(operation, [
          id(which),
          wrapping(
            method.encrypt,
            encryption(kek, struct('CryptographicParameters', enumerated('BlockCipherMode', 'NISTKeyWrap'))),
            ...names,
          ),
        ]);
      const growth = async (): Promise<number> => {
        const before = process.memoryUsage.rss();
        await refused('2.1', [asked(...list(19_000, () => text('AttributeName', 'Name')))], /^Attribute Name must /);
        return process.memoryUsage.rss() - before;
      };
      expect(await bestOf(64 * 1024 * 1024, growth), 'bytes more').to.be.below(64 * 1024 * 1024);
      await refused('2.1', [asked(text('AttributeName', 'Name'), text('AttributeName', 'Name'))], /not be given twice/);
      await granted('2.1', [asked(text('AttributeName', 'Name'))]);
    });
  }

  it('is a batch that reads an object of a thousand values a hundred times', async () => {
    const which = await server.caller('2.1').create();
    await fill(server.fixture.store, which, [...many('group', '2.1', 900), ...many('parameters', '2.1', 990)]);
    const reads = list(100, (place) => item('GetAttributes', [id(which)], String(place).padStart(4, '0')));
    await granted('2.1', reads);
  });

  it('is a batch with Undo that makes objects of a thousand index entries', async () => {
    const create = (place: number): Item =>
      item(
        'Create',
        [enumerated('ObjectType', 'SymmetricKey'), given('2.1', ...aes(), ...many('group', '2.1', 900))],
        String(place).padStart(4, '0'),
      );
    const undo = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };
    const bytes = encode(request('2.1', list(20, create), undo));
    let shortest = Infinity;
    for (let tries = 0; tries < 3 && shortest > longestPause / 2; tries++) {
      const { pause, result } = await measured(() => server.fixture.handler.handle(bytes, server.fixture.session()));
      shortest = Math.min(shortest, pause);
      expect(answersOf(decode(result)).at(-1)?.message).to.include('at most 4096 changes');
    }
    expect(shortest).to.be.below(longestPause);
  });

  it('is a Create Split Key of 255 parts with many attributes each', async () => {
    const split = (...attributes: Item[]): Item =>
      item('CreateSplitKey', [
        enumerated('ObjectType', 'SplitKey'),
        int('SplitKeyParts', 255),
        int('SplitKeyThreshold', 255),
        enumerated('SplitKeyMethod', 'XOR'),
        given('2.1', ...aes(), ...attributes),
      ]);
    await refused('2.1', [split(...many('parameters', '2.1', 990))], /at most 25000 attribute values/);
    await refused('2.1', [split(...many('group', '2.1', 90))], /at most 4096 records and index entries/);
    await granted('2.1', [split(...many('group', '2.1', 8), ...many('parameters', '2.1', 80))]);
  });

  it('is a change of an object of seven megabytes of text', async () => {
    const here = server.caller('2.1');
    const which = await here.create();
    const texts = list(110, (place) => custom('2.1', `t${place}`, text('AttributeValue', '\u00e9'.repeat(32_000))));
    await fill(server.fixture.store, which, texts);
    await granted('2.1', [item('GetAttributes', [id(which)])]);
    await granted('2.1', [item('SetAttribute', [id(which), struct('NewAttribute', text('ContactInformation', 'x'))])]);
  });

  it('is a message of nothing but the smallest items, or of the dearest', () => {
    const shapes: readonly Item[][] = [
      list(19_999, () => struct('Name')),
      list(19_999, () => text('NameValue', 'a')),
      list(19_999, () => text('NameValue', '\u00e9'.repeat(20))),
      list(19_999, () => ({ ...text('PrimeFieldSize', ''), type: 4, value: 1n << 300n })),
    ];
    for (const shape of shapes) {
      const bytes = encode(struct('RequestMessage', ...shape));
      let shortest = Infinity;
      for (let tries = 0; tries < 5 && shortest > longestPause / 2; tries++) {
        const from = process.cpuUsage();
        decode(bytes);
        const { user, system } = process.cpuUsage(from);
        shortest = Math.min(shortest, (user + system) / 1000);
      }
      expect(shortest).to.be.below(longestPause);
    }
  });
});
