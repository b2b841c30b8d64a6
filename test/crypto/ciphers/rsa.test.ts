import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { rsaDecrypt, rsaEncrypt } from '#crypto/ciphers/rsa-encryption';
import { checkSignature, makeSignature } from '#crypto/signatures/signature';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { useOpenSsl } from '#test/certs/openssl';

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof KmipError) return error.reason;
    throw error;
  }
  return 'nothing was thrown';
};
const base64url = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');

/** Example 1 of oaep-vect.txt, which RSA Laboratories published with PKCS #1 v2.1: a key of 1024 bits, SHA-1. */
const example1 = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'RSA',
    n: base64url(
      'a8b3b284af8eb50b387034a860f146c4919f318763cd6c5598c8ae4811a1e0abc4c7e0b082d693a5e7fced675cf4668512772c0cbc64a742c6c630f533c8cc72f62ae833c40bf25842e984bb78bdbf97c0107d55bdb662f5c4e0fab9845cb5148ef7392dd3aaff93ae1e6b667bb3d4247616d4f5ba10d4cfd226de88d39f16fb',
    ),
    e: base64url('010001'),
    d: base64url(
      '53339cfdb79fc8466a655c7316aca85c55fd8f6dd898fdaf119517ef4f52e8fd8e258df93fee180fa0e4ab29693cd83b152a553d4ac4d1812b8b9fa5af0e7f55fe7304df41570926f3311f15c4d65a732c483116ee3d3d2d0af3549ad9bf7cbfb78ad884f84d5beb04724dc7369b31def37d0cf539e9cfcdd3de653729ead5d1',
    ),
    p: base64url(
      'd32737e7267ffe1341b2d5c0d150a81b586fb3132bed2f8d5262864a9cb9f30af38be448598d413a172efb802c21acf1c11c520c2f26a471dcad212eac7ca39d',
    ),
    q: base64url(
      'cc8853d1d54da630fac004f471f281c7b8982d8224a490edbeb33d3e3d5cc93c4765703d1dd791642f1f116a0dd852be2419b2af72bfe9a030e860b0288b5d77',
    ),
    dp: base64url(
      '0e12bf1718e9cef5599ba1c3882fe8046a90874eefce8f2ccc20e4f2741fb0a33a3848aec9c9305fbecbd2d76819967d4671acc6431e4037968db37878e695c1',
    ),
    dq: base64url(
      '95297b0f95a2fa67d00707d609dfd4fc05c89dafc2ef6d6ea55bec771ea333734d9251e79082ecda866efef13c459e1a631386b7e354c899f5f112ca85d71583',
    ),
    qi: base64url(
      '4f456c502493bdc0ed2ab756a3a6ed4d67352a697d4216e93212b127a63d5411ce6fa98d5dbefd73263e3728142743818166ed7dd63687dd2a8ca1d2f4fbd8e1',
    ),
  },
});
const message11 = '6628194e12073db03ba94cda9ef9532397d50dba79b987004afefe34';
const encrypted11 =
  '354fe67b4a126d5d35fe36c777791a3f7ba13def484e2d3908aff722fad468fb21696de95d0be911c2d3174f8afcc201035f7b6d8e69402de5451618c21a535fa9d7bfc5b8dd9fc243f8cf927db31322d6e881eaa91a996170e657a05a266426d98c88003f8477c1227094a0d9fa1e8c4024309ce1ecccb5210035d47ac72e8a';

/**
 * Of the same publication: pkcs1v15sign-vectors.txt, example 1.1, and pss-int.txt; SHA-1, and public exponents of
 * 65537.
 */
const publishedSignatures: readonly {
  readonly name: string;
  readonly modulus: string;
  readonly message: string;
  readonly signature: string;
  readonly parameters: CryptographicParameters;
}[] = [
  {
    name: 'RSASSA-PKCS1-v1_5',
    modulus:
      'a56e4a0e701017589a5187dc7ea841d156f2ec0e36ad52a44dfeb1e61f7ad991d8c51056ffedb162b4c0f283a12a88a394dff526ab7291cbb307ceabfce0b1dfd5cd9508096d5b2b8b6df5d671ef6377c0921cb23c270a70e2598e6ff89d19f105acc2d3f0cb35f29280e1386b6f64c4ef22e1e1f20d0ce8cffb2249bd9a2137',
    message:
      'cdc87da223d786df3b45e0bbbc721326d1ee2af806cc315475cc6f0d9c66e1b62371d45ce2392e1ac92844c310102f156a0d8d52c1f4c40ba3aa65095786cb769757a6563ba958fed0bcc984e8b517a3d5f515b23b8a41e74aa867693f90dfb061a6e86dfaaee64472c00e5f20945729cbebe77f06ce78e08f4098fba41f9d6193c0317e8b60d4b6084acb42d29e3808a3bc372d85e331170fcbf7cc72d0b71c296648b3a4d10f416295d0807aa625cab2744fd9ea8fd223c42537029828bd16be02546f130fd2e33b936d2676e08aed1b73318b750a0167d0',
    signature:
      '6bc3a06656842930a247e30d5864b4d819236ba7c68965862ad7dbc4e24af28e86bb531f03358be5fb74777c6086f850caef893f0d6fcc2d0c91ec013693b4ea00b80cd49aac4ecb5f8911afe539ada4a8f3823d1d13e472d1490547c659c7617f3d24087ddb6f2b72096167fc097cab18e9a458fcb634cdce8ee35894c484d7',
    parameters: { paddingMethod: 'PKCS1V1_5', hashingAlgorithm: 'SHA_1' },
  },
  {
    name: 'RSASSA-PSS',
    modulus:
      'a2ba40ee07e3b2bd2f02ce227f36a195024486e49c19cb41bbbdfbba98b22b0e577c2eeaffa20d883a76e65e394c69d4b3c05a1e8fadda27edb2a42bc000fe888b9b32c22d15add0cd76b3e7936e19955b220dd17d4ea904b1ec102b2e4de7751222aa99151024c7cb41cc5ea21d00eeb41f7c800834d2c6e06bce3bce7ea9a5',
    message:
      '859eef2fd78aca00308bdc471193bf55bf9d78db8f8a672b484634f3c9c26e6478ae10260fe0dd8c082e53a5293af2173cd50c6d5d354febf78b26021c25c02712e78cd4694c9f469777e451e7f8e9e04cd3739c6bbfedae487fb55644e9ca74ff77a53cb729802f6ed4a5ffa8ba159890fc',
    signature:
      '8daa627d3de7595d63056c7ec659e54406f10610128baae821c8b2a0f3936d54dc3bdce46689f6b7951bb18e840542769718d5715d210d85efbb596192032c42be4c29972c856275eb6d5a45f05f51876fc6743deddd28caec9bb30ea99e02c3488269604fe497f74ccd7c7fca1671897123cbd30def5d54a2b5536ad90a747e',
    parameters: { paddingMethod: 'PSS', hashingAlgorithm: 'SHA_1', saltLength: 20 },
  },
];

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const oaep = (hash: string, maskHash?: string, pSource?: Uint8Array): CryptographicParameters =>
  ({
    paddingMethod: 'OAEP',
    hashingAlgorithm: hash,
    ...(maskHash === undefined ? {} : { maskGeneratorHashingAlgorithm: maskHash }),
    ...(pSource === undefined ? {} : { pSource }),
  }) as CryptographicParameters;
const hashes = ['SHA_1', 'SHA_224', 'SHA_256', 'SHA_384', 'SHA_512', 'SHA_512_256', 'SHA3_256'];

describe('RSA encryption', () => {
  it('opens example 1.1 of the vectors of PKCS #1 v2.1', () => {
    const opened = rsaDecrypt(example1, Buffer.from(encrypted11, 'hex'), { paddingMethod: 'OAEP' });
    expect(Buffer.from(opened).toString('hex')).to.equal(message11);
  });

  it('comes back with every hash, every other hash in the mask, and a label', () => {
    const data = randomBytes(32);
    for (const hash of hashes) {
      for (const maskHash of hashes) {
        const parameters = oaep(hash, maskHash, Buffer.from('label'));
        const encrypted = rsaEncrypt(publicKey, data, parameters, randomBytes);
        expect(Buffer.from(rsaDecrypt(privateKey, encrypted, parameters)), `${hash} ${maskHash}`).to.deep.equal(data);
        expect(refusal(() => rsaDecrypt(privateKey, encrypted, oaep(hash, maskHash)))).to.equal('CryptographicFailure');
      }
    }
  });

  it('takes SHA-1 for the mask when nothing is said (2.1 4.16)', () => {
    const data = randomBytes(32);
    const encrypted = rsaEncrypt(publicKey, data, oaep('SHA_256'), randomBytes);
    expect(Buffer.from(rsaDecrypt(privateKey, encrypted, oaep('SHA_256', 'SHA_1')))).to.deep.equal(data);
    expect(refusal(() => rsaDecrypt(privateKey, encrypted, oaep('SHA_256', 'SHA_256')))).to.equal(
      'CryptographicFailure',
    );
  });

  it('refuses data that is too long, paddings of other things, and hashes that are not there', () => {
    const encrypt = (parameters: CryptographicParameters, length = 32): string =>
      refusal(() => rsaEncrypt(publicKey, randomBytes(length), parameters, randomBytes));
    expect(encrypt({ paddingMethod: 'PKCS1V1_5' }, 245)).to.equal('nothing was thrown');
    expect(encrypt({ paddingMethod: 'PKCS1V1_5' }, 246)).to.equal('InvalidField');
    expect(encrypt(oaep('SHA_256', 'SHA_256'), 191)).to.equal('InvalidField');
    expect(encrypt(oaep('SHA_256', 'SHA_1'), 191)).to.equal('InvalidField');
    expect(encrypt({ paddingMethod: 'None' })).to.equal('InvalidField');
    expect(encrypt({})).to.equal('BadCryptographicParameters');
    expect(encrypt({ paddingMethod: 'PSS' })).to.equal('UnsupportedCryptographicParameters');
    expect(encrypt(oaep('Tiger'))).to.equal('UnsupportedCryptographicParameters');
    expect(encrypt(oaep('SHA_256', 'MD2'))).to.equal('UnsupportedCryptographicParameters');
  });

  it('does not open what was changed, cut or made longer', () => {
    for (const parameters of [oaep('SHA_256', 'SHA_256'), oaep('SHA_384', 'SHA_256')]) {
      const encrypted = Buffer.from(rsaEncrypt(publicKey, randomBytes(16), parameters, randomBytes));
      const changed = Buffer.from(encrypted);
      changed[100] = (changed[100] as number) ^ 1;
      for (const each of [
        changed,
        encrypted.subarray(1),
        Buffer.concat([encrypted, Buffer.alloc(1)]),
        Buffer.alloc(0),
      ]) {
        expect(refusal(() => rsaDecrypt(privateKey, each, parameters))).to.equal('CryptographicFailure');
      }
    }
    const raw: CryptographicParameters = { paddingMethod: 'None' };
    const encrypted = rsaEncrypt(publicKey, Buffer.alloc(256, 1), { paddingMethod: 'None' }, randomBytes);
    expect(Buffer.from(rsaDecrypt(privateKey, encrypted, raw))).to.deep.equal(Buffer.alloc(256, 1));
    expect(refusal(() => rsaDecrypt(privateKey, encrypted, { paddingMethod: 'PKCS1V1_5' }))).to.equal(
      'CryptographicFailure',
    );
  });

  describe('beside openssl', () => {
    const openssl = useOpenSsl();
    const cases: [CryptographicParameters, string[]][] = [
      [{ paddingMethod: 'PKCS1V1_5' }, ['rsa_padding_mode:pkcs1']],
      [oaep('SHA_256', 'SHA_256'), ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256']],
      [oaep('SHA_1'), ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha1']],
      [
        oaep('SHA_384', 'SHA_256', Buffer.from('Kilroy')),
        ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha384', 'rsa_mgf1_md:sha256', 'rsa_oaep_label:4b696c726f79'],
      ],
    ];

    it('decrypts what openssl encrypted, and the other way round', () => {
      const pem = openssl.file('key.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }));
      for (const [parameters, options] of cases) {
        const data = randomBytes(32);
        const run = (way: string, input: Uint8Array): Buffer =>
          openssl.bytes(
            ...['pkeyutl', way, '-inkey', pem, '-in', openssl.file('input', input)],
            ...options.flatMap((each) => ['-pkeyopt', each]),
          );
        const theirs = run('-encrypt', data);
        expect(Buffer.from(rsaDecrypt(privateKey, theirs, parameters)), options.join()).to.deep.equal(data);
        const ours = rsaEncrypt(publicKey, data, parameters, randomBytes);
        expect(run('-decrypt', ours), options.join()).to.deep.equal(data);
      }
    });
  });
});

describe('Signatures', () => {
  const openssl = useOpenSsl();
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey;
  const schemes: [string, typeof ec, CryptographicParameters, string[]][] = [
    ['RSA', privateKey, { hashingAlgorithm: 'SHA_256' }, ['-sha256']],
    ['RSA by name', privateKey, { digitalSignatureAlgorithm: 'SHA_384WithRSAEncryption' }, ['-sha384']],
    ['SHA-3', privateKey, { digitalSignatureAlgorithm: 'SHA3_256WithRSAEncryption' }, ['-sha3-256']],
    ['PSS', privateKey, { paddingMethod: 'PSS', hashingAlgorithm: 'SHA_256' }, pss('sha256')],
    ['PSS by name', privateKey, { digitalSignatureAlgorithm: 'RSASSA_PSS', hashingAlgorithm: 'SHA_1' }, pss('sha1')],
    ['ECDSA', ec, { digitalSignatureAlgorithm: 'ECDSAWithSHA256' }, ['-sha256']],
    ['ECDSA of SHA-1', ec, { digitalSignatureAlgorithm: 'ECDSAWithSHA_1' }, ['-sha1']],
    ['DSA', dsa, { digitalSignatureAlgorithm: 'DSAWithSHA224' }, ['-sha224']],
  ];
  function pss(hash: string): string[] {
    return [`-${hash}`, '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'];
  }

  for (const [name, key, parameters, options] of schemes) {
    it(`are verified by openssl, and verify its own: ${name}`, async () => {
      const content = randomBytes(100);
      const data = openssl.file('data', content);
      const pem = openssl.file('key.pem', key.export({ format: 'pem', type: 'pkcs8' }));
      const publicPem = openssl.file('public.pem', createPublicKey(key).export({ format: 'pem', type: 'spki' }));
      const signature = openssl.file('signature', makeSignature(key, { data: content }, parameters, randomBytes));
      const verified = openssl.run('dgst', ...options, '-verify', publicPem, '-signature', signature, data);
      expect(verified).to.include('Verified OK');
      const theirs = openssl.bytes('dgst', ...options, '-sign', pem, data);
      expect(checkSignature(createPublicKey(key), { data: content }, theirs, parameters)).to.equal(true);
      expect(checkSignature(createPublicKey(key), { data: Buffer.from('other') }, theirs, parameters)).to.equal(false);
      expect(checkSignature(createPublicKey(key), { data: content }, theirs.subarray(1), parameters)).to.equal(false);
    });
  }

  it('are as long as the modulus, even where nothing but a zero is cut off', async () => {
    const parameters = {
      paddingMethod: 'PSS',
      hashingAlgorithm: 'SHA_256',
      maskGeneratorHashingAlgorithm: 'SHA_256',
    } as const;
    const data = randomBytes(100);
    let signature: Uint8Array;
    do signature = makeSignature(privateKey, { data }, parameters, randomBytes);
    while (signature[0] !== 0);
    expect(checkSignature(publicKey, { data }, signature, parameters)).to.equal(true);
    expect(checkSignature(publicKey, { data }, signature.subarray(1), parameters)).to.equal(false);
  });

  for (const { name, modulus, message, signature, parameters } of publishedSignatures) {
    it(`are verified as published: ${name}`, () => {
      const key = createPublicKey({
        format: 'jwk',
        key: { kty: 'RSA', n: base64url(modulus), e: base64url('010001') },
      });
      const [data, bytes] = [Buffer.from(message, 'hex'), Buffer.from(signature, 'hex')];
      expect(checkSignature(key, { data }, bytes, parameters)).to.equal(true);
      expect(checkSignature(key, { data: data.subarray(1) }, bytes, parameters)).to.equal(false);
    });
  }

  it('need no hash with Ed25519', async () => {
    const signature = makeSignature(ed, { data: Buffer.from('data') }, {}, randomBytes);
    expect(checkSignature(createPublicKey(ed), { data: Buffer.from('data') }, signature, {})).to.equal(true);
    expect(checkSignature(createPublicKey(ed), { data: Buffer.from('date') }, signature, {})).to.equal(false);
  });

  it('of PSS with a mask of another hash are verified by openssl, and verify its own', async () => {
    const parameters = { paddingMethod: 'PSS', hashingAlgorithm: 'SHA_256', saltLength: 17 } as const;
    const masked = { ...parameters, maskGeneratorHashingAlgorithm: 'SHA_1' } as const;
    for (const modulusLength of [2048, 2049, 2050]) {
      const key = generateKeyPairSync('rsa', { modulusLength }).privateKey;
      const options = [...pss('sha256').slice(0, -1), 'rsa_pss_saltlen:17', '-sigopt', 'rsa_mgf1_md:sha1'];
      const content = randomBytes(100);
      const data = openssl.file('data', content);
      const pem = openssl.file('key.pem', key.export({ format: 'pem', type: 'pkcs8' }));
      const publicKey = createPublicKey(key);
      const publicPem = openssl.file('public.pem', publicKey.export({ format: 'pem', type: 'spki' }));
      const made = makeSignature(key, { data: content }, masked, randomBytes);
      const signature = openssl.file('signature', made);
      expect(openssl.run('dgst', ...options, '-verify', publicPem, '-signature', signature, data)).to.include('OK');
      const theirs = openssl.bytes('dgst', ...options, '-sign', pem, data);
      const isValid = (by: CryptographicParameters, signed = content, bytes = theirs): boolean =>
        checkSignature(publicKey, { data: signed }, bytes, by);
      expect(isValid(masked)).to.equal(true);
      expect(isValid({ ...masked, saltLength: undefined })).to.equal(true);
      expect(isValid({ ...masked, saltLength: 18 })).to.equal(false);
      expect(isValid(parameters)).to.equal(false);
      expect(isValid(masked, Buffer.from('other'))).to.equal(false);
      for (const place of [0, 1, 128, theirs.length - 1]) {
        const altered = Buffer.from(theirs);
        altered[place] = (altered[place] as number) ^ 1;
        expect(isValid(masked, content, altered), `${place}`).to.equal(false);
      }
      expect(isValid(masked, content, Buffer.concat([Uint8Array.of(0), theirs]))).to.equal(false);
    }
  });

  it('are refused without a hash, with one that is not there, and where parameters do not fit', async () => {
    const sign = async (parameters: CryptographicParameters, key = privateKey): Promise<string> => {
      try {
        makeSignature(key, { data: Buffer.from('data') }, parameters, randomBytes);
      } catch (error) {
        if (error instanceof KmipError) return error.reason;
        throw error;
      }
      return 'nothing was thrown';
    };
    const [bad, unsupported] = ['BadCryptographicParameters', 'UnsupportedCryptographicParameters'];
    expect(await sign({})).to.equal(bad);
    expect(await sign({ hashingAlgorithm: 'Tiger' })).to.equal(unsupported);
    expect(await sign({ digitalSignatureAlgorithm: 'MD2WithRSAEncryption' })).to.equal(unsupported);
    expect(await sign({ digitalSignatureAlgorithm: 'ECDSAWithSHA256' })).to.equal(bad);
    expect(await sign({ digitalSignatureAlgorithm: 'SHA_1WithRSAEncryption', hashingAlgorithm: 'SHA_256' })).to.equal(
      bad,
    );
    expect(await sign({ cryptographicAlgorithm: 'ECDSA', hashingAlgorithm: 'SHA_256' })).to.equal(bad);
    expect(await sign({ paddingMethod: 'OAEP', hashingAlgorithm: 'SHA_256' })).to.equal(unsupported);
    const pss = { paddingMethod: 'PSS', hashingAlgorithm: 'SHA_256' } as const;
    expect(await sign({ ...pss, saltLength: -1 })).to.equal(bad);
    expect(await sign({ ...pss, trailerField: 2 })).to.equal(unsupported);
    expect(await sign({ ...pss, saltLength: 5000 })).to.equal('CryptographicFailure');
    expect(await sign({ ...pss, saltLength: 5000, maskGeneratorHashingAlgorithm: 'SHA_1' })).to.equal(
      'CryptographicFailure',
    );
    expect(await sign({}, generateKeyPairSync('x25519').privateKey)).to.equal(bad);
  });
});
