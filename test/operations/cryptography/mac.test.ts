/** MAC and MAC Verify (KMIP 2.1 §6.1.32, §6.1.33; 1.4 §4.33, §4.34). */
import { expect } from 'chai';
import type { EnumerationValue } from '#protocol/enumerations';
import { id, serverForEach, type Caller } from '#test/clients/caller';
import { bytes, date, enumerated, isOld, long, struct, value } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import {
  checking,
  data,
  hexIn,
  making,
  parameters,
  registerSecret,
  registerSymmetric,
  servingVersions,
  validity,
} from './keys-at-work.ts';

type Algorithm = EnumerationValue<'CryptographicAlgorithm'>;
type Vector = readonly [algorithm: Algorithm, key: string, data: string, mac: string];

const jefe = Buffer.from('Jefe').toString('hex');
const question = Buffer.from('what do ya want for nothing?').toString('hex');
const larger = Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First').toString('hex');
const aa = (length: number): string => 'aa'.repeat(length);

/** RFC 2202 §2 and §3 (MD5, SHA-1), RFC 4231 §4 (SHA-2). */
const hmacs: readonly Vector[] = [
  ['HMAC_MD5', jefe, question, '750c783e6ab0b503eaa86e310a5db738'],
  ['HMAC_MD5', aa(80), larger, '6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd'],
  ['HMAC_SHA1', jefe, question, 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  ['HMAC_SHA1', aa(80), larger, 'aa4ae5e15272d00e95705637ce8a3b55ed402112'],
  ['HMAC_SHA224', jefe, question, 'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44'],
  ['HMAC_SHA224', aa(131), larger, '95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e'],
  ['HMAC_SHA256', jefe, question, '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  ['HMAC_SHA256', aa(131), larger, '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'],
  [
    'HMAC_SHA384',
    jefe,
    question,
    'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  ],
  [
    'HMAC_SHA512',
    jefe,
    question,
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  ],
];

const message =
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710';
const aes128 = '2b7e151628aed2a6abf7158809cf4f3c';
const aes256 = '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4';

/** RFC 4493 §4; SP 800-38B, the examples of AES-256. */
const cmacs: readonly Vector[] = [
  ['AES', aes128, '', 'bb1d6929e95937287fa37d129b756746'],
  ['AES', aes128, message.slice(0, 32), '070a16b46b4d4144f79bdd9dd04a287c'],
  ['AES', aes128, message.slice(0, 80), 'dfa66747de9ae63030ca32611497c827'],
  ['AES', aes128, message, '51f0bebf7e3b9d92fc49741779363cfe'],
  ['AES', aes256, '', '028962f61b7bf89efc6b551f4667d983'],
  ['AES', aes256, message.slice(0, 32), '28a7023f452e8f82bd4bf28d8c37c35c'],
  ['AES', aes256, message.slice(0, 80), 'aaf3d8f1de5640c232f5b169b9c911e6'],
  ['AES', aes256, message, 'e1992190549f6ed5696a2c056c315410'],
];

const inMode = (mode: EnumerationValue<'BlockCipherMode'>): Item => parameters({ BlockCipherMode: mode });
const cmac = inMode('CMAC');
const macData = (code: string): Item => bytes('MACData', code);

describe('MAC and MAC Verify', () => {
  const server = serverForEach();

  for (const version of servingVersions) {
    describe(`in ${version}`, () => {
      let caller: Caller;
      beforeEach(() => (caller = server.caller(version)));

      it('make and know the published codes', async () => {
        for (const [algorithm, key, content, code] of [...hmacs, ...cmacs]) {
          const asked = algorithm === 'AES' ? [cmac] : [];
          const held = await registerSymmetric(caller, algorithm, key);
          const payload = await caller.call('MAC', id(held), ...asked, bytes('Data', content));
          expect(value(payload, 'UniqueIdentifier')).to.equal(held);
          expect(hexIn(payload, 'MACData'), `${algorithm} of ${content}`).to.equal(code);
          const given = [...asked, bytes('Data', content)];
          expect(await validity(caller, 'MACVerify', held, ...given, macData(code))).to.equal('Valid');
          const other = code.startsWith('0') ? `1${code.slice(1)}` : `0${code.slice(1)}`;
          for (const wrong of [other, code.slice(2), `${code}00`, '']) {
            expect(await validity(caller, 'MACVerify', held, ...given, macData(wrong)), wrong).to.equal('Invalid');
          }
        }
      });

      it('take the parameters of the request, else the first of the key', async () => {
        const first = parameters({ CryptographicAlgorithm: 'HMAC_SHA256' });
        const key = await registerSymmetric(caller, 'AES', aes128, making, first, cmac);
        const made = async (...asked: Item[]): Promise<string> =>
          hexIn(await caller.call('MAC', id(key), ...asked, bytes('Data', '')), 'MACData');
        expect((await made()).length).to.equal(64);
        expect(await made(cmac)).to.equal(cmacs[0]?.[3]);
        expect(await made(parameters({ CryptographicAlgorithm: 'AES' }))).to.equal(cmacs[0]?.[3]);
      });

      it('take Secret Data for the key of an HMAC', async () => {
        const [, , content, code] = hmacs.find(([algorithm]) => algorithm === 'HMAC_SHA256') as Vector;
        const held = await registerSecret(caller, jefe);
        const asked = [parameters({ CryptographicAlgorithm: 'HMAC_SHA256' }), bytes('Data', content)];
        expect(hexIn(await caller.call('MAC', id(held), ...asked), 'MACData')).to.equal(code);
        expect(await validity(caller, 'MACVerify', held, ...asked, macData(code))).to.equal('Valid');
        for (const without of [[], [cmac]]) {
          const { reason } = await caller.refused('MAC', id(held), ...without, data('x'));
          expect(reason).to.equal(isOld(version) ? 'InvalidField' : 'BadCryptographicParameters');
        }
      });

      it('refuse parameters that make no MAC of the key', async () => {
        const aes = await registerSymmetric(caller, 'AES', aes128);
        const hmac = await registerSymmetric(caller, 'HMAC_SHA1', jefe);
        const refused = async (key: string, ...asked: Item[]) =>
          (await caller.refused('MAC', id(key), ...asked, data('x'))).reason;
        const bad = isOld(version) ? 'InvalidField' : 'BadCryptographicParameters';
        expect(await refused(aes)).to.equal(bad);
        expect(await refused(aes, inMode('CBC'))).to.equal(bad);
        for (const algorithm of ['AES', 'HMAC_MD5', 'HMAC_SHA256'] as const) {
          expect(await refused(hmac, parameters({ CryptographicAlgorithm: algorithm })), algorithm).to.equal(bad);
        }
        expect(await refused(hmac, parameters({ CryptographicAlgorithm: 'DES3' }))).to.equal('FeatureNotSupported');
      });

      it('refuse keys that may not, do not exist, or are none', async () => {
        const refused = async (operation: 'MAC' | 'MACVerify', key: string) =>
          (await caller.refused(operation, id(key), data('x'), ...(operation === 'MAC' ? [] : [macData('00')]))).reason;
        const denied = (reason: string): string => (isOld(version) ? 'PermissionDenied' : reason);
        const onlyMakes = await registerSymmetric(caller, 'HMAC_SHA1', jefe, making);
        const onlyChecks = await registerSymmetric(caller, 'HMAC_SHA1', jefe, checking);
        expect(await refused('MACVerify', onlyMakes)).to.equal(denied('IncompatibleCryptographicUsageMask'));
        expect(await refused('MAC', onlyChecks)).to.equal(denied('IncompatibleCryptographicUsageMask'));
        const later = date('ActivationDate', Date.UTC(2027, 0, 1) / 1000);
        const early = await registerSymmetric(caller, 'HMAC_SHA1', jefe, making | checking, later);
        expect(await refused('MAC', early)).to.equal(denied('WrongKeyLifecycleState'));
        expect(await refused('MACVerify', early)).to.equal(denied('WrongKeyLifecycleState'));
        expect(await refused('MAC', 'nobody')).to.equal(isOld(version) ? 'ItemNotFound' : 'ObjectNotFound');
        const foreign = await registerSymmetric(caller, 'HMAC_SHA1', jefe);
        await caller.call(
          'Revoke',
          id(foreign),
          struct('RevocationReason', enumerated('RevocationReasonCode', 'CessationOfOperation')),
        );
        expect(await refused('MAC', foreign)).to.equal(denied('WrongKeyLifecycleState'));
        expect(await validity(caller, 'MACVerify', foreign, data('x'), macData('00'))).to.equal('Invalid');
      });

      it('refuse requests without data, or without a code to know', async () => {
        const key = await registerSymmetric(caller, 'HMAC_SHA1', jefe);
        expect((await caller.refused('MAC', id(key))).reason).to.equal('InvalidMessage');
        expect((await caller.refused('MACVerify', id(key), data('x'))).reason).to.equal('InvalidMessage');
        expect((await caller.refused('MACVerify', id(key), macData('00'))).reason).to.equal('InvalidMessage');
      });

      it('count what is protected, and not what is checked', async () => {
        const limits = struct('UsageLimits', long('UsageLimitsTotal', 10n), enumerated('UsageLimitsUnit', 'Byte'));
        const key = await registerSymmetric(caller, 'HMAC_SHA1', jefe, making | checking, limits);
        await caller.call('MAC', id(key), data('12345678'));
        await validity(caller, 'MACVerify', key, data('12345678'), macData('00'));
        const { reason } = await caller.refused('MAC', id(key), data('123'));
        expect(reason).to.equal(isOld(version) ? 'PermissionDenied' : 'UsageLimitExceeded');
        await caller.call('MAC', id(key), data('12'));
        expect((await caller.refused('MAC', id(key), data('1'))).reason).to.equal(reason);
      });
    });
  }

  it('are not there in 1.1', async () => {
    expect((await server.caller('1.1').refused('MAC')).reason).to.equal('OperationNotSupported');
  });
});
