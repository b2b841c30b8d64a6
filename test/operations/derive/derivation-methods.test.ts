/** The Derivation Methods one by one (KMIP 2.1 §7.12, §11.14), and those that not every version has. */
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { enumerationNumber } from '#protocol/enumerations';
import { Tag } from '#protocol/tags';
import { id, serverForEach, type Caller } from '#test/clients/caller';
import { at, bool, bytes, enumerated, int, struct, value, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import {
  named,
  utf8,
  raw,
  method,
  parameters,
  hash,
  mode,
  data,
  derivation,
  registered,
  block,
  key,
  secret,
  asked,
  type Wanted,
  payload,
  derive,
  derived,
  refusal,
  pbkdf2,
  iteratedKey,
  fixed,
  counterMode,
  algorithm,
  hmac,
} from './deriving.ts';

describe('a Derivation Method', () => {
  const server = serverForEach();

  it('tells another client of no base', async () => {
    for (const version of ['1.4', '2.1']) {
      const here = server.caller(version);
      const base = await key(here, iteratedKey);
      const foreign = server.callerAs('client-2', version);
      const { item: real } = await foreign.refused('DeriveKey', ...payload(here, [base], counterMode));
      const { item: absent } = await foreign.refused('DeriveKey', ...payload(here, ['none'], counterMode));
      expect(real).to.deep.equal(absent);
    }
  });

  it('derives with HKDF, its salt and its information', async () => {
    const here = server.caller('2.1');
    // RFC 5869 §A.1 and §A.3; Secret Data of clients that call it Opaque.
    const material = await secret(here, '0b'.repeat(22), {}, 2);
    const salted = derivation(data('f0f1f2f3f4f5f6f7f8f9'), bytes('Salt', '000102030405060708090a0b0c'));
    expect(await derived(here, [material], { bits: 336, method: 'HKDF', with: salted })).to.equal(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
    expect(await derived(here, [material], { bits: 336, method: 'HKDF', with: derivation() })).to.equal(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    );
    expect(await refusal(here, [material], { bits: 255 * 256 + 8, method: 'HKDF', with: derivation() })).to.equal(
      'CryptographicFailure',
    );
  });

  it('derives the signing key of AWS from Date, Region and Service', async () => {
    const here = server.caller('2.0');
    const base = await secret(here, utf8('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'));
    const scope = ['20120215', 'us-east-1', 'iam'].map((part) => data(utf8(part)));
    const wanted: Wanted = { bits: 256, method: 'AWSSignatureVersion4', with: derivation(...scope) };
    expect(await derived(here, [base], wanted)).to.equal(
      'f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d',
    );
    expect(await refusal(here, [base], { ...wanted, with: derivation(...scope.slice(1)) })).to.equal('InvalidField');
  });

  it('takes its hash from the HMAC that the Cryptographic Parameters name', async () => {
    const here = server.caller('1.4');
    const [base, password] = [await key(here, utf8('JefeJefeJefeJefe')), await secret(here, utf8('password'))];
    for (const [bases, wanted] of [
      [[base], hmac],
      [[password], pbkdf2],
    ] as const) {
      const fields = wanted.with.value as Item[];
      const byHash = { ...wanted, bits: 256, with: derivation(parameters(hash('SHA_512')), ...fields) };
      const byHmac = { ...byHash, with: derivation(parameters(algorithm('HMAC_SHA512')), ...fields) };
      expect(await derived(here, bases, byHmac)).to.equal(await derived(here, bases, byHash));
    }
  });

  it('hashes Derivation Data where it is given with a key', async () => {
    const here = server.caller('1.2');
    const base = await key(here, iteratedKey);
    const wanted = derivation(parameters(hash('SHA_1')), data(utf8('abc')));
    expect(await derived(here, [base], { bits: 128, method: 'HASH', with: wanted })).to.equal(
      'a9993e364706816aba3e25717850c26c',
    );
  });

  it('takes an absent initialization vector for zeros', async () => {
    const here = server.caller('1.0');
    const base = await key(here, '2b7e151628aed2a6abf7158809cf4f3c');
    const encrypt = (...iv: Item[]): Wanted => ({
      ...{ bits: 256, method: 'ENCRYPT' },
      with: derivation(parameters(mode('CBC')), ...iv, data('00'.repeat(32))),
    });
    expect(await derived(here, [base], encrypt())).to.equal(
      await derived(here, [base], encrypt(bytes('InitializationVector', '00'.repeat(16)))),
    );
  });

  it('binds a key of 1.x to its own Cryptographic Parameters, the first of which hold when none are asked for', async () => {
    const own = parameters(hash('SHA_256'));
    for (const [version, reason] of [
      ['1.4', 'InvalidField'],
      ['2.1', undefined],
    ] as const) {
      const here = server.caller(version);
      const base = await key(here, iteratedKey, { more: [own] });
      const other = { ...counterMode, with: derivation(parameters(hash('SHA_512')), data(fixed)) };
      const [answer] = await here.send([item('DeriveKey', payload(here, [base], other))]);
      expect(answer?.reason).to.equal(reason);
      expect(await derived(here, [base], { ...counterMode, with: derivation(data(fixed)) })).to.equal(
        '10621342bfb0fd40046c0e29f2cfdbf0',
      );
    }
  });

  it('leaves the counter out of feedback and double pipeline where its length is 0', async () => {
    const here = server.caller('1.4');
    const base = await key(here, 'ada2452f1f141a82c7a1b7d3e09ffed1');
    const input =
      '335660eb265d2044efa06eacd848d3f9f57d219011343318f3a964df4a6fb1bf6cbdee711c7fcbe73b8f257f992e47e8b065af';
    const without = (label: string): Wanted => ({
      ...{ bits: 128, method: label },
      with: derivation(parameters(mode('CMAC'), int('CounterLength', 0)), data(input)),
    });
    expect(await derived(here, [base], without('NIST800_108_DPI'))).to.equal('a73bd29176e38e761222ae07d639181f');
    expect(await refusal(here, [base], without('NIST800_108_C'))).to.equal('InvalidField');
  });

  it('lets Secret Data that is Sensitive or not Extractable out in no way that leads back', async () => {
    const here = server.caller('2.1');
    const known = await key(here, '2b7e151628aed2a6abf7158809cf4f3c');
    const encrypt: Wanted = { bits: 128, method: 'ENCRYPT', with: derivation(parameters(mode('ECB'))) };
    const hidden = iteratedKey.slice(0, 32);
    for (const [guard, open, reason] of [
      [bool('Sensitive', true), bool('Sensitive', false), 'Sensitive'],
      [bool('Extractable', false), bool('Extractable', true), 'NotExtractable'],
    ] as const) {
      const guarded = await secret(here, hidden, { more: [guard] });
      for (const more of [[], [open]]) {
        const made = await derive(here, [known, guarded], { ...encrypt, more });
        expect((await here.refused('Get', id(made))).reason).to.equal(reason);
      }
    }
    expect(await derived(here, [known, await secret(here, hidden)], encrypt)).to.have.length(32);
  });

  it('refuses to make hundreds of megabytes of a password', async () => {
    const here = server.caller('2.1');
    const huge = { ...pbkdf2, bits: 1_600_000_000, with: derivation(bytes('Salt', '00'), int('IterationCount', 1)) };
    expect(await refusal(here, [await secret(here, utf8('password'))], huge)).to.equal('InvalidAttributeValue');
  });

  it('refuses to hash a long salt for each of many blocks', async () => {
    const here = server.caller('2.1');
    const salted = derivation(bytes('Salt', '00'.repeat(500_000)), int('IterationCount', 1));
    const base = [await secret(here, utf8('password'))];
    expect(await refusal(here, base, { ...pbkdf2, bits: 8_388_608, with: salted })).to.equal('InvalidField');
    expect(await derived(here, base, { ...pbkdf2, with: salted })).to.have.length(40);
  });

  it('refuses to keep everybody waiting with a long chain of CMACs', async () => {
    const here = server.caller('2.1');
    const chained = { ...counterMode, type: 'SecretData', bits: 8 * 65_536 } as const;
    const cmac = derivation(parameters(mode('CMAC')), data(''));
    expect(await refusal(here, [await key(here, iteratedKey)], { ...chained, with: cmac })).to.equal('InvalidField');
  });

  it('refuses the ID Placeholder in place of an identifier', async () => {
    const here = server.caller('2.1');
    const [type, attributes] = asked(here, 'SymmetricKey', 128);
    const placeholder = enumerated('UniqueIdentifier', 'IDPlaceholder');
    const { reason } = await here.refused('DeriveKey', type, placeholder, method('HASH'), counterMode.with, attributes);
    expect(reason).to.equal('InvalidField');
  });

  it('makes a key in the Key Format Type that is asked for', async () => {
    const here = server.caller('2.1');
    const base = await key(here, iteratedKey);
    const formatted = (format: string): Wanted => ({ ...counterMode, more: [named('KeyFormatType', format)] });
    const made = await derive(here, [base], formatted('TransparentSymmetricKey'));
    const block = at(await here.call('Get', id(made)), 'SymmetricKey', 'KeyBlock') as Item;
    expect(value(block, 'KeyFormatType')).to.equal(enumerationNumber('KeyFormatType', 'TransparentSymmetricKey'));
    expect(value(block, 'KeyValue', 'KeyMaterial', 'Key')).to.have.length(16);
    expect(await refusal(here, [base], formatted('X_509'))).to.equal('KeyFormatTypeNotSupported');
  });

  it('derives many at once from one key, and links them all', async () => {
    const here = server.caller('2.1');
    const base = await key(here, iteratedKey);
    const made = await Promise.all(Array.from({ length: 8 }, () => derive(here, [base], counterMode)));
    const links = await here.attributes(base, enumerated('AttributeReference', Tag.Link));
    expect(links.map((link) => value(link, 'LinkedObjectIdentifier'))).to.have.members(made);
  });

  it('leaves the clock to others while PBKDF2 works', async () => {
    const here = server.caller('2.1');
    const base = await secret(here, utf8('password'));
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    try {
      await derive(here, [base], {
        ...pbkdf2,
        with: derivation(bytes('Salt', '00'), int('IterationCount', 1_000_000)),
      });
    } finally {
      clearInterval(ticking);
    }
    expect(turns).to.be.above(10);
  });

  describe('with Asymmetric Key', () => {
    const agreement: Omit<Wanted, 'bits'> = { method: 'AsymmetricKey', with: derivation() };

    const half = (here: Caller, which: 'public' | 'private', der: Uint8Array): Promise<string> =>
      which === 'public'
        ? registered(here, 3, struct('PublicKey', block(5, raw('KeyMaterial', der))))
        : registered(here, 4, struct('PrivateKey', block(4, raw('KeyMaterial', der))));

    const made = {
      'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
      X25519: () => generateKeyPairSync('x25519'),
      X448: () => generateKeyPairSync('x448'),
      DH: () => generateKeyPairSync('dh' as 'x448', { group: 'modp14' } as object),
    };
    const derOf = ({ publicKey, privateKey }: ReturnType<(typeof made)['X448']>): readonly [Buffer, Buffer] => [
      publicKey.export({ format: 'der', type: 'spki' }),
      privateKey.export({ format: 'der', type: 'pkcs8' }),
    ];

    for (const [what, pair] of Object.entries(made)) {
      it(`agrees on a secret over ${what}, whichever half comes first`, async () => {
        const here = server.caller('2.1');
        const [one, other] = [pair(), pair()];
        const [[publicDer], [, privateDer]] = [derOf(one), derOf(other)];
        const [ofPublic, ofPrivate] = [await half(here, 'public', publicDer), await half(here, 'private', privateDer)];
        const expected = diffieHellman({
          publicKey: createPublicKey({ key: publicDer, format: 'der', type: 'spki' }),
          privateKey: createPrivateKey({ key: privateDer, format: 'der', type: 'pkcs8' }),
        });
        const whole = { ...agreement, bits: expected.length * 8 };
        expect(await derived(here, [ofPrivate, ofPublic], whole)).to.equal(expected.toString('hex'));
        expect(await derived(here, [ofPublic, ofPrivate], { ...whole, type: 'SymmetricKey', bits: 128 })).to.equal(
          expected.subarray(0, 16).toString('hex'),
        );
        expect(await refusal(here, [ofPrivate, ofPublic], { ...whole, bits: whole.bits + 8 })).to.equal(
          'CryptographicFailure',
        );
      });
    }

    it('agrees as in RFC 7748 §6.1, in 1.4', async () => {
      const here = server.caller('1.4');
      const pkcs8 = Buffer.from(
        `302e020100300506032b656e04220420${'77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'}`,
        'hex',
      );
      const spki = Buffer.from(
        `302a300506032b656e032100${'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'}`,
        'hex',
      );
      const bases = [await half(here, 'private', pkcs8), await half(here, 'public', spki)];
      expect(await derived(here, bases, { ...agreement, bits: 256 })).to.equal(
        '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
      );
    });

    it('refuses keys that agree on nothing, and everything that is no pair of halves', async () => {
      const here = server.caller('2.1');
      const [p256, x25519] = [derOf(made['P-256']()), derOf(made.X25519())];
      const ofPublic = await half(here, 'public', p256[0]);
      const ofPrivate = await half(here, 'private', x25519[1]);
      const wanted = { ...agreement, bits: 128 };
      expect(await refusal(here, [ofPrivate, ofPublic], wanted)).to.equal('CryptographicFailure');
      expect(await refusal(here, [ofPrivate], wanted)).to.equal('InvalidObjectType');
      expect(await refusal(here, [ofPrivate, await key(here, iteratedKey)], wanted)).to.equal('InvalidObjectType');
      expect(await refusal(here, [ofPrivate], counterMode)).to.equal('InvalidObjectType');
    });

    it('refuses a public key that gives everybody the same secret', async () => {
      const here = server.caller('2.1');
      const [, privateDer] = derOf(made.X25519());
      const zero = Buffer.from(`302a300506032b656e032100${'00'.repeat(32)}`, 'hex');
      const bases = [await half(here, 'private', privateDer), await half(here, 'public', zero)];
      expect(await refusal(here, bases, { ...agreement, bits: 128 })).to.equal('CryptographicFailure');
    });
  });
});
