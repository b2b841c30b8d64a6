/** Keys and certificates that are not what they claim to be: each is refused with its reason, and nothing is kept. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { createAuthority, issueServerCertificate } from '#certs/authority';
import { generateKeys } from '#certs/keys';
import type { EcPrivateKey, GroupPublicKey, RsaPrivateKey } from '#crypto/keys/asymmetric-key';
import { writePrivateInfo, writePublicInfo } from '#crypto/keys/key-containers';
import { readKey } from '#crypto/keys/key-formats';
import { Tag, type TagName } from '#protocol/tags';
import { V2_1 } from '#protocol/versions';
import { callerOf, type Caller } from '#test/clients/caller';
import { makeKeyOfGroup } from '#test/crypto/keys/keys-of-openssl';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { bytes, enumerated, int, struct } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import { keyBlock } from '#test/fixtures/key-blocks';

const format = { raw: 1, pkcs1: 3, pkcs8: 4, x509: 5, transparentRsaPrivate: 10, transparentRsaPublic: 11 } as const;
const algorithm = { aes: 3, rsa: 4, ecdsa: 6 } as const;

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const pkcs8 = (key: KeyObject): Buffer => key.export({ type: 'pkcs8', format: 'der' });
const changed = (der: Buffer, place: number): Buffer => {
  const other = Buffer.from(der);
  other.writeUInt8((other.readUInt8(other.length + place) ^ 1) & 0xff, other.length + place);
  return other;
};

/** What the cases are made from. */
function makeKeys() {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const short = generateKeyPairSync('rsa', { modulusLength: 512 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const dsa = makeKeyOfGroup('-algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -pkeyopt dsa_paramgen_q_bits:160');
  const rsaKey = readKey('private', 'PKCS_8', pkcs8(rsa.privateKey), V2_1) as RsaPrivateKey;
  const dsaKey = readKey('public', 'X_509', dsa.publicKey, V2_1) as GroupPublicKey;
  return { rsa, short, ec, other, rsaKey, dsaKey, parts: rsaKey.parts as NonNullable<RsaPrivateKey['parts']> };
}
type Keys = ReturnType<typeof makeKeys>;

/** The RSA key with other numbers. */
const rsaWith = ({ rsaKey, parts }: Keys, more: Partial<Keys['parts']>, modulus = rsaKey.modulus): Uint8Array =>
  writePrivateInfo({ ...rsaKey, modulus, parts: { ...parts, ...more } }) as Uint8Array;
const dsaWith = ({ dsaKey }: Keys, group: Partial<GroupPublicKey['group']>, y = dsaKey.y): Uint8Array =>
  writePublicInfo({ ...dsaKey, group: { ...dsaKey.group, ...group }, y });

/** An EC private key with the public point of another. */
function mixed({ ec, other }: Keys): Uint8Array {
  const read = (key: KeyObject): EcPrivateKey => readKey('private', 'PKCS_8', pkcs8(key), V2_1) as EcPrivateKey;
  const { point } = read(other.privateKey);
  return writePrivateInfo({ ...read(ec.privateKey), ...(point === undefined ? {} : { point }) }) as Uint8Array;
}

const asMaterial = (value: Uint8Array): Item => ({ tag: Tag.KeyMaterial, type: ItemType.ByteString, value });
const big = (tag: TagName, number: bigint): Item => ({ tag: Tag[tag], type: ItemType.BigInteger, value: number });

interface Case {
  readonly what: string;
  readonly half?: 'PublicKey' | 'PrivateKey';
  readonly format: number;
  /** The Key Material: bytes, or the fields of a structure. */
  material(keys: Keys): Uint8Array | readonly Item[];
  readonly message: RegExp;
  readonly reason?: string;
  readonly said?: readonly Item[];
}

const said = (which: number, bits: number): readonly Item[] => [
  enumerated('CryptographicAlgorithm', which),
  int('CryptographicLength', bits),
];
const contradicts = {
  format: format.x509,
  material: ({ rsa }: Keys) => spki(rsa.publicKey),
  reason: 'InvalidAttributeValue',
};

/** Not the encodings that they should be. */
const encodings: readonly Case[] = [
  {
    what: 'PEM where DER belongs',
    format: format.x509,
    material: ({ ec }) => Buffer.from(ec.publicKey.export({ type: 'spki', format: 'pem' })),
    message: /PEM/,
  },
  {
    what: 'truncated DER',
    format: format.x509,
    material: ({ rsa }) => spki(rsa.publicKey).subarray(0, -1),
    message: /one complete DER/,
  },
  {
    what: 'trailing bytes',
    format: format.x509,
    material: ({ rsa }) => Buffer.concat([spki(rsa.publicKey), Buffer.of(0)]),
    message: /bytes follow/,
  },
  {
    what: 'DER whose parts are longer than the whole',
    format: format.x509,
    material: ({ ec }) => changed(spki(ec.publicKey), 1 - spki(ec.publicKey).length),
    message: /one complete DER/,
  },
  {
    what: 'a number of another type',
    format: format.pkcs1,
    material: () => Buffer.from('30060a0103020103', 'hex'),
    message: /must hold an INTEGER/,
  },
  {
    what: 'BER of indefinite length',
    format: format.pkcs1,
    material: () => Buffer.from('30800201030201030000', 'hex'),
    message: /must be DER/,
  },
  {
    what: 'an empty key',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: () => Buffer.alloc(0),
    message: /one complete DER/,
  },
  { what: 'a huge key', format: format.x509, material: () => Buffer.alloc(20_000, 0x30), message: /at most 16384/ },
  {
    what: 'a public key as a private one',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: ({ rsa }) => spki(rsa.publicKey),
    message: /must hold an INTEGER/,
  },
  {
    what: 'a format of the other half',
    format: format.pkcs8,
    material: ({ rsa }) => pkcs8(rsa.privateKey),
    message: /Key Format Type must be one of .*, not PKCS_8/,
  },
  {
    what: 'bytes where a structure belongs',
    format: format.transparentRsaPublic,
    material: () => Buffer.of(1),
    message: /must be a Structure/,
  },
  {
    what: 'a structure where bytes belong',
    format: format.x509,
    material: () => [big('Modulus', 1n)],
    message: /must be a Byte String/,
  },
];

/** Numbers that are no key. */
const numbers: readonly Case[] = [
  {
    what: 'a point off the curve',
    format: format.x509,
    material: ({ ec }) => changed(spki(ec.publicKey), -1),
    message: /not a valid EC key/,
  },
  {
    what: 'the point of another key',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: mixed,
    message: /does not belong to it/,
  },
  {
    what: 'RSA of 512 bits',
    format: format.x509,
    material: ({ short }) => spki(short.publicKey),
    message: /1024 to 8192 bits, not 512/,
  },
  {
    what: 'a private RSA key of 512 bits',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: ({ short }) => pkcs8(short.privateKey),
    message: /not 512/,
  },
  {
    what: 'p = q',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: (keys) => rsaWith(keys, { q: keys.parts.p }, keys.parts.p * keys.parts.p),
    message: /two primes of the RSA key must be different/,
  },
  {
    what: 'an even exponent',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: (keys) => rsaWith(keys, { publicExponent: 65536n }),
    message: /exponent of the RSA key must be odd/,
  },
  {
    what: 'an even public exponent',
    format: format.x509,
    material: ({ rsaKey: { modulus } }) =>
      writePublicInfo({ family: 'RSA', half: 'public', modulus, publicExponent: 4n }),
    message: /exponent of the RSA key must be odd/,
  },
  {
    what: 'exponents that do not belong together',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: (keys) => rsaWith(keys, { privateExponent: keys.parts.privateExponent - 2n }),
    message: /exponents/,
  },
  {
    what: 'primes of another modulus',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: (keys) => rsaWith(keys, {}, keys.rsaKey.modulus + 2n),
    message: /product/,
  },
  {
    what: 'CRT numbers of another key',
    half: 'PrivateKey',
    format: format.pkcs8,
    material: (keys) => rsaWith(keys, { crtCoefficient: keys.parts.crtCoefficient + 1n }),
    message: /CRT/,
  },
  {
    what: 'a generator of another group',
    format: format.x509,
    material: (keys) => dsaWith(keys, { g: keys.dsaKey.group.g + 1n }),
    message: /must be of the order Q/,
  },
  {
    what: 'Y of another group',
    format: format.x509,
    material: (keys) => dsaWith(keys, {}, keys.dsaKey.y + 1n),
    message: /not in the group/,
  },
  {
    what: 'a field that is none',
    format: format.x509,
    material: (keys) => dsaWith(keys, { p: keys.dsaKey.group.p + (keys.dsaKey.group.q ?? 0n) * 2n }),
    message: /must be of the order Q/,
  },
  {
    what: 'a negative number',
    format: format.transparentRsaPublic,
    material: ({ rsaKey }) => [big('Modulus', -rsaKey.modulus), big('PublicExponent', 3n)],
    message: /negative/,
  },
  {
    what: 'a huge number',
    half: 'PrivateKey',
    format: format.transparentRsaPrivate,
    material: () => [big('Modulus', 1n << 100_000n), big('P', (1n << 50_000n) + 1n), big('Q', (1n << 50_001n) + 1n)],
    message: /at most 16384 bits/,
  },
  {
    what: 'a private key without what makes it one',
    half: 'PrivateKey',
    format: format.transparentRsaPrivate,
    material: ({ rsaKey }) => [big('Modulus', rsaKey.modulus), big('PublicExponent', 3n)],
    message: /requires Private Exponent, P and Q/,
  },
];

/** Keys that are others than what is said of them. */
const contradictions: readonly Case[] = [
  {
    ...contradicts,
    what: 'another algorithm',
    message: /the algorithm of the key is RSA/,
    said: said(algorithm.ecdsa, 1024),
  },
  { ...contradicts, what: 'another length', message: /but the key has 1024/, said: said(algorithm.rsa, 2048) },
  {
    ...contradicts,
    what: 'a symmetric algorithm',
    message: /AES is not supported for public keys/,
    said: said(algorithm.aes, 1024),
  },
  {
    what: 'a Raw RSA key',
    format: format.raw,
    material: ({ rsa }) => spki(rsa.publicKey),
    message: /Recommended Curve/,
    said: said(algorithm.rsa, 1024),
  },
];

describe('invalid keys', () => {
  let fixture: Fixture;
  let client: Caller;
  let keys: Keys;

  before(async () => {
    fixture = await openFixture();
    keys = makeKeys();
    client = callerOf(fixture.handler, fixture.session(), '2.1');
  });
  after(() => fixture.close());

  const nothingIsKept = async (): Promise<void> => {
    expect(await client.locate()).to.deep.equal([]);
  };
  const mask = struct('Attributes', int('CryptographicUsageMask', 3));

  for (const each of [...encodings, ...numbers, ...contradictions]) {
    it(`refuses ${each.what}`, async () => {
      const { half = 'PublicKey', reason = 'InvalidField', said = [] } = each;
      const material = each.material(keys);
      const keyMaterial: Item =
        material instanceof Uint8Array ? asMaterial(material) : struct('KeyMaterial', ...material);
      const block = keyBlock(each.format, keyMaterial, ...said);
      const type = enumerated('ObjectType', half === 'PublicKey' ? 3 : 4);
      const answer = await client.refused('Register', type, mask, struct(half, block));
      expect(answer.reason).to.equal(reason);
      expect(answer.message).to.match(each.message);
      await nothingIsKept();
    });
  }

  it('refuses certificates that are none, a chain of them, and huge ones', async () => {
    const authority = await createAuthority('test CA', { now: new Date() });
    const { publicKey } = await generateKeys('P-256');
    const leaf = issueServerCertificate(authority, { names: ['localhost'], publicKey }, { now: new Date() }).raw;
    const bad: readonly (readonly [Uint8Array, RegExp])[] = [
      [Buffer.concat([leaf, authority.certificate.raw]), /bytes follow/],
      [Buffer.concat([leaf, leaf]), /bytes follow/],
      [leaf.subarray(0, -1), /one complete DER/],
      [Buffer.from(authority.certificate.toString()), /PEM/],
      [Buffer.alloc(70_000, 0x30), /at most 65536/],
      [spki(keys.ec.publicKey), /SEQUENCE|X\.509/],
    ];
    for (const [der, message] of bad) {
      const certificate = struct(
        'Certificate',
        enumerated('CertificateType', 'X_509'),
        bytes('CertificateValue', Buffer.from(der).toString('hex')),
      );
      const answer = await client.refused(
        'Register',
        enumerated('ObjectType', 'Certificate'),
        struct('Attributes'),
        certificate,
      );
      expect(answer.reason).to.equal('InvalidField');
      expect(answer.message).to.match(message);
    }
    await nothingIsKept();
  });

  it('refuses parts of split keys that cannot be', async () => {
    const part = (parts: number, identifier: number, threshold: number, method: number): Item =>
      struct(
        'SplitKey',
        int('SplitKeyParts', parts),
        int('KeyPartIdentifier', identifier),
        int('SplitKeyThreshold', threshold),
        enumerated('SplitKeyMethod', method),
        keyBlock(
          format.raw,
          bytes('KeyMaterial', '00112233445566778899aabbccddeeff'),
          enumerated('CryptographicAlgorithm', 'AES'),
          int('CryptographicLength', 128),
        ),
      );
    for (const bad of [part(3, 4, 2, 1), part(3, 0, 2, 1), part(3, 1, 4, 1), part(3, 1, 0, 1), part(3, 1, 2, 3)]) {
      expect((await client.refused('Register', enumerated('ObjectType', 'SplitKey'), mask, bad)).reason).to.equal(
        'InvalidField',
      );
    }
    await nothingIsKept();
  });
});
