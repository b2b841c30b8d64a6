/** One request whose cryptography takes long, and how long it keeps everybody else waiting. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createClient, type Client } from '#client/client';
import { activate } from '#operations/life-cycle/activate';
import { create } from '#operations/create/create';
import { createSplitKey } from '#operations/split/create-split-key';
import { decrypt } from '#operations/cryptography/decrypt';
import { encrypt } from '#operations/cryptography/encrypt';
import { get } from '#operations/fetch/get';
import { mac } from '#operations/cryptography/mac';
import { register } from '#operations/create/register';
import { sign } from '#operations/cryptography/sign';
import { validate } from '#operations/certificates/validate';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { useOpenSsl } from '#test/certs/openssl';
import { openCertifying } from '#test/operations/certificates/authority';
import type { Fixture } from '#test/fixtures/fixture';
import { encryptedWithRsa, rsaKey, rsaToRegister } from '#test/fixtures/rsa-key';
import { ItemType, type Item } from '#ttlv/item';
import { longestPause, pauseOf } from './pauses.ts';

/** What threads do beside counts as well, on a machine with few processors: hence some more. */
const bound = 1.5 * longestPause;
const mebibyte = 1024 * 1024 - 1024;

describe('a request that takes long', () => {
  const ssl = useOpenSsl();
  let fixture: Fixture;
  let client: Client;
  before(async () => {
    ({ fixture } = await openCertifying());
    const session = fixture.session();
    client = createClient({
      exchange: (message) => fixture.handler.handle(message, session),
      close: () => Promise.resolve(),
    });
  });
  after(() => fixture.close());

  const mask = (value: number) => ({ key: 'cryptographicUsageMask', value }) as const;

  async function keyOf(algorithm: 'AES' | 'DES3' | 'ARIA', length: number): Promise<string> {
    const instances = [
      { key: 'cryptographicAlgorithm', value: algorithm },
      { key: 'cryptographicLength', value: length },
      mask(0x8c),
    ] as const;
    const { uniqueIdentifier } = await client.call(create, { objectType: 'SymmetricKey', attributes: { instances } });
    await client.call(activate, { uniqueIdentifier });
    return uniqueIdentifier;
  }

  async function registered(request: object): Promise<string> {
    const { uniqueIdentifier } = await client.call(register, request as never);
    await client.call(activate, { uniqueIdentifier });
    return uniqueIdentifier;
  }

  /**
   * Runs it, and once before, so that threads and code are there. What is refused has to be refused for this `reason`.
   */
  async function holds(work: () => Promise<unknown>, reason = 'Success'): Promise<void> {
    const attempt = async (): Promise<void> => {
      const result = await work().then(
        () => 'Success',
        (error: unknown) => {
          if (error instanceof KmipError) return error.reason;
          throw error;
        },
      );
      expect(result).to.equal(reason);
    };
    await attempt();
    const pause = await pauseOf(() => Promise.resolve(), attempt, bound);
    console.log(`      ${pause.toFixed(1)} ms`);
    expect(pause).to.be.below(bound);
  }

  it('wraps a mebibyte with AES key wrap, and lets others have their turns', async () => {
    const uniqueIdentifier = await keyOf('AES', 256);
    const cryptographicParameters = { blockCipherMode: 'NISTKeyWrap' };
    await holds(() =>
      client.call(encrypt, { uniqueIdentifier, cryptographicParameters, data: Buffer.alloc(mebibyte) } as never),
    );
  });

  it('encrypts a mebibyte with a slow cipher, at once and as a part', async () => {
    const uniqueIdentifier = await keyOf('DES3', 168);
    const cryptographicParameters = { blockCipherMode: 'CBC', paddingMethod: 'PKCS5', randomIV: true };
    const request = { uniqueIdentifier, cryptographicParameters, data: Buffer.alloc(mebibyte) };
    await holds(() => client.call(encrypt, request as never));
    await holds(() => client.call(encrypt, { ...request, initIndicator: true } as never));
  });

  it('makes a CMAC of a mebibyte, at once and as a part', async () => {
    const uniqueIdentifier = await keyOf('AES', 256);
    const request = {
      uniqueIdentifier,
      cryptographicParameters: { cryptographicAlgorithm: 'AES', blockCipherMode: 'CMAC' },
      data: Buffer.alloc(mebibyte),
    };
    await holds(() => client.call(mac, request as never));
    await holds(() => client.call(mac, { ...request, initIndicator: true } as never));
  });

  it('decrypts and signs with RSA-8192', async () => {
    const uniqueIdentifier = await registered(rsaToRegister);
    const cryptographicParameters = { paddingMethod: 'PKCS1V1_5', hashingAlgorithm: 'SHA_256' };
    await holds(() =>
      client.call(decrypt, { uniqueIdentifier, cryptographicParameters, data: encryptedWithRsa } as never),
    );
    const request = { uniqueIdentifier, cryptographicParameters, data: Buffer.from('data') };
    await holds(() => client.call(sign, request as never));
    await holds(async () => {
      const { correlationValue } = await client.call(sign, { ...request, initIndicator: true } as never);
      await client.call(sign, { ...request, correlationValue, finalIndicator: true } as never);
    });
  });

  it('signs a digest on a curve, in JavaScript', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
    const uniqueIdentifier = await registered({
      objectType: 'PrivateKey',
      attributes: { instances: [mask(1)] },
      object: {
        objectType: 'PrivateKey',
        keyBlock: {
          keyFormatType: 'PKCS_8',
          keyValue: { keyMaterial: privateKey.export({ type: 'pkcs8', format: 'der' }) },
          cryptographicAlgorithm: 'ECDSA',
          cryptographicLength: 521,
        },
      },
    });
    const cryptographicParameters = { cryptographicAlgorithm: 'ECDSA', hashingAlgorithm: 'SHA_512' };
    await holds(() =>
      client.call(sign, { uniqueIdentifier, cryptographicParameters, digestedData: randomBytes(64) } as never),
    );
  });

  it('splits a secret of 160 KiB', async () => {
    const { uniqueIdentifier } = await client.call(register, {
      objectType: 'SecretData',
      attributes: { instances: [mask(0)] },
      object: {
        objectType: 'SecretData',
        secretDataType: 'Seed',
        keyBlock: { keyFormatType: 'Raw', keyValue: { keyMaterial: randomBytes(160 * 1024) } },
      },
    } as never);
    await holds(() =>
      client.call(createSplitKey, {
        objectType: 'SplitKey',
        uniqueIdentifier,
        splitKeyParts: 3,
        splitKeyThreshold: 3,
        splitKeyMethod: 'PolynomialSharingGF2_8',
        attributes: { instances: [mask(0)] },
      } as never),
    );
  });

  const number = (tag: number, value: bigint): Item => ({ tag, type: ItemType.BigInteger, value });
  const odd = (bits: number): bigint =>
    BigInt(`0x${randomBytes(bits / 8).toString('hex')}`) | 1n | (1n << BigInt(bits - 1));

  const transparent = (...keyMaterial: readonly Item[]): object => ({
    objectType: 'PrivateKey',
    attributes: { instances: [mask(1)] },
    object: {
      objectType: 'PrivateKey',
      keyBlock: {
        keyFormatType: 'TransparentRSAPrivateKey',
        keyValue: { keyMaterial },
        cryptographicAlgorithm: 'RSA',
        cryptographicLength: 8192,
      },
    },
  });

  it('refuses numbers of 16,384 bits in a transparent key of RSA before it computes with them', async () => {
    const [p, q, exponent] = [odd(8192), odd(8192), odd(16_384)];
    const request = transparent(
      number(Tag.Modulus, p * q),
      number(Tag.PrivateExponent, exponent),
      number(Tag.P, p),
      number(Tag.Q, q),
    );
    await holds(() => client.call(register, request as never), 'InvalidField');
  });

  it('completes a transparent key of RSA-8192 from its primes', async () => {
    const { n = '', e = '', p = '', q = '' } = rsaKey.export({ format: 'jwk' });
    const of = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
    const request = transparent(
      number(Tag.Modulus, of(n)),
      number(Tag.PublicExponent, of(e)),
      number(Tag.P, of(p)),
      number(Tag.Q, of(q)),
    );
    await holds(() => client.call(register, request as never));
  });

  it('reads and validates certificates of thousands of values', async () => {
    const names = Array.from({ length: 900 }, (_, place) => `DNS:a${place}.example.com`).join(',');
    const text = `[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=x\n[v3]\nsubjectAltName=${names}\n`;
    ssl.file('large.cnf', text);
    ssl.run('req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-keyout', 'k', '-out', 'c.pem', '-config', 'large.cnf');
    const certificateValue = ssl.bytes('x509', '-in', 'c.pem', '-outform', 'der');
    const object = { objectType: 'Certificate', certificateType: 'X_509', certificateValue } as const;
    await holds(() =>
      client.call(register, { objectType: 'Certificate', attributes: { instances: [] }, object } as never),
    );
    const certificate = Array.from({ length: 16 }, () => ({ certificateType: 'X_509', certificateValue }));
    await holds(() => client.call(validate, { certificate } as never));
  });

  it('opens a container of 50 KB under RC2, at Register and at Get', async () => {
    ssl.run(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-keyout', 'p.key', '-out', 'p.pem', '-subj', '/CN=x'],
      ...['-addext', `nsComment=${'long '.repeat(600)}`],
    );
    ssl.file('more.pem', Array.from({ length: 12 }, () => ssl.run('x509', '-in', 'p.pem')).join(''));
    const container = ssl.bytes(
      ...['pkcs12', '-export', '-legacy', '-inkey', 'p.key', '-in', 'p.pem', '-certfile', 'more.pem'],
      ...['-certpbe', 'PBE-SHA1-RC2-40', '-passout', 'pass:a password'],
    );
    expect(container.length).to.be.above(40_000);
    const password = await registered({
      objectType: 'SecretData',
      attributes: { instances: [mask(0)] },
      object: {
        objectType: 'SecretData',
        secretDataType: 'Password',
        keyBlock: { keyFormatType: 'Raw', keyValue: { keyMaterial: Buffer.from('a password') } },
      },
    });
    const link = { key: 'link', value: { linkType: 'PKCS_12PasswordLink', linkedObjectIdentifier: password } };
    const request = {
      objectType: 'PrivateKey',
      attributes: { instances: [mask(1), link] },
      object: {
        objectType: 'PrivateKey',
        keyBlock: { keyFormatType: 'PKCS_12', keyValue: { keyMaterial: container } },
      },
    };
    const { uniqueIdentifier } = await client.call(register, request as never);
    await holds(() => client.call(register, request as never));
    await holds(() => client.call(get, { uniqueIdentifier, keyFormatType: 'PKCS_12' } as never));
  });
});
