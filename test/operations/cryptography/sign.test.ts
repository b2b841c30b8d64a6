/** Sign and Signature Verify (KMIP 2.1 §6.1.55, §6.1.56; 1.4 §4.31, §4.32). */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as nodeSign,
  type KeyObject,
} from 'node:crypto';
import { expect } from 'chai';
import { createAuthority } from '#certs/authority';
import { id, serverForEach, type Caller } from '#test/clients/caller';
import { bytes, date, enumerated, int, isOld, long, struct } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { registerCertificate } from '#test/operations/certificates/authority';
import {
  data,
  hexIn,
  parameters,
  registerHalf,
  registerSymmetric,
  servingVersions,
  signing,
  validity,
  verifying,
} from './keys-at-work.ts';

const signature = (hexOf: string): Item => bytes('SignatureData', hexOf);
const digest = (content: string, hash = 'sha256'): Item =>
  bytes('DigestedData', createHash(hash).update(content).digest('hex'));

const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  binary: generateKeyPairSync('ec', { namedCurve: 'sect283k1' }),
  dsa: generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }),
  ed25519: generateKeyPairSync('ed25519'),
  ed448: generateKeyPairSync('ed448'),
};
type Kind = keyof typeof pairs;

/** Each family, under both ways to name it. */
const schemes: readonly [name: string, kind: Kind, parameters: Item][] = [
  [
    'PKCS#1 v1.5',
    'rsa',
    parameters({ PaddingMethod: 'PKCS1V1_5', CryptographicAlgorithm: 'RSA', HashingAlgorithm: 'SHA_256' }),
  ],
  ['PKCS#1 v1.5 by name', 'rsa', parameters({ DigitalSignatureAlgorithm: 'SHA_512WithRSAEncryption' })],
  ['PSS', 'rsa', parameters({ PaddingMethod: 'PSS', CryptographicAlgorithm: 'RSA', HashingAlgorithm: 'SHA_384' })],
  ['PSS by name', 'rsa', parameters({ DigitalSignatureAlgorithm: 'RSASSA_PSS', HashingAlgorithm: 'SHA_1' })],
  ['ECDSA', 'ec', parameters({ CryptographicAlgorithm: 'ECDSA', HashingAlgorithm: 'SHA_256' })],
  ['ECDSA by name', 'binary', parameters({ DigitalSignatureAlgorithm: 'ECDSAWithSHA384' })],
  ['DSA', 'dsa', parameters({ CryptographicAlgorithm: 'DSA', HashingAlgorithm: 'SHA_1' })],
  ['DSA by name', 'dsa', parameters({ DigitalSignatureAlgorithm: 'DSAWithSHA256' })],
];

/** The named tag lies before 1.4: what only later versions have. */
const isBefore14 = (version: string): boolean => version < '1.4';

describe('Sign and Signature Verify', () => {
  const server = serverForEach();
  const registered = async (caller: Caller, kind: Kind, ...attributes: Item[]) => ({
    privateKey: await registerHalf(caller, pairs[kind].privateKey, signing, ...attributes),
    publicKey: await registerHalf(caller, pairs[kind].publicKey, verifying, ...attributes),
  });
  const signed = async (caller: Caller, key: string, ...payload: Item[]): Promise<string> =>
    hexIn(await caller.call('Sign', id(key), ...payload), 'SignatureData');

  for (const version of servingVersions) {
    describe(`in ${version}`, () => {
      let caller: Caller;
      beforeEach(() => (caller = server.caller(version)));
      const denied = (reason: string): string => (isOld(version) ? 'PermissionDenied' : reason);
      const badParameters = isOld(version) ? 'InvalidField' : 'BadCryptographicParameters';

      for (const [name, kind, asked] of schemes) {
        it(`sign and verify with ${name}`, async () => {
          const keys = await registered(caller, kind);
          const made = await signed(caller, keys.privateKey, asked, data('a contract'));
          const verified = (content: string, by: string) =>
            validity(caller, 'SignatureVerify', keys.publicKey, asked, data(content), signature(by));
          expect(await verified('a contract', made)).to.equal('Valid');
          expect(await verified('another', made)).to.equal('Invalid');
          expect(await verified('a contract', made.slice(2))).to.equal('Invalid');
          expect(await verified('a contract', '')).to.equal('Invalid');
        });
      }

      it('take the parameters of the request, else the first of the key', async () => {
        const [first, second] = ['SHA_256WithRSAEncryption', 'SHA_1WithRSAEncryption'] as const;
        const [byFirst, bySecond] = [
          parameters({ DigitalSignatureAlgorithm: first }),
          parameters({ DigitalSignatureAlgorithm: second }),
        ];
        const keys = await registered(caller, 'rsa', byFirst, bySecond);
        const expected = (hash: string): string =>
          nodeSign(hash, Buffer.from('x'), pairs.rsa.privateKey).toString('hex');
        expect(await signed(caller, keys.privateKey, data('x'))).to.equal(expected('sha256'));
        expect(await signed(caller, keys.privateKey, bySecond, data('x'))).to.equal(expected('sha1'));
        const verified = (...more: Item[]) =>
          validity(caller, 'SignatureVerify', keys.publicKey, ...more, data('x'), signature(expected('sha256')));
        expect(await verified()).to.equal('Valid');
        expect(await verified(bySecond)).to.equal('Invalid');
      });

      it('verify with the key in a certificate', async () => {
        const authority = await createAuthority('Signer', { now: new Date(Date.UTC(2026, 0, 1)) });
        const certificate = await registerCertificate(caller, authority.certificate.raw);
        await caller.call('Activate', id(certificate));
        const asked = parameters({ DigitalSignatureAlgorithm: 'ECDSAWithSHA256' });
        const made = nodeSign('sha256', Buffer.from('x'), authority.privateKey).toString('hex');
        const verified = (content: string) =>
          validity(caller, 'SignatureVerify', certificate, asked, data(content), signature(made));
        expect(await verified('x')).to.equal('Valid');
        expect(await verified('y')).to.equal('Invalid');
      });

      it('refuse parameters that are missing, or do not fit the key', async () => {
        const keys = await registered(caller, 'rsa');
        const ec = await registered(caller, 'ec');
        const refused = async (key: string, ...asked: Item[]) =>
          (await caller.refused('Sign', id(key), ...asked, data('x'))).reason;
        expect(await refused(keys.privateKey)).to.equal(badParameters);
        expect(await refused(ec.privateKey)).to.equal(badParameters);
        expect(await refused(keys.privateKey, parameters({ DigitalSignatureAlgorithm: 'ECDSAWithSHA256' }))).to.equal(
          badParameters,
        );
        expect(
          await refused(ec.privateKey, parameters({ CryptographicAlgorithm: 'RSA', HashingAlgorithm: 'SHA_256' })),
        ).to.equal(badParameters);
        const unsupported = isOld(version) ? 'InvalidField' : 'UnsupportedCryptographicParameters';
        expect(await refused(keys.privateKey, parameters({ HashingAlgorithm: 'Whirlpool' }))).to.equal(unsupported);
        const { reason } = await caller.refused('SignatureVerify', id(keys.publicKey), data('x'), signature('00'));
        expect(reason).to.equal(badParameters);
      });

      it('refuse keys that may not, do not exist, or are of another type', async () => {
        const asked = parameters({ DigitalSignatureAlgorithm: 'SHA_256WithRSAEncryption' });
        const { privateKey, publicKey } = pairs.rsa;
        const refused = async (operation: 'Sign' | 'SignatureVerify', key: string) =>
          (
            await caller.refused(
              operation,
              id(key),
              asked,
              data('x'),
              ...(operation === 'Sign' ? [] : [signature('00')]),
            )
          ).reason;
        const keys = await registered(caller, 'rsa');
        expect(await refused('Sign', keys.publicKey)).to.equal(denied('InvalidObjectType'));
        expect(await refused('SignatureVerify', keys.privateKey)).to.equal(denied('InvalidObjectType'));
        expect(await refused('Sign', await registerSymmetric(caller, 'AES', '00'.repeat(16)))).to.equal(
          denied('InvalidObjectType'),
        );
        expect(await refused('Sign', await registerHalf(caller, privateKey, verifying))).to.equal(
          denied('IncompatibleCryptographicUsageMask'),
        );
        expect(await refused('SignatureVerify', await registerHalf(caller, publicKey, signing))).to.equal(
          denied('IncompatibleCryptographicUsageMask'),
        );
        const later = date('ActivationDate', Date.UTC(2027, 0, 1) / 1000);
        expect(await refused('Sign', await registerHalf(caller, privateKey, signing, later))).to.equal(
          denied('WrongKeyLifecycleState'),
        );
        expect(await refused('Sign', 'nobody')).to.equal(isOld(version) ? 'ItemNotFound' : 'ObjectNotFound');
      });

      it('refuse requests without data, or without a signature to verify', async () => {
        const keys = await registered(caller, 'ed25519');
        expect((await caller.refused('Sign', id(keys.privateKey))).reason).to.equal('InvalidMessage');
        expect((await caller.refused('SignatureVerify', id(keys.publicKey), data('x'))).reason).to.equal(
          'InvalidMessage',
        );
        expect((await caller.refused('SignatureVerify', id(keys.publicKey), signature('00'))).reason).to.equal(
          'InvalidMessage',
        );
      });

      it('count signatures, and not verifications', async () => {
        const limits = struct('UsageLimits', long('UsageLimitsTotal', 2n), enumerated('UsageLimitsUnit', 'Object'));
        const key = await registerHalf(caller, pairs.ed25519.privateKey, signing, limits);
        await signed(caller, key, data('1'));
        // What fails does not count.
        await caller.refused('Sign', id(key));
        await signed(caller, key, data('2'));
        expect((await caller.refused('Sign', id(key), data('3'))).reason).to.equal('PermissionDenied');
      });

      if (isBefore14(version)) {
        it('have no Digested Data', async () => {
          const keys = await registered(caller, 'rsa');
          expect((await caller.refused('Sign', id(keys.privateKey), digest('x'))).reason).to.equal('InvalidField');
        });
        return;
      }

      it('take a digest for the data of RSA and ECDSA, and it makes no difference', async () => {
        for (const [name, kind, asked] of schemes) {
          if (kind === 'dsa' || kind === 'binary') continue;
          const hash = { 'PKCS#1 v1.5 by name': 'sha512', PSS: 'sha384', 'PSS by name': 'sha1' }[name] ?? 'sha256';
          const keys = await registered(caller, kind);
          const verified = (by: string, ...content: Item[]) =>
            validity(caller, 'SignatureVerify', keys.publicKey, asked, ...content, signature(by));
          const ofDigest = await signed(caller, keys.privateKey, asked, digest('a contract', hash));
          expect(await verified(ofDigest, data('a contract')), name).to.equal('Valid');
          expect(await verified(ofDigest, data('another')), name).to.equal('Invalid');
          const ofData = await signed(caller, keys.privateKey, asked, data('a contract'));
          expect(await verified(ofData, digest('a contract', hash)), name).to.equal('Valid');
          expect(await verified(ofData, digest('another', hash)), name).to.equal('Invalid');
          expect(await verified('00', digest('a contract', hash)), name).to.equal('Invalid');
        }
      });

      it('refuse digests of another length, beside data, and where nothing can sign them', async () => {
        const rsa = await registered(caller, 'rsa');
        const refused = async (key: string, ...payload: Item[]) =>
          (await caller.refused('Sign', id(key), ...payload)).reason;
        const sha256 = parameters({ HashingAlgorithm: 'SHA_256' });
        expect(await refused(rsa.privateKey, sha256, digest('x', 'sha1'))).to.equal('InvalidField');
        expect(await refused(rsa.privateKey, sha256, digest('x'), data('x'))).to.equal('InvalidField');
        const unsupported = isOld(version) ? 'InvalidField' : 'UnsupportedCryptographicParameters';
        for (const kind of ['dsa', 'binary', 'ed25519', 'ed448'] as const) {
          const keys = await registered(caller, kind);
          expect(await refused(keys.privateKey, sha256, digest('x')), kind).to.equal(unsupported);
        }
      });

      it('sign and verify PSS with a mask of another hash and a salt of any length', async () => {
        const keys = await registered(caller, 'rsa');
        const asked = (...more: Item[]): Item =>
          parameters(
            { PaddingMethod: 'PSS', HashingAlgorithm: 'SHA_256' },
            enumerated('MaskGeneratorHashingAlgorithm', 4),
            ...more,
          );
        for (const salt of [0, 20, 222]) {
          const by = asked(int('SaltLength', salt));
          const made = await signed(caller, keys.privateKey, by, data('x'));
          const verified = (how: Item, content = 'x') =>
            validity(caller, 'SignatureVerify', keys.publicKey, how, data(content), signature(made));
          expect(await verified(by)).to.equal('Valid');
          expect(await verified(asked())).to.equal('Valid');
          expect(await verified(asked(int('SaltLength', 21)))).to.equal('Invalid');
          expect(await verified(by, 'y')).to.equal('Invalid');
        }
        const tooLong = asked(int('SaltLength', 223));
        const { reason } = await caller.refused('Sign', id(keys.privateKey), tooLong, data('x'));
        expect(reason).to.equal('CryptographicFailure');
      });
    });
  }
});

const ecKey = (crv: string, d: string, x: string, y: string): KeyObject => {
  const base64url = (text: string): string => Buffer.from(text, 'hex').toString('base64url');
  return createPrivateKey({
    format: 'jwk',
    key: { kty: 'EC', crv, d: base64url(d), x: base64url(x), y: base64url(y) },
  });
};
const edKey = (crv: string, d: string, x: string): KeyObject => {
  const base64url = (text: string): string => Buffer.from(text, 'hex').toString('base64url');
  return createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv, d: base64url(d), x: base64url(x) } });
};

describe('Published signatures', () => {
  const server = serverForEach();
  const halves = async (privateKey: KeyObject) => {
    const caller = server.caller('2.1');
    return {
      caller,
      privateKey: await registerHalf(caller, privateKey),
      publicKey: await registerHalf(caller, createPublicKey(privateKey)),
    };
  };

  /** RFC 8032 §7.1 and §7.4. */
  const ofEdwards: readonly [curve: string, secret: string, point: string, message: string, signature: string][] = [
    [
      'Ed25519',
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'Ed448',
      '6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b',
      '5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180',
      '',
      '533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600',
    ],
  ];
  for (const [curve, secret, point, message, expected] of ofEdwards) {
    it(`of ${curve} are made and verified`, async () => {
      const { caller, privateKey, publicKey } = await halves(edKey(curve, secret, point));
      const content = bytes('Data', message);
      expect(hexIn(await caller.call('Sign', id(privateKey), content), 'SignatureData')).to.equal(expected);
      expect(await validity(caller, 'SignatureVerify', publicKey, content, signature(expected))).to.equal('Valid');
    });
  }

  /** RFC 6979 §A.2.5 and §A.2.6, of "sample" with the hash as long as the curve: r and s. */
  const ofCurves: readonly [
    curve: string,
    hash: 'SHA_256' | 'SHA_384',
    secret: string,
    x: string,
    y: string,
    r: string,
    s: string,
  ][] = [
    [
      'P-256',
      'SHA_256',
      'C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721',
      '60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6',
      '7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299',
      'EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716',
      'F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8',
    ],
    [
      'P-384',
      'SHA_384',
      '6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5',
      'EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13',
      '8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720',
      '94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46',
      '99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8',
    ],
  ];
  for (const [curve, hash, secret, x, y, r, s] of ofCurves) {
    it(`of ECDSA on ${curve} are verified, and made of a digest, whose number is not random`, async () => {
      const { caller, privateKey, publicKey } = await halves(ecKey(curve, secret, x, y));
      const asked = parameters({ CryptographicAlgorithm: 'ECDSA', HashingAlgorithm: hash });
      const digested = digest('sample', hash.replace('_', '').toLowerCase());
      // Both numbers have their highest bit set, and so a zero before them in DER.
      const number = (value: string): string => `02${(value.length / 2 + 1).toString(16)}00${value.toLowerCase()}`;
      const expected = `30${(r.length + 6).toString(16)}${number(r)}${number(s)}`;
      expect(hexIn(await caller.call('Sign', id(privateKey), asked, digested), 'SignatureData')).to.equal(expected);
      for (const content of [digested, data('sample')]) {
        const judged = await validity(caller, 'SignatureVerify', publicKey, asked, content, signature(expected));
        expect(judged).to.equal('Valid');
      }
    });
  }

  /**
   * Example 1.1 of pss-vect.txt, which RSA Laboratories published with PKCS #1 v2.1: 1024 bits, SHA-1, a salt of 20
   * bytes.
   */
  it('of PSS are verified', async () => {
    const n =
      'a56e4a0e701017589a5187dc7ea841d156f2ec0e36ad52a44dfeb1e61f7ad991d8c51056ffedb162b4c0f283a12a88a394dff526ab7291cbb307ceabfce0b1dfd5cd9508096d5b2b8b6df5d671ef6377c0921cb23c270a70e2598e6ff89d19f105acc2d3f0cb35f29280e1386b6f64c4ef22e1e1f20d0ce8cffb2249bd9a2137';
    const message =
      'cdc87da223d786df3b45e0bbbc721326d1ee2af806cc315475cc6f0d9c66e1b62371d45ce2392e1ac92844c310102f156a0d8d52c1f4c40ba3aa65095786cb769757a6563ba958fed0bcc984e8b517a3d5f515b23b8a41e74aa867693f90dfb061a6e86dfaaee64472c00e5f20945729cbebe77f06ce78e08f4098fba41f9d6193c0317e8b60d4b6084acb42d29e3808a3bc372d85e331170fcbf7cc72d0b71c296648b3a4d10f416295d0807aa625cab2744fd9ea8fd223c42537029828bd16be02546f130fd2e33b936d2676e08aed1b73318b750a0167d0';
    const made =
      '9074308fb598e9701b2294388e52f971faac2b60a5145af185df5287b5ed2887e57ce7fd44dc8634e407c8e0e4360bc226f3ec227f9d9e54638e8d31f5051215df6ebb9c2f9579aa77598a38f914b5b9c1bd83c4e2f9f382a0d0aa3542ffee65984a601bc69eb28deb27dca12c82c2d4c3f66cd500f1ff2b994d8a4e30cbb33c';
    const key = createPublicKey({
      format: 'jwk',
      key: { kty: 'RSA', e: 'AQAB', n: Buffer.from(n, 'hex').toString('base64url') },
    });
    const caller = server.caller('2.1');
    const held = await registerHalf(caller, key);
    const asked = (...more: Item[]): Item => parameters({ PaddingMethod: 'PSS', HashingAlgorithm: 'SHA_1' }, ...more);
    const digested = bytes('DigestedData', createHash('sha1').update(Buffer.from(message, 'hex')).digest('hex'));
    for (const content of [bytes('Data', message), digested]) {
      for (const by of [asked(), asked(int('SaltLength', 20))]) {
        expect(await validity(caller, 'SignatureVerify', held, by, content, signature(made))).to.equal('Valid');
      }
      const other = asked(int('SaltLength', 19));
      expect(await validity(caller, 'SignatureVerify', held, other, content, signature(made))).to.equal('Invalid');
    }
  });
});
