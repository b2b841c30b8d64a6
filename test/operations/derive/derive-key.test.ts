/** Derive Key (KMIP 2.1 §6.1.14, §7.12; 1.4 §4.6) in every version: what it makes, and what is refused. */
import { expect } from 'chai';
import { enumerationValue } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import { given, id, name, serverForEach, type Caller } from '#test/clients/caller';
import { all, at, bytes, enumerated, int, isOld, struct, text, value, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import {
  utf8,
  algorithm,
  length,
  method,
  parameters,
  hash,
  mode,
  data,
  derivation,
  key,
  secret,
  type Wanted,
  payload,
  derive,
  materialOf,
  derived,
  refusal,
  pbkdf2,
  hmac,
  iteratedKey,
  counterMode,
} from './deriving.ts';

describe('Derive Key', () => {
  const server = serverForEach();

  for (const version of versions) {
    describe(`in ${version}`, () => {
      it('derives with each method that the version has, and is listed for it', async () => {
        const here = server.caller(version);
        const listed = all(await here.call('Query', enumerated('QueryFunction', 'QueryOperations')), 'Operation');
        expect(listed.map((each) => each.value)).to.include(5);

        const password = await secret(here, utf8('password'));
        expect(await derived(here, [password], pbkdf2)).to.equal('4b007901b765489abead49d926f721d065a429c1');
        const hmacKey = await key(here, utf8('Jefe'), { algorithm: 'HMAC_SHA256' });
        expect(await derived(here, [hmacKey], hmac)).to.equal(
          '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
        );
        const wantHash: Wanted = { bits: 256, method: 'HASH', with: derivation(parameters(hash('SHA_256'))) };
        const abc = await secret(here, utf8('abc'));
        expect(await derived(here, [abc], wantHash)).to.equal(
          'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        );
        const aes = await key(here, '2b7e151628aed2a6abf7158809cf4f3c');
        const encrypt = derivation(
          parameters(mode('CBC')),
          bytes('InitializationVector', '000102030405060708090a0b0c0d0e0f'),
          data('6bc1bee22e409f96e93d7e117393172a'),
        );
        expect(
          await derived(here, [aes], { type: 'SymmetricKey', bits: 128, method: 'ENCRYPT', with: encrypt }),
        ).to.equal('7649abac8119b246cee98e9b12e9197d');
        const base = await key(here, iteratedKey);
        expect(await derived(here, [base], counterMode)).to.equal('10621342bfb0fd40046c0e29f2cfdbf0');

        const cmac = parameters(mode('CMAC'));
        const feedback = await key(here, '93f698e842eed75394d629d957e2e89c6e741f810b623c8b901e38376d068e7b');
        const ofFeedback = derivation(
          parameters(hash('SHA_256')),
          bytes('InitializationVector', '9f575d9059d3e0c0803f08112f8a806de3c3471912cdf42b095388b14b33508e'),
          data(
            '53b89c18690e2057a1d167822e636de50be0018532c431f7f5e37f77139220d5e042599ebe266af5767ee18cd2c5c19a1f0f80',
          ),
        );
        expect(await derived(here, [feedback], { bits: 128, method: 'NIST800_108_F', with: ofFeedback })).to.equal(
          'bd1476f43a4e315747cf5918e0ea5bc0',
        );
        const pipeline = await key(here, '2451975a33ab0c7535e00abe7b57982335b0471ad857a093c6765e6c58443852');
        const ofPipeline = derivation(
          cmac,
          data(
            'fb95eb3c47dcad3b783b045b29bcb6f5aefc0389735843b92b4d8fab97d61350b76b2a83442d7c5aa497aa1cf441760281a08b',
          ),
        );
        // Mode CMAC came in 1.0 with the enumeration.
        expect(await derived(here, [pipeline], { bits: 256, method: 'NIST800_108_DPI', with: ofPipeline })).to.equal(
          '2f157687f782c8b64325826e3c755194c70abffd9d78c4678924b9d73dcced86',
        );
      });

      it('keeps the links to the last hundred of many derivations, and every one of these leads back', async () => {
        const here = server.caller(version);
        const base = await key(here, '00'.repeat(16));
        const made: string[] = [];
        for (let count = 0; count < 102; count++) {
          const with_ = derivation(parameters(hash('SHA_256')), data(count.toString(16).padStart(4, '0')));
          made.push(await derive(here, [base], { type: 'SymmetricKey', bits: 128, method: 'HMAC', with: with_ }));
        }
        const asking = isOld(version) ? text('AttributeName', 'Link') : enumerated('AttributeReference', Tag.Link);
        const held = (await here.attributes(base, asking)).map((each) => at(each, 'AttributeValue') ?? each);
        expect(held.map((link) => value(link, 'LinkedObjectIdentifier'))).to.deep.equal(made.slice(2));
      });

      it('links the bases and what was derived, and sets what new objects have', async () => {
        const here = server.caller(version);
        const [password, salted] = [await key(here, '00'.repeat(16)), await secret(here, utf8('data'))];
        const wanted: Wanted = {
          ...{ type: 'SymmetricKey', bits: 128, method: 'HMAC' },
          with: derivation(parameters(hash('SHA_256'))),
          more: [name('derived'), int('CryptographicUsageMask', 12)],
        };
        const made = await derive(here, [password, salted], wanted);
        expect(await here.locate(name('derived'))).to.deep.equal([made]);
        const linksOf = async (which: string): Promise<string[]> => {
          const asking = isOld(version) ? text('AttributeName', 'Link') : enumerated('AttributeReference', Tag.Link);
          const held = await here.attributes(which, asking);
          return held
            .map((each) => at(each, 'AttributeValue') ?? each)
            .map((link) => {
              const type = enumerationValue('LinkType', value(link, 'LinkType') as number);
              return `${type} ${value(link, 'LinkedObjectIdentifier') as string}`;
            });
        };
        expect(await linksOf(made)).to.have.members([
          `DerivationBaseObjectLink ${password}`,
          `DerivationBaseObjectLink ${salted}`,
        ]);
        expect(await linksOf(password)).to.deep.equal([`DerivedKeyLink ${made}`]);
        const again = await derive(here, [salted, password], { ...wanted, more: [] });
        expect(await linksOf(salted)).to.deep.equal([`DerivedKeyLink ${made}`, `DerivedKeyLink ${again}`]);
        // Whichever is named first, the Secret Data is the data.
        expect(await materialOf(here, again)).to.equal(await materialOf(here, made));
        const held = await here.attributes(made);
        const flat = isOld(version) ? struct('Attributes', ...held.map(valueUnderTag)) : struct('Attributes', ...held);
        expect(value(flat, 'State')).to.equal(1);
        expect(value(flat, 'CryptographicLength')).to.equal(128);
        expect(value(flat, 'CryptographicUsageMask')).to.equal(12);
        expect(at(flat, 'Digest')).to.not.equal(undefined);
      });

      it('sets the ID Placeholder', async () => {
        const here = server.caller(version);
        const base = await key(here, iteratedKey);
        const answers = await here.send([
          item('DeriveKey', payload(here, [base], counterMode), '01'),
          item('Get', [], '02'),
        ]);
        const got = answers[1]?.payload as Item;
        expect(value(got, 'UniqueIdentifier')).to.equal(value(answers[0]?.payload as Item, 'UniqueIdentifier'));
      });

      const one = isOld(version);
      const refusals: readonly (readonly [
        what: string,
        reason: string,
        bases: (here: Caller) => Promise<string[]>,
        wanted: Wanted,
      ])[] = [
        [
          'a base without the Derive Key bit',
          one ? 'InvalidField' : 'IncompatibleCryptographicUsageMask',
          async (here) => [await key(here, iteratedKey, { mask: 12 })],
          counterMode,
        ],
        [
          'a base that is not Active',
          one ? 'InvalidField' : 'WrongKeyLifecycleState',
          async (here) => [await key(here, iteratedKey, { active: false })],
          counterMode,
        ],
        [
          'a base that is not there',
          one ? 'ItemNotFound' : 'ObjectNotFound',
          () => Promise.resolve(['no-such-object']),
          counterMode,
        ],
        [
          'Secret Data and Derivation Data both',
          'InvalidMessage',
          async (here) => [await key(here, iteratedKey), await secret(here, '00')],
          counterMode,
        ],
        [
          'a hash over Secret Data and Derivation Data both',
          'InvalidMessage',
          async (here) => [await secret(here, '00')],
          { bits: 128, method: 'HASH', with: derivation(parameters(hash('SHA_256')), data('00')) },
        ],
        [
          'more bytes than the hash gives',
          'CryptographicFailure',
          async (here) => [await key(here, iteratedKey, { algorithm: 'HMAC_SHA256' })],
          { ...hmac, bits: 264 },
        ],
        [
          'an object that cannot be derived',
          one ? 'InvalidField' : 'InvalidObjectType',
          async (here) => [await key(here, iteratedKey)],
          { ...counterMode, type: 'PrivateKey' },
        ],
        [
          'a base of a type that nothing is derived from, though it is not Active either',
          one ? 'InvalidField' : 'InvalidObjectType',
          async (here) => {
            const opaque = struct(
              'OpaqueObject',
              enumerated('OpaqueDataType', 0x80000001),
              bytes('OpaqueDataValue', '00'),
            );
            const made = await here.call(
              'Register',
              enumerated('ObjectType', 'OpaqueObject'),
              given(here.version),
              opaque,
            );
            return [value(made, 'UniqueIdentifier') as string];
          },
          counterMode,
        ],
        [
          'no Derivation Data',
          'InvalidField',
          async (here) => [await key(here, iteratedKey)],
          { ...counterMode, with: derivation(parameters(hash('SHA_256'))) },
        ],
        [
          'a hash without its algorithm',
          one ? 'InvalidField' : 'BadCryptographicParameters',
          async (here) => [await key(here, iteratedKey)],
          { bits: 128, method: 'HASH', with: derivation(data('00')) },
        ],
        [
          'PBKDF2 without a Salt',
          'InvalidField',
          async (here) => [await secret(here, '00')],
          { ...pbkdf2, with: derivation(int('IterationCount', 1)) },
        ],
        [
          'PBKDF2 with more iterations than anybody waits for',
          'InvalidField',
          async (here) => [await secret(here, '00')],
          { ...pbkdf2, with: derivation(bytes('Salt', '00'), int('IterationCount', 0x7fffffff)) },
        ],
        [
          'three objects',
          'InvalidField',
          async (here) => [await key(here, iteratedKey), await secret(here, '00'), await secret(here, '01')],
          counterMode,
        ],
        [
          'the same object twice',
          'InvalidField',
          async (here) => {
            const base = await secret(here, '00');
            return [base, base];
          },
          hmac,
        ],
        [
          'two keys',
          'InvalidField',
          async (here) => [await key(here, iteratedKey), await key(here, iteratedKey)],
          counterMode,
        ],
        [
          'a length that the algorithm has not',
          one ? 'InvalidField' : 'InvalidAttributeValue',
          async (here) => [await key(here, iteratedKey)],
          { ...counterMode, bits: 136 },
        ],
        [
          'mode GCM',
          one ? 'InvalidField' : 'UnsupportedCryptographicParameters',
          async (here) => [await key(here, iteratedKey)],
          { bits: 128, method: 'ENCRYPT', with: derivation(parameters(mode('GCM')), data('00'.repeat(16))) },
        ],
        [
          'an initialization vector of another length',
          'InvalidField',
          async (here) => [await key(here, iteratedKey)],
          {
            ...{ bits: 128, method: 'ENCRYPT' },
            with: derivation(parameters(mode('CBC')), bytes('InitializationVector', '00'), data('00'.repeat(16))),
          },
        ],
      ];
      for (const [what, reason, bases, wanted] of refusals) {
        it(`refuses ${what}, and keeps nothing`, async () => {
          const here = server.caller(version);
          expect(await refusal(here, await bases(here), wanted)).to.equal(reason);
        });
      }

      it('refuses a request without a base, a length or an algorithm', async () => {
        const here = server.caller(version);
        const base = await key(here, iteratedKey);
        expect(await refusal(here, [], counterMode)).to.equal('InvalidMessage');
        for (const attributes of [[], [algorithm('AES')], [length(128)]]) {
          const { reason } = await here.refused(
            'DeriveKey',
            enumerated('ObjectType', 'SymmetricKey'),
            id(base),
            method('NIST800_108_C'),
            counterMode.with,
            given(version, ...attributes),
          );
          expect(reason).to.equal(one ? 'InvalidField' : 'InvalidAttribute');
        }
      });
    });
  }
});

/** An Attribute of 1.x as the item under its own tag. */
function valueUnderTag(attribute: Item): Item {
  const label = value(attribute, 'AttributeName') as string;
  const tag = Tag[label.replaceAll(' ', '') as TagName];
  return { ...(at(attribute, 'AttributeValue') as Item), tag };
}
