/**
 * Hash, MAC and Sign, and their verifications, of data that comes in parts (KMIP 2.1 §6.1, §7.8; 1.3 §4.31 to §4.37).
 */
import { createHash, createHmac, createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { callerOf, id, serverForEach, type Caller } from '#test/clients/caller';
import { at, bool, bytes, enumerated, int, isOld, long, struct, type OperationName } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import {
  data,
  hex,
  hexIn,
  making,
  parameters,
  registerHalf,
  registerSymmetric,
  servingVersions,
  signing,
} from './keys-at-work.ts';

const init = bool('InitIndicator', true);
const final = bool('FinalIndicator', true);
const parts = ['', 'a contract', ' of several', ' parts'];
const whole = parts.join('');
const material = '0b'.repeat(20);

const hashing = parameters({ HashingAlgorithm: 'SHA_256' });
const correlationOf = (payload: Item): Item => at(payload, 'CorrelationValue') as Item;

/** Begins a stream: the item that later parts name it with. */
const begun = async (caller: Caller, operation: OperationName, ...first: Item[]): Promise<Item> => {
  const payload = await caller.call(operation, ...first, init);
  for (const tag of ['Data', 'SignatureData', 'MACData', 'ValidityIndicator'] as const) {
    expect(at(payload, tag), tag).to.equal(undefined);
  }
  return correlationOf(payload);
};

/** All parts; `first` goes with the first, `each` with all and `last` with the last: the last answer. */
async function streamed(
  caller: Caller,
  operation: OperationName,
  { first = [], each = [], last = [] }: { readonly [W in 'first' | 'each' | 'last']?: readonly Item[] },
): Promise<Item> {
  const [head = '', ...rest] = parts;
  const stream = await begun(caller, operation, ...each, ...first, data(head));
  const end = rest.pop() ?? '';
  for (const content of rest) {
    const payload = await caller.call(operation, ...each, data(content), stream);
    expect(correlationOf(payload)).to.deep.equal(stream);
    for (const tag of ['Data', 'SignatureData', 'MACData', 'ValidityIndicator'] as const) {
      expect(at(payload, tag), tag).to.equal(undefined);
    }
  }
  const payload = await caller.call(operation, ...each, ...last, data(end), stream, final);
  expect(at(payload, 'CorrelationValue')).to.equal(undefined);
  return payload;
}

const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const { privateKey: dsa } = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });
const { privateKey: ed } = generateKeyPairSync('ed25519');
const schemes: readonly [name: string, key: KeyObject, parameters: Item, since?: string][] = [
  ['PKCS#1 v1.5', rsa, parameters({ DigitalSignatureAlgorithm: 'SHA_256WithRSAEncryption' })],
  ['PSS', rsa, parameters({ PaddingMethod: 'PSS', HashingAlgorithm: 'SHA_256' })],
  [
    'PSS with a mask of another hash',
    rsa,
    parameters({ PaddingMethod: 'PSS', HashingAlgorithm: 'SHA_256' }, enumerated('MaskGeneratorHashingAlgorithm', 4)),
    '1.4',
  ],
  ['ECDSA', ec, parameters({ DigitalSignatureAlgorithm: 'ECDSAWithSHA384' })],
  ['DSA', dsa, parameters({ DigitalSignatureAlgorithm: 'DSAWithSHA256' })],
];
const signature = (hexOf: string): Item => bytes('SignatureData', hexOf);
const valid = 1;
const invalid = 2;
const judgement = (payload: Item) => at(payload, 'ValidityIndicator')?.value;

describe('Data in parts', () => {
  const server = serverForEach();

  for (const version of servingVersions.filter((each) => each >= '1.3')) {
    describe(`in ${version}`, () => {
      let caller: Caller;
      beforeEach(() => (caller = server.caller(version)));
      const noStream = isOld(version) ? 'ItemNotFound' : 'InvalidCorrelationValue';

      it('is hashed as in one, the parameters being said once or each time', async () => {
        const expected = createHash('sha256').update(whole).digest('hex');
        expect(hexIn(await streamed(caller, 'Hash', { first: [hashing] }), 'Data')).to.equal(expected);
        expect(hexIn(await streamed(caller, 'Hash', { each: [hashing] }), 'Data')).to.equal(expected);
        const alone = await caller.call('Hash', hashing, data(whole), init, final);
        expect(hexIn(alone, 'Data')).to.equal(expected);
        expect(at(alone, 'CorrelationValue')).to.equal(undefined);
      });

      it('gets a MAC as in one, of HMAC and CMAC', async () => {
        const hmac = id(await registerSymmetric(caller, 'HMAC_SHA1', material));
        const expected = createHmac('sha1', Buffer.from(material, 'hex')).update(whole).digest('hex');
        expect(hexIn(await streamed(caller, 'MAC', { each: [hmac] }), 'MACData')).to.equal(expected);
        expect(hexIn(await streamed(caller, 'MAC', { first: [hmac] }), 'MACData')).to.equal(expected);
        const aes = id(await registerSymmetric(caller, 'AES', material.slice(0, 32)));
        const cmac = parameters({ BlockCipherMode: 'CMAC' });
        const inOne = hexIn(await caller.call('MAC', aes, cmac, data(whole)), 'MACData');
        expect(hexIn(await streamed(caller, 'MAC', { each: [aes, cmac] }), 'MACData')).to.equal(inOne);
      });

      it('is verified by a MAC that comes first or last, and must come once', async () => {
        const key = id(await registerSymmetric(caller, 'HMAC_SHA1', material));
        const code = createHmac('sha1', Buffer.from(material, 'hex')).update(whole).digest('hex');
        const right = bytes('MACData', code);
        const wrong = bytes('MACData', `00${code.slice(2)}`);
        for (const [proof, expected] of [
          [right, valid],
          [wrong, invalid],
        ] as const) {
          expect(judgement(await streamed(caller, 'MACVerify', { each: [key], first: [proof] }))).to.equal(expected);
          expect(judgement(await streamed(caller, 'MACVerify', { each: [key], last: [proof] }))).to.equal(expected);
          expect(judgement(await streamed(caller, 'MACVerify', { each: [key, proof] }))).to.equal(expected);
        }
        const other = await begun(caller, 'MACVerify', key, right, data(whole));
        expect((await caller.refused('MACVerify', key, wrong, other, final)).reason).to.equal('InvalidField');
        const none = await begun(caller, 'MACVerify', key, data(whole));
        expect((await caller.refused('MACVerify', key, none, final)).reason).to.equal('InvalidMessage');
      });

      for (const [name, key, asked, since = '1.3'] of schemes) {
        if (version < since) continue;
        it(`is signed and verified as in one, with ${name}`, async () => {
          const privateKey = id(await registerHalf(caller, key));
          const publicKey = id(await registerHalf(caller, createPublicKey(key)));
          const made = hexIn(await streamed(caller, 'Sign', { each: [privateKey, asked] }), 'SignatureData');
          const inOne = (content: string) =>
            caller.call('SignatureVerify', publicKey, asked, data(content), signature(made));
          expect(judgement(await inOne(whole))).to.equal(valid);
          expect(judgement(await inOne('another'))).to.equal(invalid);
          const whatIsGiven = { first: [signature(made)], each: [publicKey, asked] };
          expect(judgement(await streamed(caller, 'SignatureVerify', whatIsGiven))).to.equal(valid);
          const atTheEnd = (proof: string) => ({ each: [publicKey], first: [asked], last: [signature(proof)] });
          expect(judgement(await streamed(caller, 'SignatureVerify', atTheEnd(made)))).to.equal(valid);
          const broken = `${made.slice(0, -2)}${made.endsWith('00') ? '01' : '00'}`;
          expect(judgement(await streamed(caller, 'SignatureVerify', atTheEnd(broken)))).to.equal(invalid);
          expect(judgement(await streamed(caller, 'SignatureVerify', atTheEnd('')))).to.equal(invalid);
        });
      }

      it('is signed with the parameters of the key, and verified by node', async () => {
        const first = parameters({ DigitalSignatureAlgorithm: 'SHA_256WithRSAEncryption' });
        const key = id(await registerHalf(caller, rsa, signing, first));
        const made = hexIn(await streamed(caller, 'Sign', { each: [key] }), 'SignatureData');
        expect(verify('sha256', Buffer.from(whole), createPublicKey(rsa), Buffer.from(made, 'hex'))).to.equal(true);
      });

      it('is refused by EdDSA, and as a digest', async () => {
        const edwards = id(await registerHalf(caller, ed));
        const unsupported = isOld(version) ? 'InvalidField' : 'UnsupportedCryptographicParameters';
        expect((await caller.refused('Sign', edwards, data('x'), init)).reason).to.equal(unsupported);
        const key = id(await registerHalf(caller, rsa));
        const digest = bytes('DigestedData', hex(createHash('sha256').update('x').digest()));
        expect((await caller.refused('Sign', key, hashing, digest, init)).reason).to.equal('InvalidField');
        if (version < '1.4') return;
        const stream = await begun(caller, 'Sign', key, hashing, data('x'));
        expect((await caller.refused('Sign', key, digest, stream, final)).reason).to.equal('InvalidField');
        expect(hexIn(await caller.call('Sign', key, hashing, digest, init, final), 'SignatureData')).to.have.length(
          512,
        );
      });

      it('goes on in its own operation, with its own key and parameters, only', async () => {
        const [one, other] = [
          id(await registerSymmetric(caller, 'HMAC_SHA1', material)),
          id(await registerSymmetric(caller, 'HMAC_SHA1', material)),
        ];
        const refused = async (operation: OperationName, ...payload: Item[]) =>
          (await caller.refused(operation, ...payload)).reason;
        expect(await refused('MACVerify', one, await begun(caller, 'MAC', one, data('x')), final)).to.equal(noStream);
        expect(await refused('MAC', other, await begun(caller, 'MAC', one, data('x')), final)).to.equal(noStream);
        expect(await refused('Hash', await begun(caller, 'MAC', one, data('x')), hashing, final)).to.equal(noStream);
        const stream = await begun(caller, 'Hash', hashing, data('x'));
        expect(await refused('Hash', parameters({ HashingAlgorithm: 'SHA_1' }), stream, final)).to.equal(noStream);
        // A failure has ended it.
        expect(await refused('Hash', hashing, stream, final)).to.equal(noStream);
      });

      it('ends with its last part, and belongs to its connection', async () => {
        const stream = await begun(caller, 'Hash', hashing, data('x'));
        const { handler } = server.fixture;
        const elsewhere = callerOf(handler, server.fixture.session(), version);
        expect((await elsewhere.refused('Hash', stream, final)).reason).to.equal(noStream);
        await caller.call('Hash', stream, final);
        expect((await caller.refused('Hash', stream, final)).reason).to.equal(noStream);
        expect((await caller.refused('Hash', hashing, data('x'), final)).reason).to.equal(noStream);
      });

      it('stops when its key may be used no more', async () => {
        const key = id(await registerHalf(caller, rsa));
        const stream = await begun(caller, 'Sign', key, hashing, data('x'));
        await caller.call(
          'Revoke',
          key,
          struct('RevocationReason', enumerated('RevocationReasonCode', 'CessationOfOperation')),
        );
        expect((await caller.refused('Sign', key, stream, final)).reason).to.equal(
          isOld(version) ? 'PermissionDenied' : 'WrongKeyLifecycleState',
        );
      });

      it('counts part by part against Usage Limits of bytes, and once against those of objects', async () => {
        const limited = (unit: number, total: bigint): Item =>
          struct('UsageLimits', long('UsageLimitsTotal', total), enumerated('UsageLimitsUnit', unit));
        const register = async (...more: Item[]) =>
          id(await registerSymmetric(caller, 'HMAC_SHA1', material, making, ...more));
        const byBytes = await register(limited(1, BigInt(whole.length)));
        await streamed(caller, 'MAC', { each: [byBytes] });
        const reason = isOld(version) ? 'PermissionDenied' : 'UsageLimitExceeded';
        expect((await caller.refused('MAC', byBytes, data('x'))).reason).to.equal(reason);
        const byObjects = await register(limited(2, 1n));
        await streamed(caller, 'MAC', { each: [byObjects] });
        expect((await caller.refused('MAC', byObjects, data('x'))).reason).to.equal(reason);
      });
    });
  }

  it('is not there before 1.3', async () => {
    expect((await server.caller('1.2').refused('Hash', hashing, data('x'), init)).reason).to.equal('InvalidField');
  });

  it('refuses at its end what the key is too short for', async () => {
    const caller = server.caller('2.1');
    const key = id(await registerHalf(caller, rsa));
    const asked = parameters({ PaddingMethod: 'PSS', HashingAlgorithm: 'SHA_256' }, int('SaltLength', 300));
    const stream = await begun(caller, 'Sign', key, asked, data('x'));
    expect((await caller.refused('Sign', key, stream, final)).reason).to.equal('CryptographicFailure');
  });
});
