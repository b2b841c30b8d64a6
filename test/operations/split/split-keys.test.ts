/**
 * Create and Join Split Key (KMIP 2.1 §6.1.10, §6.1.27; 1.4 §4.38, §4.39) in every version: there and back, and what is
 * refused.
 */
import { expect } from 'chai';
import { enumerationNumber } from '#protocol/enumerations';
import { id, serverForEach } from '#test/clients/caller';
import { all, at, isOld, value, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import {
  named,
  algorithm,
  length,
  mask,
  type,
  splitting,
  methods,
  type Method,
  type Wanted,
  splitPayload,
  split,
  join,
  refusedJoin,
  materialOf,
  attributeOf,
  digestOf,
  key,
  part,
} from './splitting.ts';

describe('Create and Join Split Key', () => {
  const server = serverForEach();

  for (const version of splitting) {
    describe(`in ${version}`, () => {
      for (const method of methods) {
        it(`splits a key by ${method}, and joins it to what it was`, async () => {
          const here = server.caller(version);
          const original = await key(here, '000102030405060708090a0b0c0d0e0f');
          const parts = await split(here, method, { of: original });
          expect(parts).to.have.length(4);
          const enough = method === 'XOR' ? parts : parts.slice(1).toReversed();
          const joined = await join(here, 'SymmetricKey', enough);
          expect(await materialOf(here, joined)).to.equal('000102030405060708090a0b0c0d0e0f');
          expect(await digestOf(here, joined)).to.deep.equal(await digestOf(here, original));
          expect((await attributeOf(here, joined, 'CryptographicLength', 'Cryptographic Length')).value).to.equal(128);
        });

        it(`makes a new key in parts by ${method}, and every part says what it is`, async () => {
          const here = server.caller(version);
          const wanted = { attributes: [algorithm('AES'), length(192), mask(12)] };
          const parts = await split(here, method, wanted);
          for (const [place, which] of parts.entries()) {
            const got = at(await here.call('Get', id(which)), 'SplitKey') as Item;
            expect(value(got, 'SplitKeyParts')).to.equal(4);
            expect(value(got, 'KeyPartIdentifier')).to.equal(place + 1);
            expect(value(got, 'SplitKeyThreshold')).to.equal(method === 'XOR' ? 4 : 3);
            expect(value(got, 'SplitKeyMethod')).to.equal(enumerationNumber('SplitKeyMethod', method));
            expect(at(got, 'PrimeFieldSize') === undefined).to.equal(method !== 'PolynomialSharingPrimeField');
            expect(value(got, 'KeyBlock', 'CryptographicLength')).to.equal(192);
          }
          const some = method === 'XOR' ? parts : parts.slice(0, 3);
          const one = await join(here, 'SymmetricKey', some);
          const other = await join(here, 'SymmetricKey', parts.toReversed());
          expect(await materialOf(here, one)).to.match(/^(?!0{48})[0-9a-f]{48}$/);
          expect(await materialOf(here, one)).to.equal(await materialOf(here, other));
        });
      }

      it('sets the ID Placeholder to the first part, and to what was joined', async () => {
        const here = server.caller(version);
        const answers = await here.send([
          item('CreateSplitKey', splitPayload(here, 'XOR', { attributes: [algorithm('AES'), length(128)] }), '01'),
          item('Get', [], '02'),
        ]);
        const parts = all(answers[0]?.payload as Item, 'UniqueIdentifier').map((each) => each.value as string);
        expect(value(answers[1]?.payload as Item, 'UniqueIdentifier')).to.equal(parts[0]);
        const [joined, got] = await here.send([
          item('JoinSplitKey', [type('SymmetricKey'), ...parts.map(id)], '01'),
          item('Get', [], '02'),
        ]);
        expect(value(got?.payload as Item, 'UniqueIdentifier')).to.equal(
          value(joined?.payload as Item, 'UniqueIdentifier'),
        );
      });

      it('says the Object Type in 1.2 only', async () => {
        const here = server.caller(version);
        const wanted = { attributes: [algorithm('AES'), length(128)] };
        const made = await here.call('CreateSplitKey', ...splitPayload(here, 'XOR', wanted));
        const parts = all(made, 'UniqueIdentifier');
        const joined = await here.call('JoinSplitKey', type('SymmetricKey'), ...parts);
        const expected = version === '1.2' ? [5, 2] : [undefined, undefined];
        expect([made, joined].map((payload) => at(payload, 'ObjectType')?.value)).to.deep.equal(expected);
      });

      const old = isOld(version);

      it('refuses too few parts, a part twice, and parts of another key, each with its reason', async () => {
        const here = server.caller(version);
        for (const method of methods) {
          const parts = await split(here, method, { attributes: [algorithm('AES'), length(128)] });
          const foreign = await split(here, method, { attributes: [algorithm('AES'), length(128)] });
          const [one, two, three, four] = parts as [string, string, string, string];
          expect(await refusedJoin(here, [one, two]), method).to.equal('CryptographicFailure');
          expect(await refusedJoin(here, [one, two, three, three, four]), method).to.equal('InvalidField');
          expect(await refusedJoin(here, [one, two, three, foreign[3] as string]), method).to.equal(
            old ? 'InvalidField' : 'BadCryptographicParameters',
          );
          const { message } = await here.refused('JoinSplitKey', type('SymmetricKey'), ...[one, one].map(id));
          expect(message).to.match(/twice/);
        }
      });

      it('refuses a share that is registered twice', async () => {
        const here = server.caller(version);
        const same = { identifier: 1, hex: 'd651d744a692660fb6c0c4b984780e68' };
        const parts = [await part(here, same), await part(here, same), await part(here, { ...same, identifier: 2 })];
        expect(await refusedJoin(here, parts)).to.equal('InvalidField');
      });

      const refusals: readonly (readonly [what: string, reason: string, method: Method, wanted: Wanted])[] = [
        ['a threshold above the parts', 'InvalidField', 'PolynomialSharingGF2_8', { threshold: 5 }],
        ['a threshold of none', 'InvalidField', 'PolynomialSharingGF2_8', { threshold: 0 }],
        ['a threshold of its own for XOR', 'InvalidField', 'XOR', { threshold: 3 }],
        [
          'more parts than anybody holds',
          old ? 'IndexOutOfBounds' : 'ServerLimitExceeded',
          'PolynomialSharingGF2_16',
          { parts: 256 },
        ],
        ['a field size that is no prime', 'InvalidField', 'PolynomialSharingPrimeField', { prime: 2n ** 200n + 1n }],
        ['a field that is too small', 'InvalidField', 'PolynomialSharingPrimeField', { prime: 2n ** 127n - 1n }],
        ['no Cryptographic Algorithm', old ? 'InvalidField' : 'InvalidAttribute', 'XOR', { attributes: [length(128)] }],
        [
          'a length that the algorithm has not',
          old ? 'InvalidField' : 'InvalidAttributeValue',
          'XOR',
          { attributes: [algorithm('AES'), length(136)] },
        ],
        ['to make Certificates', old ? 'InvalidField' : 'InvalidObjectType', 'XOR', { as: 'Certificate' }],
        ['a key that is not there', old ? 'ItemNotFound' : 'ObjectNotFound', 'XOR', { of: 'no-such-key' }],
      ];
      for (const [what, reason, method, wanted] of refusals) {
        it(`refuses ${what}, and keeps nothing`, async () => {
          const here = server.caller(version);
          const payload = splitPayload(here, method, { attributes: [algorithm('AES'), length(128)], ...wanted });
          expect((await here.refused('CreateSplitKey', ...payload)).reason).to.equal(reason);
          expect(await here.locate()).to.deep.equal([]);
        });
      }

      it('refuses to join what are no parts, and to make what is no key', async () => {
        const here = server.caller(version);
        const wrongType = old ? 'InvalidField' : 'InvalidObjectType';
        const whole = await key(here, '00'.repeat(16));
        expect(await refusedJoin(here, [whole])).to.equal(wrongType);
        expect(await refusedJoin(here, [])).to.equal('InvalidMessage');
        const parts = await split(here, 'XOR', { of: whole });
        expect(await refusedJoin(here, parts, 'Certificate')).to.equal(wrongType);
        expect(await refusedJoin(here, parts, 'PrivateKey')).to.equal('CryptographicFailure');
        const { reason } = await here.refused(
          'JoinSplitKey',
          type('SymmetricKey'),
          ...parts.map(id),
          named('SecretDataType', 'Seed'),
        );
        expect(reason).to.equal('InvalidField');
      });
    });
  }
});
