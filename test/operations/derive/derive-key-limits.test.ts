/**
 * Usage Limits (KMIP 2.1 §4.59) of what Derive Key derives from: deriving by encryption encrypts, deriving by HMAC
 * authenticates.
 */
import { expect } from 'chai';
import { serverForEach, type Caller } from '#test/clients/caller';
import { bytes, long, struct, versions } from '#test/fixtures/items';
import {
  counterMode,
  data,
  derivation,
  derive,
  hash,
  hmac,
  key,
  mode,
  named,
  parameters,
  payload,
  pbkdf2,
  refusal,
  secret,
  utf8,
  type Wanted,
} from './deriving.ts';
import { attributesKept } from '#test/operations/create/kept';

const block = '6bc1bee22e409f96e93d7e117393172a';
const encrypt: Wanted = {
  ...{ type: 'SymmetricKey', bits: 128, method: 'ENCRYPT' },
  with: derivation(parameters(mode('CBC')), bytes('InitializationVector', '00'.repeat(16)), data(block)),
};

const limited = (unit: 'Byte' | 'Object', total: bigint) =>
  struct(
    'UsageLimits',
    long('UsageLimitsTotal', total),
    long('UsageLimitsCount', total),
    named('UsageLimitsUnit', unit),
  );

describe('Derive Key from what has Usage Limits', () => {
  const server = serverForEach();
  const left = async (id: string) => (await attributesKept(server.fixture, id))?.usageLimits?.usageLimitsCount;

  for (const version of versions) {
    it(`counts each derivation, and makes no more than the limits allow, in ${version}`, async () => {
      const here = server.caller(version);
      const once = { more: [limited('Object', 1n)] };
      const bases: readonly (readonly [Wanted, (here: Caller) => Promise<string>])[] = [
        [encrypt, () => key(here, '2b7e151628aed2a6abf7158809cf4f3c', once)],
        [hmac, () => key(here, utf8('Jefe'), { algorithm: 'HMAC_SHA256', ...once })],
        [pbkdf2, () => secret(here, utf8('password'), once)],
        [counterMode, () => key(here, 'dd1d91b7d90b2bd3138533ce92b272fb', once)],
      ];
      for (const [wanted, make] of bases) {
        const base = await make(here);
        await derive(here, [base], wanted);
        expect(await left(base), wanted.method).to.equal(0n);
        expect(await refusal(here, [base], wanted), wanted.method).to.be.a('string');
        expect(await left(base), wanted.method).to.equal(0n);
      }
    });
  }

  it('counts the bytes that are fed in, of the key alone', async () => {
    const here = server.caller('2.1');
    const base = await key(here, '2b7e151628aed2a6abf7158809cf4f3c', { more: [limited('Byte', 40n)] });
    await derive(here, [base], encrypt);
    expect(await left(base)).to.equal(24n);
    const plain = await secret(here, block, { more: [limited('Byte', 1n)] });
    const withSecret = { ...encrypt, with: derivation(parameters(mode('ECB'))) };
    await derive(here, [base, plain], withSecret);
    expect([await left(base), await left(plain)]).to.deep.equal([8n, 1n]);
    const { message } = await here.refused('DeriveKey', ...payload(here, [base], encrypt));
    expect(message).to.match(/^Usage Limits Count is 8, but 16 are needed$/);
  });

  it('derives as often as it likes from what has none', async () => {
    const here = server.caller('1.4');
    const base = await key(here, '2b7e151628aed2a6abf7158809cf4f3c');
    for (let i = 0; i < 3; i++)
      await derive(here, [base], {
        ...encrypt,
        with: derivation(parameters(hash('SHA_256'), mode('ECB')), data(block)),
      });
    expect(await left(base)).to.equal(undefined);
  });
});
