/** Objects of many kinds and states that requests refer to, made again when they are used up. */
import type { Fixture } from '#test/fixtures/fixture';
import { objectIn, states, statefulTypes } from '#test/access/objects-in-states';
import { aes, callerOf, given, id, name, pairSet, type Caller } from '#test/clients/caller';
import { bytes, date, enumerated, int, long, struct, text, value } from '#test/fixtures/items';
import { enumerationNumber } from '#protocol/enumerations';
import type { Handler, Session } from '#test/fixtures/handler';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import type { Chance } from '#test/fixtures/chance';
import { keyBlock } from '#test/fixtures/key-blocks';

export type Exchange = (request: Uint8Array) => Promise<Uint8Array>;

export interface Pooled {
  readonly id: string;
  readonly kind: string;
}

export interface Pool {
  readonly objects: readonly Pooled[];
  /** Makes objects of one kind again. Rejects when the server does not. */
  renew(chance: Chance): Promise<void>;
  any(chance: Chance): Pooled;
  /** One whose kind begins so, or any. */
  like(beginning: string, chance: Chance): Pooled;
}

/** For a caller or a fixture, what it needs of a server: an exchange of bytes. */
export const callerOver = (exchange: Exchange, version: string): Caller =>
  callerOf(
    { handle: (request: Uint8Array) => exchange(request) } as Partial<Handler> as Handler,
    {} as Session,
    version,
  );
const fixtureOver = (exchange: Exchange): Fixture =>
  ({ exchange: async (request: Item) => decode(await exchange(encode(request))) }) as Fixture;

const active = date('ActivationDate', 1_700_000_000);
const everyUse = 0x3fffff;
/** What a container of the formats is opened with. */
export const password = 'correct horse';

type Make = (exchange: Exchange) => Promise<readonly string[]>;

const pair =
  (version: string, ...common: Item[]): Make =>
  async (exchange) => {
    const payload = await callerOver(exchange, version).call(
      'CreateKeyPair',
      pairSet(version, 'Common', ...common, active),
      pairSet(version, 'PrivateKey', int('CryptographicUsageMask', everyUse & ~0x10)),
      pairSet(version, 'PublicKey', int('CryptographicUsageMask', 0x12 | 4)),
    );
    return [
      value(payload, 'PrivateKeyUniqueIdentifier') as string,
      value(payload, 'PublicKeyUniqueIdentifier') as string,
    ];
  };

const created =
  (version: string, ...attributes: Item[]): Make =>
  async (exchange) => [
    value(
      await callerOver(exchange, version).call(
        'Create',
        enumerated('ObjectType', 'SymmetricKey'),
        given(version, ...attributes),
      ),
      'UniqueIdentifier',
    ) as string,
  ];

const secret: Make = async (exchange) => [
  value(
    await callerOver(exchange, '1.4').call(
      'Register',
      enumerated('ObjectType', 'SecretData'),
      given('1.4', active, int('CryptographicUsageMask', everyUse)),
      struct(
        'SecretData',
        enumerated('SecretDataType', 'Password'),
        keyBlock('Opaque', bytes('KeyMaterial', Buffer.from(password).toString('hex'))),
      ),
    ),
    'UniqueIdentifier',
  ) as string,
];

const ecPair = pair(
  '2.1',
  enumerated('CryptographicAlgorithm', 'ECDSA'),
  struct(
    'CryptographicDomainParameters',
    enumerated('RecommendedCurve', enumerationNumber('RecommendedCurve', 'P_256') as number),
  ),
);

const makers: ReadonlyMap<string, Make> = new Map<string, Make>([
  ...['1.4', '2.1'].flatMap((version) =>
    statefulTypes.flatMap((type) =>
      states.map((state): [string, Make] => [
        `${type} ${state} ${version}`,
        async (exchange) => [await objectIn(fixtureOver(exchange), version, type, state)],
      ]),
    ),
  ),
  ['Template', async (exchange) => [await objectIn(fixtureOver(exchange), '1.4', 'Template')]],
  ['CertificateRequest', async (exchange) => [await objectIn(fixtureOver(exchange), '2.1', 'CertificateRequest')]],
  ['aes', created('1.4', ...aes(everyUse), active)],
  ['aes named', created('2.1', ...aes(everyUse), active, ...Array.from({ length: 300 }, (_, n) => name(`name ${n}`)))],
  [
    'aes limited',
    created(
      '2.1',
      ...aes(everyUse),
      active,
      struct('UsageLimits', long('UsageLimitsTotal', 1000n), enumerated('UsageLimitsUnit', 'Byte')),
      text('ObjectGroup', 'group'),
    ),
  ],
  [
    'hmac',
    created(
      '1.4',
      enumerated('CryptographicAlgorithm', 'HMAC_SHA256'),
      int('CryptographicLength', 256),
      int('CryptographicUsageMask', everyUse),
      active,
    ),
  ],
  ['pair rsa', pair('1.4', enumerated('CryptographicAlgorithm', 'RSA'), int('CryptographicLength', 2048))],
  ['pair ec', ecPair],
  ['secret', secret],
  [
    'certificate',
    async (exchange) => {
      const [, publicKey = ''] = await ecPair(exchange);
      return [
        value(await callerOver(exchange, '1.4').call('Certify', id(publicKey)), 'UniqueIdentifier') as string,
        publicKey,
      ];
    },
  ],
  [
    'split',
    async (exchange) => {
      const answer = await callerOver(exchange, '1.4').call(
        'CreateSplitKey',
        enumerated('ObjectType', 'SplitKey'),
        int('SplitKeyParts', 3),
        int('SplitKeyThreshold', 2),
        enumerated('SplitKeyMethod', 'PolynomialSharingPrimeField'),
        given('1.4', ...aes(everyUse), active),
      );
      return (answer.value as Item[]).map((part) => part.value as string);
    },
  ],
]);

/** The kinds of objects, by which a replayed case has its objects made. */
export const kinds = [...makers.keys()];
/** Made first: containers are opened with its secret. */
const first = 'secret';

/** @param only kinds; all when not given. */
export async function openPool(exchange: Exchange, only: readonly string[] = kinds): Promise<Pool> {
  const objects: Pooled[] = [];
  const make = async (kind: string): Promise<void> => {
    const ids = await (makers.get(kind) as Make)(exchange);
    for (let at = objects.length - 1; at >= 0; at--) if (objects[at]?.kind === kind) objects.splice(at, 1);
    objects.push(...ids.map((each) => ({ id: each, kind })));
  };
  for (const kind of new Set([first, ...only])) await make(kind);
  const any = (chance: Chance): Pooled => chance.pick(objects);
  return {
    objects,
    any,
    async renew(chance) {
      const kind = chance.pick(only);
      try {
        await make(kind);
      } catch {
        // Requests may have set rules that nothing of this kind meets.
        const here = callerOver(exchange, '2.1');
        await here.call('SetConstraints', struct('Constraints'));
        await here.call('SetDefaults', struct('DefaultsInformation'));
        await make(kind);
      }
    },
    like(beginning, chance) {
      const found = objects.filter(({ kind }) => kind.startsWith(beginning));
      return found.length === 0 ? any(chance) : chance.pick(found);
    },
  };
}
