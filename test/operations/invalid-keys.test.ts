/** Keys and certificates that are not what they claim to be: each is refused with its reason, and nothing is kept. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { createAuthority, issueServerCertificate } from '#certs/authority';
import { generateKeys } from '#certs/keys';
import type { GroupPublicKey, RsaPrivateKey } from '#crypto/asymmetric-key';
import { writePrivateInfo, writePublicInfo } from '#crypto/key-containers';
import { readKey, writeKey } from '#crypto/key-formats';
import { V2_1 } from '#protocol/versions';
import { callerOf, type Caller } from '#test/clients/caller';
import { makeKeyOfGroup } from '#test/crypto/keys-of-openssl';
import { openFixture, type Fixture } from '#test/server/fixture';
import { bytes, enumerated, int, struct } from '#test/server/items';
import type { Item } from '#ttlv/item';

const format = { raw: 1, opaque: 2, pkcs1: 3, pkcs8: 4, x509: 5, ecPrivateKey: 6 } as const;
const algorithm = { rsa: 4, dsa: 5, ecdsa: 6 } as const;

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const pkcs8 = (key: KeyObject): Buffer => key.export({ type: 'pkcs8', format: 'der' });
const changed = (der: Buffer, place: number): Buffer => {
  const other = Buffer.from(der);
  other.writeUInt8((other.readUInt8(other.length + place) ^ 1) & 0xff, other.length + place);
  return other;
};

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const short = generateKeyPairSync('rsa', { modulusLength: 512 });
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const dsa = makeKeyOfGroup('-algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -pkeyopt dsa_paramgen_q_bits:160');

const rsaKey = readKey('private', 'PKCS_8', pkcs8(rsa.privateKey), V2_1) as RsaPrivateKey;
const dsaKey = readKey('public', 'X_509', dsa.publicKey, V2_1) as GroupPublicKey;
const parts = rsaKey.parts as NonNullable<RsaPrivateKey['parts']>;

const rsaWith = (modulus: bigint, more: Partial<typeof parts>): Uint8Array =>
  writePrivateInfo({ ...rsaKey, modulus, parts: { ...parts, ...more } }) as Uint8Array;
const dsaWith = (group: Partial<GroupPublicKey['group']>, y = dsaKey.y): Uint8Array =>
  writePublicInfo({ ...dsaKey, group: { ...dsaKey.group, ...group }, y } as GroupPublicKey);

/** The public point of another key within an EC private key. */
const mixed = (): Uint8Array => {
  const own = readKey('private', 'PKCS_8', pkcs8(ec.privateKey), V2_1);
  const foreign = readKey('private', 'PKCS_8', pkcs8(other.privateKey), V2_1);
  if (own.family !== 'EC' || own.half !== 'private' || foreign.family !== 'EC') throw new Error('these are EC keys');
  return writeKey({ ...own, ...('point' in foreign ? { point: foreign.point } : {}) }, 'PKCS_8', V2_1) as Uint8Array;
};

const asMaterial = (der: Uint8Array): Item => bytes('KeyMaterial', Buffer.from(der).toString('hex'));

type Row = readonly [
  what: string,
  half: 'PublicKey' | 'PrivateKey',
  format: number,
  material: Item,
  message: RegExp,
  reason?: string,
  ...said: Item[],
];

const rows: readonly Row[] = [
  [
    'a point off the curve',
    'PublicKey',
    format.x509,
    asMaterial(changed(spki(ec.publicKey), -1)),
    /not of a EC key|not on its curve/,
  ],
  [
    'PEM where DER belongs',
    'PublicKey',
    format.x509,
    asMaterial(Buffer.from(ec.publicKey.export({ type: 'spki', format: 'pem' }))),
    /PEM/,
  ],
  ['truncated DER', 'PublicKey', format.x509, asMaterial(spki(rsa.publicKey).subarray(0, -1)), /no whole DER/],
  [
    'trailing bytes',
    'PublicKey',
    format.x509,
    asMaterial(Buffer.concat([spki(rsa.publicKey), Buffer.of(0)])),
    /bytes after/,
  ],
  [
    'BER of indefinite length',
    'PublicKey',
    format.pkcs1,
    asMaterial(Buffer.from('308002010302010300 00'.replaceAll(' ', ''), 'hex')),
    /must be DER/,
  ],
  ['an empty key', 'PrivateKey', format.pkcs8, asMaterial(Buffer.alloc(0)), /no whole DER/],
  ['a huge key', 'PublicKey', format.x509, asMaterial(Buffer.alloc(20_000, 0x30)), /longer than 16384/],
  ['RSA of 512 bits', 'PublicKey', format.x509, asMaterial(spki(short.publicKey)), /1024 to 8192 bits, not 512/],
  ['a private RSA key of 512 bits', 'PrivateKey', format.pkcs8, asMaterial(pkcs8(short.privateKey)), /not 512/],
  [
    'p = q',
    'PrivateKey',
    format.pkcs8,
    asMaterial(rsaWith(parts.p * parts.p, { q: parts.p })),
    /1024 to|primes of the RSA key are the same/,
  ],
  [
    'an even exponent',
    'PrivateKey',
    format.pkcs8,
    asMaterial(rsaWith(rsaKey.modulus, { publicExponent: 65536n })),
    /exponent of the RSA key is even/,
  ],
  [
    'an even public exponent',
    'PublicKey',
    format.x509,
    asMaterial(writePublicInfo({ family: 'RSA', half: 'public', modulus: rsaKey.modulus, publicExponent: 4n })),
    /is even/,
  ],
  [
    'exponents that do not belong together',
    'PrivateKey',
    format.pkcs8,
    asMaterial(rsaWith(rsaKey.modulus, { privateExponent: parts.privateExponent - 2n })),
    /exponents/,
  ],
  ['primes of another modulus', 'PrivateKey', format.pkcs8, asMaterial(rsaWith(rsaKey.modulus + 2n, {})), /product/],
  [
    'CRT numbers of another key',
    'PrivateKey',
    format.pkcs8,
    asMaterial(rsaWith(rsaKey.modulus, { crtCoefficient: parts.crtCoefficient + 1n })),
    /CRT/,
  ],
  ['the point of another key', 'PrivateKey', format.pkcs8, asMaterial(mixed()), /does not belong to it/],
  [
    'a generator of another group',
    'PublicKey',
    format.x509,
    asMaterial(dsaWith({ g: dsaKey.group.g + 1n })),
    /not of the order Q/,
  ],
  ['Y of another group', 'PublicKey', format.x509, asMaterial(dsaWith({}, dsaKey.y + 1n)), /not in the group/],
  [
    'a field that is none',
    'PublicKey',
    format.x509,
    asMaterial(dsaWith({ p: dsaKey.group.p + (dsaKey.group.q ?? 0n) * 2n })),
    /not of the order Q|no prime/,
  ],
  [
    'a public key as a private one',
    'PrivateKey',
    format.pkcs8,
    asMaterial(spki(rsa.publicKey)),
    /must hold an INTEGER|OCTET/,
  ],
  [
    'a format of the other half',
    'PublicKey',
    format.pkcs8,
    asMaterial(pkcs8(rsa.privateKey)),
    /Key Format Type PKCS_8 is none of/,
  ],
  [
    'a Raw RSA key',
    'PublicKey',
    format.raw,
    asMaterial(spki(rsa.publicKey)),
    /Recommended Curve/,
    'InvalidField',
    enumerated('CryptographicAlgorithm', algorithm.rsa),
    int('CryptographicLength', 1024),
  ],
  [
    'another algorithm',
    'PublicKey',
    format.x509,
    asMaterial(spki(rsa.publicKey)),
    /the key is of RSA/,
    'InvalidAttributeValue',
    enumerated('CryptographicAlgorithm', algorithm.ecdsa),
    int('CryptographicLength', 1024),
  ],
  [
    'another length',
    'PublicKey',
    format.x509,
    asMaterial(spki(rsa.publicKey)),
    /but the key has 1024/,
    'InvalidAttributeValue',
    enumerated('CryptographicAlgorithm', algorithm.rsa),
    int('CryptographicLength', 2048),
  ],
  [
    'an algorithm without key pairs',
    'PublicKey',
    format.x509,
    asMaterial(spki(rsa.publicKey)),
    /AES has no public keys/,
    'InvalidAttributeValue',
    enumerated('CryptographicAlgorithm', 3),
    int('CryptographicLength', 1024),
  ],
];

describe('invalid keys', () => {
  let fixture: Fixture;
  let client: Caller;

  before(async () => {
    fixture = await openFixture();
    client = callerOf(fixture.handler, fixture.session(), '2.1');
  });
  after(() => fixture.close());

  const nothingIsKept = async (): Promise<void> => {
    expect(await client.locate()).to.deep.equal([]);
  };
  const mask = struct('Attributes', int('CryptographicUsageMask', 3));

  for (const [what, half, keyFormat, material, message, reason = 'InvalidField', ...said] of rows) {
    it(`refuses ${what}`, async () => {
      const block = struct('KeyBlock', enumerated('KeyFormatType', keyFormat), struct('KeyValue', material), ...said);
      const answer = await client.refused(
        'Register',
        enumerated('ObjectType', half === 'PublicKey' ? 3 : 4),
        mask,
        struct(half, block),
      );
      expect([answer.reason, answer.message]).to.satisfy(
        ([found, text]: [string, string]) => found === reason && message.test(text),
      );
      await nothingIsKept();
    });
  }

  it('refuses certificates that are none, a chain of them, and huge ones', async () => {
    const authority = await createAuthority('test CA', { now: new Date() });
    const { publicKey } = await generateKeys('P-256');
    const leaf = issueServerCertificate(authority, { names: ['localhost'], publicKey }, { now: new Date() }).raw;
    const bad: readonly (readonly [Uint8Array, RegExp])[] = [
      [Buffer.concat([leaf, authority.certificate.raw]), /bytes after/],
      [Buffer.concat([leaf, leaf]), /bytes after/],
      [leaf.subarray(0, -1), /no whole DER/],
      [Buffer.from(authority.certificate.toString()), /PEM/],
      [Buffer.alloc(70_000, 0x30), /longer than 65536/],
      [spki(ec.publicKey), /SEQUENCE|no X\.509/],
    ];
    for (const [der, message] of bad) {
      const certificate = struct(
        'Certificate',
        enumerated('CertificateType', 1),
        bytes('CertificateValue', Buffer.from(der).toString('hex')),
      );
      const answer = await client.refused('Register', enumerated('ObjectType', 1), struct('Attributes'), certificate);
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
        struct(
          'KeyBlock',
          enumerated('KeyFormatType', format.raw),
          struct('KeyValue', bytes('KeyMaterial', '00112233445566778899aabbccddeeff')),
          enumerated('CryptographicAlgorithm', 3),
          int('CryptographicLength', 128),
        ),
      );
    for (const bad of [part(3, 4, 2, 1), part(3, 0, 2, 1), part(3, 1, 4, 1), part(3, 1, 0, 1), part(3, 1, 2, 3)]) {
      expect((await client.refused('Register', enumerated('ObjectType', 5), mask, bad)).reason).to.equal(
        'InvalidField',
      );
    }
    await nothingIsKept();
  });
});
