/**
 * Encrypt and Decrypt (KMIP 2.1 §6.1.17, §6.1.11; 1.4 §4.29, §4.30): what they take, and what each refusal is called.
 */
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { given, id, serverForEach } from '#test/clients/caller';
import { objectIn, states } from '#test/access/objects-in-states';
import { bytes, date, enumerated, int, isOld, long, struct, value, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { ask, cipherKey, gotFrom, label, parameters, payloadOf, refusal, type Parameters } from './encryption.ts';
import { attributesKept, nowOf } from '#test/operations/create/kept';

/** Those that have the operations. */
const serving = versions.filter((version) => version >= '1.2');
const hasTag = (version: string): boolean => version >= '1.4';

const key128 = '000102030405060708090a0b0c0d0e0f';
const iv128 = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff';
const block = '00112233445566778899aabbccddeeff';
const cbc: Parameters = { mode: 'CBC', padding: 'PKCS5' };
const gcm: Parameters = { mode: 'GCM', tagLength: 16 };

for (const version of serving) {
  describe(`Encrypt and Decrypt in ${version}`, () => {
    const server = serverForEach();
    const reason = (now: string, old: string): string => (isOld(version) ? old : now);

    it('undo each other in every mode, with a vector of the server, which it tells once', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, randomBytes(32).toString('hex'));
      const data = randomBytes(40).toString('hex');
      for (const [mode, length] of [
        ['CBC', 16],
        ['CFB', 16],
        ['OFB', 16],
        ['CTR', 16],
        ['GCM', 12],
        ['CCM', 12],
        ['XTS', 16],
      ] as const) {
        const used = { mode, padding: 'PKCS5' };
        const made = await ask(here, 'Encrypt', key, { ...used, randomIV: true }, { data });
        expect(made.iv, mode).to.have.length(2 * length);
        const isTagged = mode === 'GCM' || mode === 'CCM';
        expect(made.tag !== undefined, mode).to.equal(isTagged && hasTag(version));
        const { iv, tag } = made;
        const again = await ask(here, 'Encrypt', key, { ...used, randomIV: true }, { data, iv });
        expect(again, `${mode}: the vector that was given is the one`).to.deep.equal({ ...made, iv: undefined });
        const opened = await ask(here, 'Decrypt', key, used, { data: made.data, iv, tag });
        expect(opened, mode).to.deep.equal({ data, iv: undefined, tag: undefined, correlation: undefined });
      }
    });

    it('take the parameters of the request, or else the first ones of the key', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128, 'AES', 12, parameters({ mode: 'ECB' }));
      const [plain, hidden] = [block, '69c4e0d86a7b0430d8cdb78070b4c55a'];
      expect((await ask(here, 'Encrypt', key, undefined, { data: plain })).data).to.equal(hidden);
      expect((await ask(here, 'Decrypt', key, undefined, { data: hidden })).data).to.equal(plain);
      const padded = (await ask(here, 'Encrypt', key, { mode: 'ECB', padding: 'PKCS5' }, { data: plain })).data;
      expect(padded).to.match(new RegExp(`^${hidden}.{32}$`));
    });

    it('fail where neither has parameters that the algorithm needs, or where they make no sense', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const bad = reason('BadCryptographicParameters', 'InvalidField');
      const unsupported = reason('UnsupportedCryptographicParameters', 'InvalidField');
      const refused = (given: Parameters | undefined, iv?: string, data = block) =>
        refusal(here, 'Encrypt', key, given, { data, iv });
      expect(await refused(undefined)).to.equal(bad);
      expect(await refused({ padding: 'PKCS5' })).to.equal(bad);
      expect(await refused({ mode: 'ECB', algorithm: 'DES3' })).to.equal(bad);
      expect(await refused({ mode: 'PCBC' }, iv128)).to.equal(unsupported);
      expect(await refused({ mode: 'CBC', padding: 'OAEP' }, iv128)).to.equal(unsupported);
      expect(await refused(cbc, iv128.slice(2))).to.equal(bad);
      expect(await refused({ ...cbc, ivLength: 96 }, iv128)).to.equal(bad);
      expect(await refused({ mode: 'CCM' }, 'aa'.repeat(6))).to.equal(bad);
      expect(await refused({ mode: 'GCM' }, '')).to.equal(bad);
      expect(await refused({ mode: 'GCM', tagLength: 3 }, iv128)).to.equal('GeneralFailure');
      expect(await refused({ mode: 'NISTKeyWrap' }, 'a6'.repeat(8))).to.equal(bad);
      expect(await refused({ ...gcm, fixedFieldLength: 32, invocationFieldLength: 32 }, 'aa'.repeat(12))).to.equal(bad);
      expect(await refused({ mode: 'CTR', initialCounterValue: 1 }, iv128)).to.equal(bad);
      expect(await refused({ mode: 'CTR', initialCounterValue: -1 }, iv128.slice(8))).to.equal(bad);
      expect(await refused({ mode: 'CTR', counterLength: 64 }, iv128.slice(8))).to.equal(bad);
      expect(await refused({ mode: 'CBC' }, iv128, '00')).to.equal('InvalidField');
      expect(await refused({ mode: 'NISTKeyWrap' }, undefined, '00')).to.equal('InvalidField');
      expect(await refused({ mode: 'XTS' }, iv128)).to.equal(unsupported);
    });

    it('encrypt no more than a counter counts', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const nonce = 'aa'.repeat(15);
      const data = '00'.repeat(256 * 16);
      const short = await ask(here, 'Encrypt', key, { mode: 'CTR' }, { data, iv: nonce });
      expect(short.data).to.have.length(data.length);
      for (const operation of ['Encrypt', 'Decrypt'] as const) {
        const long = { data: `${data}00`, iv: nonce };
        expect(await refusal(here, operation, key, { mode: 'CTR' }, long)).to.equal('CryptographicFailure');
      }
    });

    it('miss an initialization vector that the mode needs', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const missing = reason('MissingInitializationVector', 'MissingData');
      expect(await refusal(here, 'Encrypt', key, cbc, { data: block })).to.equal(missing);
      // CS-BC-M-11 has this, and not what the table of the text has.
      expect(await refusal(here, 'Decrypt', key, cbc, { data: block })).to.equal('InvalidMessage');
      expect(await refusal(here, 'Decrypt', key, { ...cbc, randomIV: true }, { data: block })).to.equal(
        'InvalidMessage',
      );
    });

    it('miss data', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      expect(await refusal(here, 'Encrypt', key, { mode: 'ECB' }, {})).to.equal('InvalidMessage');
    });

    it('decrypt nothing that was changed, and say the same of each change', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const said = new Set<string>();
      const data = '00'.repeat(32);
      const { data: hidden = '' } = await ask(here, 'Encrypt', key, cbc, { data, iv: iv128 });
      for (const sent of [
        { data: hidden.slice(0, -2) },
        { data: hidden.slice(0, -32) },
        { data: '' },
        { data: `${hidden.slice(0, 64)}${'00'.repeat(16)}` },
      ]) {
        const failed = await here.refused('Decrypt', ...payloadOf(key, cbc, { iv: iv128, ...sent }));
        said.add(`${failed.reason} ${failed.message}`);
      }
      expect([...said]).to.deep.equal([
        'CryptographicFailure the data cannot be decrypted with aes-128-cbc and this key',
      ]);
    });

    it('open what is authenticated, and nothing else', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const iv = 'aa'.repeat(12);
      const made = await ask(here, 'Encrypt', key, gcm, { data: block, iv });
      const { data = '', tag } = made;
      expect((await ask(here, 'Decrypt', key, gcm, { data, iv, tag })).data).to.equal(block);
      const flipped = (hex: string): string => (Number.parseInt(hex[0] as string, 16) ^ 1).toString(16) + hex.slice(1);
      const said = new Set<string>();
      const changes = [
        { data: flipped(data), iv, tag },
        { data, iv: flipped(iv), tag },
        { data: data.slice(2), iv, tag },
        ...(tag === undefined
          ? []
          : [
              { data, iv, tag: flipped(tag) },
              { data, iv, tag: tag.slice(2) },
            ]),
        ...(hasTag(version) ? [{ data, iv, tag, additional: '00' }] : []),
      ];
      for (const sent of changes) {
        const failed = await here.refused('Decrypt', ...payloadOf(key, gcm, sent));
        said.add(`${failed.reason} ${failed.message}`);
      }
      expect([...said].map((each) => each.split(' ')[0])).to.deep.equal(['CryptographicFailure']);
    });

    const itsTag = hasTag(version) ? it : () => undefined;
    itsTag('authenticate only where the mode does', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const bad = reason('BadCryptographicParameters', 'InvalidField');
      const sent = { data: block, iv: iv128 };
      expect(await refusal(here, 'Encrypt', key, cbc, { ...sent, additional: '00' })).to.equal(bad);
      expect(await refusal(here, 'Decrypt', key, cbc, { ...sent, tag: block })).to.equal(bad);
      expect(await refusal(here, 'Decrypt', key, gcm, sent)).to.equal('InvalidField');
    });

    it('are for those whom the mask, the state and the dates permit', async () => {
      const here = server.caller(version);
      const denied = (now: string): string => reason(now, 'PermissionDenied');
      const ecb = { mode: 'ECB' };
      const both = async (key: string): Promise<string[]> => {
        const answers = [];
        for (const operation of ['Encrypt', 'Decrypt'] as const) {
          const [answer] = await here.send([item(operation, payloadOf(key, ecb, { data: block }))]);
          answers.push(answer?.reason ?? 'Success');
        }
        return answers;
      };
      const mask = denied('IncompatibleCryptographicUsageMask');
      const state = denied('WrongKeyLifecycleState');
      const gone = denied('ObjectDestroyed');
      expect(await both(await cipherKey(here, key128, 'AES', 4))).to.deep.equal(['Success', mask]);
      expect(await both(await cipherKey(here, key128, 'AES', 8))).to.deep.equal([mask, 'Success']);
      const now = nowOf(server.fixture);
      const dated = (tag: 'ProcessStartDate' | 'ProtectStopDate', seconds: number) =>
        cipherKey(here, key128, 'AES', 12, date(tag, seconds));
      expect(await both(await dated('ProtectStopDate', now - 1))).to.deep.equal([state, 'Success']);
      expect(await both(await dated('ProcessStartDate', now + 1))).to.deep.equal(['Success', state]);
      const expected = {
        PreActive: [state, state],
        Active: ['Success', 'Success'],
        Deactivated: [state, 'Success'],
        Compromised: [state, state],
        Destroyed: [gone, gone],
        DestroyedCompromised: [gone, gone],
      };
      for (const where of states) {
        expect(await both(await objectIn(server.fixture, version, 'SymmetricKey', where)), where).to.deep.equal(
          expected[where],
        );
      }
      const archived = await cipherKey(here, key128);
      await here.call('Archive', id(archived));
      expect(await both(archived)).to.deep.equal(['ObjectArchived', 'ObjectArchived']);
    });

    it('know no key of another client', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const other = server.callerAs('client-2', version);
      const of = (which: string) => other.refused('Encrypt', ...payloadOf(which, { mode: 'ECB' }, { data: block }));
      const [foreign, absent] = [await of(key), await of('none')];
      expect(foreign.reason).to.equal(reason('ObjectNotFound', 'ItemNotFound'));
      expect(foreign.message).to.equal(absent.message);
    });

    it('use no object that cannot encrypt', async () => {
      const here = server.caller(version);
      const wrong = reason('InvalidObjectType', 'PermissionDenied');
      for (const type of ['SecretData', 'OpaqueObject', 'SplitKey', 'PrivateKey'] as const) {
        const key = await objectIn(server.fixture, version, type, 'Active');
        expect(await refusal(here, 'Encrypt', key, { mode: 'ECB' }, { data: block }), type).to.equal(wrong);
      }
      // A pair on a curve.
      for (const [operation, type] of [
        ['Encrypt', 'PublicKey'],
        ['Decrypt', 'PrivateKey'],
        ['Decrypt', 'PublicKey'],
        ['Decrypt', 'Certificate'],
      ] as const) {
        const key = await objectIn(server.fixture, version, type, 'Active');
        expect(await refusal(here, operation, key, undefined, { data: block }), type).to.equal(wrong);
      }
    });

    it('spend Usage Limits on what is encrypted, to the last byte, and nothing on what fails', async () => {
      const here = server.caller(version);
      const limits = (unit: 'Byte' | 'Object', total: bigint) =>
        struct(
          'UsageLimits',
          long('UsageLimitsTotal', total),
          long('UsageLimitsCount', total),
          label('UsageLimitsUnit', unit),
        );
      const left = async (key: string) => (await attributesKept(server.fixture, key))?.usageLimits?.usageLimitsCount;
      const byBytes = await cipherKey(here, key128, 'AES', 12, limits('Byte', 40n));
      await ask(here, 'Encrypt', byBytes, { mode: 'CTR' }, { data: '00'.repeat(25), iv: iv128 });
      expect(await left(byBytes)).to.equal(15n);
      const refused = await refusal(here, 'Encrypt', byBytes, { mode: 'ECB' }, { data: block });
      expect(refused).to.equal('PermissionDenied');
      expect(await refusal(here, 'Encrypt', byBytes, { mode: 'CBC' }, { data: '00', iv: iv128 })).to.equal(
        'InvalidField',
      );
      expect(await left(byBytes)).to.equal(15n);
      await ask(here, 'Decrypt', byBytes, { mode: 'ECB' }, { data: block });
      await ask(here, 'Encrypt', byBytes, { mode: 'CTR' }, { data: '00'.repeat(15), iv: iv128 });
      expect(await left(byBytes)).to.equal(0n);
      const byObjects = await cipherKey(here, key128, 'AES', 12, limits('Object', 1n));
      await ask(here, 'Encrypt', byObjects, { mode: 'ECB' }, { data: block });
      expect(await refusal(here, 'Encrypt', byObjects, { mode: 'ECB' }, { data: block })).to.equal('PermissionDenied');
    });

    it('encrypt to RSA keys, and decrypt with them', async () => {
      const here = server.caller(version);
      const rsa = [
        enumerated('CryptographicAlgorithm', 'RSA'),
        int('CryptographicLength', 2048),
        date('ActivationDate', 1),
      ];
      const set = (whose: 'Common' | 'PrivateKey' | 'PublicKey', ...more: Item[]): Item => ({
        ...given(version, ...more),
        tag: struct(isOld(version) ? `${whose}TemplateAttribute` : `${whose}Attributes`).tag,
      });
      const made = await here.call(
        'CreateKeyPair',
        set('Common', ...rsa),
        set('PrivateKey', int('CryptographicUsageMask', 8)),
        set('PublicKey', int('CryptographicUsageMask', 4)),
      );
      const [publicKey, privateKey] = [
        value(made, 'PublicKeyUniqueIdentifier') as string,
        value(made, 'PrivateKeyUniqueIdentifier') as string,
      ];
      const said: Parameters[] = [
        { padding: 'PKCS1V1_5' },
        { padding: 'OAEP', hash: 'SHA_1' },
        { padding: 'OAEP', hash: 'SHA_256' },
        ...(version >= '1.4' ? [{ padding: 'OAEP', hash: 'SHA_512', maskHash: 'SHA_256', pSource: '6c6162656c' }] : []),
      ];
      for (const each of said) {
        const hidden = await ask(here, 'Encrypt', publicKey, each, { data: block });
        expect(hidden.data).to.have.length(512);
        expect((await ask(here, 'Decrypt', privateKey, each, { data: hidden.data })).data).to.equal(block);
        const spoilt = `00${(hidden.data as string).slice(2, -2)}01`;
        expect(await refusal(here, 'Decrypt', privateKey, each, { data: spoilt })).to.equal('CryptographicFailure');
      }
      const bad = reason('BadCryptographicParameters', 'InvalidField');
      expect(await refusal(here, 'Encrypt', publicKey, undefined, { data: block })).to.equal(bad);
      expect(await refusal(here, 'Encrypt', publicKey, { padding: 'PKCS1V1_5' }, { data: block, iv: block })).to.equal(
        bad,
      );
      const long = { data: '00'.repeat(246) };
      expect(await refusal(here, 'Encrypt', publicKey, { padding: 'PKCS1V1_5' }, long)).to.equal('InvalidField');
      expect(await refusal(here, 'Encrypt', publicKey, { padding: 'PSS' }, { data: block })).to.equal(
        reason('UnsupportedCryptographicParameters', 'InvalidField'),
      );
    });

    it('take the key that an earlier item of the batch has made', async () => {
      const here = server.caller(version);
      const ecb = parameters({ mode: 'ECB' });
      const [, encrypted] = await here.send([
        item(
          'Create',
          [
            enumerated('ObjectType', 'SymmetricKey'),
            given(
              version,
              enumerated('CryptographicAlgorithm', 'AES'),
              int('CryptographicLength', 128),
              int('CryptographicUsageMask', 12),
              date('ActivationDate', 1),
            ),
          ],
          '01',
        ),
        item('Encrypt', [ecb, bytes('Data', block)], '02'),
      ]);
      expect(encrypted?.status, encrypted?.message).to.equal('Success');
      expect(gotFrom(encrypted?.payload as Item).data).to.have.length(32);
    });
  });
}
