/**
 * Every kind of asymmetric key, made by OpenSSL, Registered in every format that it has, fetched in every other, and
 * read back by OpenSSL as the same key. What formats a kind has (KMIP 2.1 §11.25, 1.4 §9.1.3.2.3) is said here a second
 * time; all others must be refused, but for PKCS#12, which has a test of its own.
 */
import { expect } from 'chai';
import { callerOf, given, id, type Caller } from '#test/clients/caller';
import { derOfMaterial, type Half, type Kind } from '#test/crypto/keys/der-of-material';
import {
  curveIdentifier,
  makeKey,
  makeKeyOfGroup,
  ownForms,
  readBackPrivate,
  readBackPublic,
  readBackSecret,
  type MadeKey,
} from '#test/crypto/keys/keys-of-openssl';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, bytes, enumerated, int, struct, value } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { keyBlock } from '#test/fixtures/key-blocks';

const formats = {
  ...{ Raw: 1, Opaque: 2, PKCS_1: 3, PKCS_8: 4, X_509: 5, ECPrivateKey: 6, SymmetricKey: 7 },
  ...{ DSAPrivateKey: 8, DSAPublicKey: 9, RSAPrivateKey: 10, RSAPublicKey: 11, DHPrivateKey: 12, DHPublicKey: 13 },
  ...{ ECDSAPrivateKey: 14, ECDSAPublicKey: 15, ECDHPrivateKey: 16, ECDHPublicKey: 17, ECMQVPrivateKey: 18 },
  ...{ ECMQVPublicKey: 19, ECPrivateKeyOfNumbers: 20, ECPublicKeyOfNumbers: 21 },
} as const;
type Format = keyof typeof formats;
const allFormats = Object.keys(formats) as Format[];

interface Row extends Omit<Kind, 'curve'> {
  readonly name: string;
  /** What the Key Block says; `older` in 1.4, where it has no word for that. */
  readonly algorithm?: number;
  readonly older?: number;
  readonly bits?: number;
  /** The number of the Recommended Curve. */
  readonly recommended?: number;
  curve?(made: MadeKey): Buffer;
  make(): MadeKey;
}

/** KMIP 2.1 §11.45 from 1 on, by the names of OpenSSL. */
const curves =
  `prime192v1 sect163k1 sect163r2 secp224r1 sect233k1 sect233r1 prime256v1 sect283k1 sect283r1 secp384r1 sect409k1 sect409r1 secp521r1 sect571k1
  sect571r1 secp112r1 secp112r2 secp128r1 secp128r2 secp160k1 secp160r1 secp160r2 secp192k1 secp224k1 secp256k1 sect113r1 sect113r2 sect131r1 sect131r2
  sect163r1 sect193r1 sect193r2 sect239k1 prime192v2 prime192v3 prime239v1 prime239v2 prime239v3 c2pnb163v1 c2pnb163v2 c2pnb163v3 c2pnb176v1 c2tnb191v1
  c2tnb191v2 c2tnb191v3 c2pnb208w1 c2tnb239v1 c2tnb239v2 c2tnb239v3 c2pnb272w1 c2pnb304w1 c2tnb359v1 c2pnb368w1 c2tnb431r1 brainpoolP160r1 brainpoolP160t1
  brainpoolP192r1 brainpoolP192t1 brainpoolP224r1 brainpoolP224t1 brainpoolP256r1 brainpoolP256t1 brainpoolP320r1 brainpoolP320t1 brainpoolP384r1
  brainpoolP384t1 brainpoolP512r1 brainpoolP512t1`.split(/\s+/);

/** RFC 8410 §3: the algorithm's identifier is the curve's, and stands at one place in every public key. */
const ofRfc8410 = (
  name: string,
  secretBytes: number,
  recommended: number,
  said: Pick<Row, 'algorithm' | 'older' | 'bits'>,
): Row => ({
  ...{ name, secretBytes, recommended, ...said },
  family: 'EC',
  make: () => makeKey(`-algorithm ${name}`),
  curve: ({ publicKey }) => publicKey.subarray(4, 9),
});

const rows: readonly Row[] = [
  ...[1024, 2048, 3072, 4096].map((bits) => ({
    ...({ name: `RSA ${bits}`, family: 'RSA', algorithm: 4, bits } as const),
    make: () => makeKey(`-algorithm RSA -pkeyopt rsa_keygen_bits:${bits}`),
  })),
  ...curves.map((name, place) => ({
    ...({ name, family: 'EC', recommended: place + 1 } as const),
    make: () => makeKey(`-algorithm EC -pkeyopt ec_paramgen_curve:${name}`),
    curve: () => curveIdentifier(name),
  })),
  ofRfc8410('X25519', 32, 0x45, { algorithm: 0x0e, bits: 256 }),
  ofRfc8410('X448', 56, 0x46, { algorithm: 0x0e, bits: 448 }),
  ofRfc8410('ED25519', 32, 0x45, { algorithm: 0x37, older: 6, bits: 256 }),
  ofRfc8410('ED448', 57, 0x46, { algorithm: 0x38, older: 6, bits: 456 }),
  ...[
    [1024, 160],
    [2048, 224],
    [2048, 256],
  ].map(([p, q]) => ({
    ...({ name: `DSA of ${p} and ${q} bits`, family: 'DSA' } as const),
    make: () => makeKeyOfGroup(`-algorithm DSA -pkeyopt dsa_paramgen_bits:${p} -pkeyopt dsa_paramgen_q_bits:${q}`),
  })),
  ...['modp_2048', 'ffdhe2048'].map((group) => ({
    ...({ name: `DH of ${group}`, family: 'DH' } as const),
    make: () => makeKey(`-algorithm DH -pkeyopt group:${group}`),
  })),
  ...[1, 2, 3].map((number) => ({
    ...({ name: `DH of RFC 5114, group ${number}`, family: 'DH' } as const),
    make: () => makeKeyOfGroup(`-algorithm DHX -pkeyopt dh_rfc5114:${number}`),
  })),
];

function formatsOf({ family, secretBytes }: Row, half: Half, version: string): Format[] {
  const [Half, container] = half === 'public' ? (['Public', 'X_509'] as const) : (['Private', 'PKCS_8'] as const);
  if (family === 'RSA') return ['PKCS_1', container, `RSA${Half}Key`];
  if (family !== 'EC') return [container, `${family}${Half}Key`];
  const older = version < '2' ? (['ECDSA', 'ECDH', 'ECMQV'] as const).map((each) => `${each}${Half}Key` as const) : [];
  // The curves of RFC 7748 and RFC 8032 have no Recommended Curve in 1.x.
  if (secretBytes !== undefined && version < '2') return [container, 'Raw'];
  const own = half === 'private' && secretBytes === undefined ? (['ECPrivateKey'] as const) : [];
  return [container, ...own, 'Raw', `EC${Half}KeyOfNumbers`, ...older];
}

/** Of a private key: whether the point must be computed again. */
const lacksPoint = (format: Format, { family, secretBytes }: Kind): boolean =>
  family === 'EC' && secretBytes === undefined && !['X_509', 'PKCS_8', 'ECPrivateKey'].includes(format);

/** What OpenSSL itself writes for the formats that it has. */
function ownForm({ family }: Row, half: Half, format: Format, made: MadeKey): Buffer | undefined {
  if (format === 'PKCS_8') return made.privateKey;
  if (format === 'X_509') return made.publicKey;
  if (format === 'PKCS_1') return half === 'public' ? ownForms.rsaPublic(made) : ownForms.rsaPrivate(made);
  return format === 'ECPrivateKey' && family === 'EC' ? ownForms.ecPrivate(made) : undefined;
}

/** How OpenSSL reads one key; formats of one encoding come to the same DER, which it need not read twice. */
function reader(half: Half, kind: Kind): (der: Buffer, format: Format) => Buffer {
  const read = new Map<string, Buffer>();
  return (der, format) => {
    const isSecret = half === 'private' && lacksPoint(format, kind);
    const question = `${isSecret} ${der.toString('hex')}`;
    const answer =
      read.get(question) ??
      (half === 'public'
        ? readBackPublic(format === 'PKCS_1' ? 'pkcs1' : 'spki', der)
        : isSecret
          ? readBackSecret(der)
          : readBackPrivate(der));
    read.set(question, answer);
    return answer;
  };
}

describe('every key', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await openFixture();
  });
  after(() => fixture.close());

  const objectOf = { public: ['PublicKey', 3], private: ['PrivateKey', 4] } as const;

  async function register(caller: Caller, row: Row, half: Half, format: Format, material: Item): Promise<Item> {
    const [tag, number] = objectOf[half];
    const { algorithm, older = algorithm, bits = 0, recommended } = row;
    const said = caller.version < '2' ? older : algorithm;
    const curve =
      format !== 'Raw' || recommended === undefined
        ? []
        : [struct('CryptographicDomainParameters', enumerated('RecommendedCurve', recommended))];
    const payload = await caller.call(
      'Register',
      enumerated('ObjectType', number),
      given(caller.version, int('CryptographicUsageMask', 3), ...curve),
      struct(
        tag,
        keyBlock(
          formats[format],
          material,
          ...(said === undefined ? [] : [enumerated('CryptographicAlgorithm', said), int('CryptographicLength', bits)]),
        ),
      ),
    );
    return id(value(payload, 'UniqueIdentifier') as string);
  }

  async function fetch(caller: Caller, half: Half, key: Item, format: Format): Promise<Item> {
    const payload = await caller.call('Get', key, enumerated('KeyFormatType', formats[format]));
    const block = at(payload, objectOf[half][0], 'KeyBlock') as Item;
    expect(value(block, 'KeyFormatType'), format).to.equal(formats[format]);
    return at(block, 'KeyValue', 'KeyMaterial') as Item;
  }

  for (const row of rows) {
    it(`keeps ${row.name} the same through every format`, async () => {
      const made = row.make();
      const { curve, ...rest } = row;
      const kind: Kind = { ...rest, ...(curve === undefined ? {} : { curve: curve(made) }) };
      for (const half of ['public', 'private'] as const) {
        const [original, container]: [Buffer, Format] =
          half === 'public' ? [made.publicKey, 'X_509'] : [made.privateKey, 'PKCS_8'];
        const readBack = reader(half, kind);
        // What OpenSSL has read as the key that it made.
        const proven = new Map<Format, Item>();
        for (const version of ['1.4', '2.1']) {
          const caller = callerOf(fixture.handler, fixture.session(), version);
          const its = formatsOf(row, half, version);
          const first = await register(caller, row, half, container, bytes('KeyMaterial', original.toString('hex')));
          for (const format of its.filter((each) => !proven.has(each))) {
            const material = await fetch(caller, half, first, format);
            const back = readBack(derOfMaterial(half, kind, format, material), format);
            const expected = half === 'private' && lacksPoint(format, kind) ? readBack(original, format) : original;
            expect(back, `${half} ${format}`).to.deep.equal(expected);
            const own = ownForm(row, half, format, made);
            if (own !== undefined) expect(Buffer.from(material.value as Uint8Array)).to.deep.equal(own);
            proven.set(format, material);
          }
          for (const from of its.filter((each) => each !== 'Raw' || its.length > 2)) {
            const key = await register(caller, row, half, from, proven.get(from) as Item);
            for (const to of its) {
              expect(await fetch(caller, half, key, to), `${half} ${from} to ${to}`).to.deep.equal(proven.get(to));
            }
          }
          for (const other of allFormats.filter((each) => !its.includes(each))) {
            const answer = await caller.refused('Get', first, enumerated('KeyFormatType', formats[other]));
            expect(answer.reason, other).to.be.oneOf(['KeyFormatTypeNotSupported', 'InvalidField', 'InvalidMessage']);
          }
        }
      }
    });
  }
});
