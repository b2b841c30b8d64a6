/**
 * For each operation that is served, a request that succeeds: makes what the operation needs, by the caller, and
 * answers with the operation's request payload. An operation without a row does not compile.
 */
import type { ServedOperation } from '#operations/registry/served';
import { enumerationNumber, type EnumerationName } from '#protocol/enumerations';
import type { TagName } from '#protocol/tags';
import { generateKeys } from '#certs/keys';
import { aes, given, id, name, pairSet, type Caller } from '#test/clients/caller';
import { all, bytes, enumerated, int, isOld, long, struct, text, value } from '#test/fixtures/items';
import type { VersionText } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { certificateItem, registerPublicKey } from '#test/operations/certificates/authority';
import { exported, importing, symmetricKey } from '#test/operations/fetch/export-import';
import { data, parameters, registerHalf, registerSymmetric } from '#test/operations/cryptography/keys-at-work';
import { activated } from '#test/operations/wrapping/wrapping';
import { custom, newAttribute, oneAttribute, referenceTo } from '#test/fixtures/attributes';

/** What rows make their objects with, and in which version. */
export interface World {
  readonly here: Caller;
  readonly version: VersionText;
  /** The server's own certificate, X.509 in DER. */
  readonly authority: Uint8Array;
}
type Row = (world: World) => readonly Item[] | Promise<readonly Item[]>;

const label = (tag: TagName & EnumerationName, which: string): Item =>
  enumerated(tag, enumerationNumber(tag, which) as number);
const contact = text('ContactInformation', 'somebody');
const aboutSymmetricKeys = struct('ObjectTypes', label('ObjectType', 'SymmetricKey'));
const revoked = struct('RevocationReason', label('RevocationReasonCode', 'CessationOfOperation'));
const smallPair = [
  label('CryptographicAlgorithm', 'ECDSA'),
  struct('CryptographicDomainParameters', label('RecommendedCurve', 'P_256')),
];
const sharing = [int('SplitKeyParts', 3), int('SplitKeyThreshold', 3), label('SplitKeyMethod', 'XOR')];
const pairOf = (version: string): Item => pairSet(version, 'Common', ...smallPair);

const ecb = struct('CryptographicParameters', label('BlockCipherMode', 'ECB'));
const ecdsa = parameters({ DigitalSignatureAlgorithm: 'ECDSAWithSHA256' });
const hmacKey = async ({ here }: World): Promise<Item> =>
  id(await registerSymmetric(here, 'HMAC_SHA256', '00'.repeat(32)));

const idOf = (payload: Item, tag: TagName = 'UniqueIdentifier'): string => value(payload, tag) as string;
/** The identifier of a key that encrypts and decrypts, Pre-Active unless `more` says otherwise. */
const key = async ({ here }: World, ...more: Item[]): Promise<Item> => id(await here.create(...more));

export const everyRequest = {
  Activate: async (world) => [await key(world)],
  AddAttribute: async (world) => [await key(world), newAttribute(world.version, contact)],
  AdjustAttribute: async (world) => [
    await key(world, oneAttribute(world.version, custom('x-count', long('AttributeValue', 1n)))),
    referenceTo(world.version, 'x-count'),
    label('AdjustmentType', 'Increment'),
  ],
  Archive: async (world) => [await key(world)],
  Certify: async ({ here }) => [id(await registerPublicKey(here, (await generateKeys('P-256')).publicKey))],
  Check: async (world) => [await key(world)],
  Create: ({ version }) => [label('ObjectType', 'SymmetricKey'), given(version, ...aes())],
  CreateKeyPair: ({ version }) => [pairOf(version)],
  CreateSplitKey: ({ version }) => [label('ObjectType', 'SplitKey'), ...sharing, given(version, ...aes())],
  Decrypt: async (world) => [await key(world, activated), ecb, bytes('Data', '00'.repeat(16))],
  DeleteAttribute: async (world) => [await key(world, contact), referenceTo(world.version, 'ContactInformation')],
  DeriveKey: async ({ here, version }) => {
    const base = await here.call(
      'Create',
      label('ObjectType', 'SymmetricKey'),
      given(version, ...aes(0x200), activated),
    );
    return [
      label('ObjectType', 'SymmetricKey'),
      id(idOf(base)),
      label('DerivationMethod', 'HASH'),
      struct('DerivationParameters', struct('CryptographicParameters', label('HashingAlgorithm', 'SHA_256'))),
      given(version, ...aes()),
    ];
  },
  Destroy: async (world) => [await key(world)],
  DiscoverVersions: () => [],
  Encrypt: async (world) => [await key(world, activated), ecb, bytes('Data', '00'.repeat(16))],
  Export: async (world) => [await key(world)],
  Get: async (world) => [await key(world)],
  GetAttributeList: async (world) => [await key(world)],
  GetAttributes: async (world) => [await key(world), referenceTo(world.version, 'State')],
  GetConstraints: () => [],
  GetUsageAllocation: async (world) => [
    await key(
      world,
      activated,
      struct('UsageLimits', long('UsageLimitsTotal', 9n), label('UsageLimitsUnit', 'Object')),
    ),
    long('UsageLimitsCount', 4n),
  ],
  Hash: () => [parameters({ HashingAlgorithm: 'SHA_256' }), data('abc')],
  Import: async ({ here, version }) => {
    const { object } = await exported(here, await here.create());
    return importing(here, symmetricKey(`from elsewhere in ${version}`, [int('CryptographicUsageMask', 12)], object));
  },
  Interop: () => [label('InteropFunction', 'Begin'), text('InteropIdentifier', 'case')],
  JoinSplitKey: async ({ here, version }) => {
    const parts = await here.call(
      'CreateSplitKey',
      label('ObjectType', 'SplitKey'),
      ...sharing,
      given(version, ...aes()),
    );
    return [label('ObjectType', 'SymmetricKey'), ...all(parts, 'UniqueIdentifier')];
  },
  Locate: async (world) => {
    await key(world, name('the key'));
    return isOld(world.version)
      ? [oneAttribute(world.version, name('the key'))]
      : [struct('Attributes', name('the key'))];
  },
  Log: () => [text('LogMessage', 'hello')],
  MAC: async (world) => [await hmacKey(world), data('abc')],
  MACVerify: async (world) => [await hmacKey(world), data('abc'), bytes('MACData', '00')],
  ModifyAttribute: async (world) => [
    await key(world, contact),
    newAttribute(world.version, text('ContactInformation', 'somebody else')),
  ],
  ObtainLease: async (world) => [await key(world, activated)],
  Ping: () => [],
  Query: () => [label('QueryFunction', 'QueryOperations')],
  RNGRetrieve: () => [int('DataLength', 32)],
  RNGSeed: () => [data('abc')],
  ReCertify: async ({ here }) => {
    const publicKey = await registerPublicKey(here, (await generateKeys('P-256')).publicKey);
    return [id(idOf(await here.call('Certify', id(publicKey))))];
  },
  ReKey: async (world) => [await key(world)],
  ReKeyKeyPair: async ({ here, version }) => [
    text(
      'PrivateKeyUniqueIdentifier',
      idOf(await here.call('CreateKeyPair', pairOf(version)), 'PrivateKeyUniqueIdentifier'),
    ),
  ],
  Recover: async (world) => {
    const archived = await key(world);
    await world.here.call('Archive', archived);
    return [archived];
  },
  Register: ({ version }) => [
    label('ObjectType', 'SecretData'),
    given(version),
    struct(
      'SecretData',
      label('SecretDataType', 'Password'),
      struct('KeyBlock', label('KeyFormatType', 'Raw'), struct('KeyValue', bytes('KeyMaterial', '70617373'))),
    ),
  ],
  Revoke: async (world) => [await key(world, activated), revoked],
  SetAttribute: async (world) => [await key(world), newAttribute(world.version, contact)],
  SetConstraints: () => [
    struct('Constraints', struct('Constraint', aboutSymmetricKeys, struct('Attributes', ...aes()))),
  ],
  SetDefaults: () => [
    struct('DefaultsInformation', struct('ObjectDefaults', aboutSymmetricKeys, struct('Attributes', contact))),
  ],
  Sign: async ({ here }) => [
    id(await registerHalf(here, (await generateKeys('P-256')).privateKey)),
    ecdsa,
    data('abc'),
  ],
  SignatureVerify: async ({ here }) => [
    id(await registerHalf(here, (await generateKeys('P-256')).publicKey)),
    ecdsa,
    data('abc'),
    bytes('SignatureData', '00'),
  ],
  Validate: ({ authority }) => [certificateItem(authority)],
} satisfies Record<ServedOperation, Row>;
