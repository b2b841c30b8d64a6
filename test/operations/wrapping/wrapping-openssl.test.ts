/**
 * Keys that go through the server wrapped, and OpenSSL at the other end: what Get wraps it opens, and what it wraps
 * Import opens.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { useOpenSsl } from '#test/certs/openssl';
import { given, id, serverForEach, type Caller } from '#test/clients/caller';
import { at, bytes, enumerated, int, struct, value } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import {
  activated,
  encryption,
  hex,
  kek,
  method,
  mode,
  noEncoding,
  parameters,
  register,
  wrapping,
} from './wrapping.ts';
import { keyBlock } from '#test/fixtures/key-blocks';

const wrapAndUnwrap = 0x30;
const secret = '00112233445566778899aabbccddeeff0f1e2d3c4b5a6978';
/** RFC 3394 §2.2.3.1, RFC 5649 §3. */
const integrity = { 'id-aes256-wrap': 'a6a6a6a6a6a6a6a6', 'id-aes256-wrap-pad': 'a65959a6' } as const;

describe('keys wrapped here and by openssl', () => {
  const ssl = useOpenSsl();
  const server = serverForEach();
  let here: Caller;
  beforeEach(() => (here = server.caller('2.1')));

  const inMode = (which: number): Item => parameters(enumerated('BlockCipherMode', which));
  const cipher = (name: string, iv: string, way: '-e' | '-d', input: Uint8Array): Buffer =>
    ssl.bytes('enc', `-${name}`, way, '-K', kek, '-iv', iv, '-in', ssl.file('input', input));

  /** The Key Value that Get gives, wrapped as asked, and the IV that it tells. */
  async function got(key: string, ...asked: Item[]): Promise<{ readonly wrapped: Uint8Array; readonly iv: string }> {
    const block = at(await here.call('Get', id(key), wrapping(method.encrypt, ...asked)), 'SymmetricKey', 'KeyBlock');
    const iv = at(block as Item, 'KeyWrappingData', 'IVCounterNonce');
    return { wrapped: value(block as Item, 'KeyValue') as Uint8Array, iv: iv === undefined ? '' : hex(iv) };
  }

  /** Imports an AES-192 key that was wrapped elsewhere, opened on its way in: the Key Material that Get then gives. */
  async function opened(wrapped: Uint8Array, ...data: Item[]): Promise<string> {
    const payload = await here.call(
      'Import',
      id('wrapped elsewhere'),
      enumerated('ObjectType', 'SymmetricKey'),
      enumerated('KeyWrapType', 'NotWrapped'),
      given(here.version, int('CryptographicUsageMask', 12)),
      struct(
        'SymmetricKey',
        struct(
          'KeyBlock',
          enumerated('KeyFormatType', 'Raw'),
          bytes('KeyValue', Buffer.from(wrapped).toString('hex')),
          enumerated('CryptographicAlgorithm', 'AES'),
          int('CryptographicLength', 192),
          struct('KeyWrappingData', enumerated('WrappingMethod', 'Encrypt'), ...data),
        ),
      ),
    );
    const key = await here.call('Get', id(value(payload, 'UniqueIdentifier') as string));
    return hex(at(key, 'SymmetricKey', 'KeyBlock', 'KeyValue', 'KeyMaterial'));
  }

  for (const [name, which] of [
    ['id-aes256-wrap', mode.NISTKeyWrap],
    ['id-aes256-wrap-pad', mode.AESKeyWrapPadding],
  ] as const) {
    it(`open there and here: ${name}`, async () => {
      const wrapper = await register(here, { mask: wrapAndUnwrap });
      const key = await register(here, { bytes: secret, mask: 12 });
      const information = encryption(wrapper, inMode(which));
      const { wrapped } = await got(key, information, noEncoding);
      expect(cipher(name, integrity[name], '-d', wrapped).toString('hex')).to.equal(secret);
      const theirs = cipher(name, integrity[name], '-e', Buffer.from(secret, 'hex'));
      expect(Buffer.from(wrapped)).to.deep.equal(theirs);
      expect(await opened(theirs, information, noEncoding)).to.equal(secret);
    });
  }

  it('open there and here: aes-256-cbc', async () => {
    const wrapper = await register(here, { mask: wrapAndUnwrap });
    const key = await register(here, { bytes: secret, mask: 12 });
    const information = encryption(
      wrapper,
      parameters(enumerated('BlockCipherMode', mode.CBC), enumerated('PaddingMethod', 'PKCS5')),
    );
    const { wrapped, iv } = await got(key, information, noEncoding);
    expect(cipher('aes-256-cbc', iv, '-d', wrapped).toString('hex')).to.equal(secret);
    const theirIv = '0f0e0d0c0b0a09080706050403020100';
    const theirs = cipher('aes-256-cbc', theirIv, '-e', Buffer.from(secret, 'hex'));
    expect(await opened(theirs, information, bytes('IVCounterNonce', theirIv), noEncoding)).to.equal(secret);
  });

  /**
   * Padding Method and Hashing Algorithm, and what openssl calls them; the Mask Generator's own is SHA-1 when nothing
   * is said (2.1 §4.16).
   */
  const paddings: readonly (readonly [string, readonly Item[], readonly string[]])[] = [
    ['PKCS#1 v1.5', [enumerated('PaddingMethod', 'PKCS1V1_5')], ['rsa_padding_mode:pkcs1']],
    [
      'OAEP with SHA-256',
      [enumerated('PaddingMethod', 'OAEP'), enumerated('HashingAlgorithm', 'SHA_256')],
      ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha1'],
    ],
  ];
  for (const [name, fields, options] of paddings) {
    it(`open there and here: RSA, ${name}`, async () => {
      ssl.run('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'rsa.pem');
      const half = async (type: 'PublicKey' | 'PrivateKey', number: number, keyFormat: number, mask: number) => {
        const out = type === 'PublicKey' ? ['pkey', '-pubout'] : ['pkcs8', '-topk8', '-nocrypt'];
        ssl.run(...out, '-in', 'rsa.pem', '-outform', 'DER', '-out', 'half.der');
        const material = bytes('KeyMaterial', readFileSync(ssl.path('half.der')).toString('hex'));
        const payload = await here.call(
          'Register',
          enumerated('ObjectType', number),
          given(here.version, int('CryptographicUsageMask', mask), activated),
          struct(type, keyBlock(keyFormat, material)),
        );
        return value(payload, 'UniqueIdentifier') as string;
      };
      const publicKey = await half('PublicKey', 3, 5, 0x10);
      const privateKey = await half('PrivateKey', 4, 4, 0x20);
      const pkeyutl = (way: '-encrypt' | '-decrypt', input: Uint8Array): Buffer =>
        ssl.bytes(
          ...['pkeyutl', way, '-inkey', ssl.path('rsa.pem'), '-in', ssl.file('input', input)],
          ...options.flatMap((option) => ['-pkeyopt', option]),
        );
      const key = await register(here, { bytes: secret, mask: 12 });
      const { wrapped } = await got(key, encryption(publicKey, parameters(...fields)), noEncoding);
      expect(pkeyutl('-decrypt', wrapped).toString('hex')).to.equal(secret);
      const theirs = pkeyutl('-encrypt', Buffer.from(secret, 'hex'));
      expect(await opened(theirs, encryption(privateKey, parameters(...fields)), noEncoding)).to.equal(secret);
    });
  }
});
