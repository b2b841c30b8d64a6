/**
 * Encrypt and Decrypt in parts (KMIP 2.1 §6.1, §7.8, §7.14, §7.17; 1.4 §2.1.15 to §2.1.17): streams, and what ends
 * them.
 */
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { callerOf, id, serverForEach, type Caller } from '#test/clients/caller';
import { revocation } from '#test/access/objects-in-states';
import { enumerated, isOld, long, struct, versions, item } from '#test/fixtures/items';
import { ask, cipherKey, label, payloadOf, refusal, type Direction, type Parameters, type Sent } from './encryption.ts';
import { attributesKept } from '#test/operations/create/kept';

/** Those that have the fields. */
const serving = versions.filter((version) => version >= '1.3');
const key128 = '000102030405060708090a0b0c0d0e0f';
const iv = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff';
const cbc: Parameters = { mode: 'CBC', padding: 'PKCS5' };
const ctr: Parameters = { mode: 'CTR' };

/** All the data in parts of so many bytes; every answer but the last must name the stream, and the same one. */
async function inParts(
  here: Caller,
  operation: Direction,
  key: string,
  given: Parameters,
  { data = '', ...first }: Sent,
  size: number,
) {
  const parts = Array.from({ length: Math.ceil(data.length / 2 / size) }, (_, place) =>
    data.slice(place * size * 2, (place + 1) * size * 2),
  );
  const begun = await ask(here, operation, key, given, { ...first, data: parts.shift() ?? '', init: true });
  const { correlation } = begun;
  let all = begun.data ?? '';
  const last = parts.pop();
  for (const part of parts) {
    const answer = await ask(here, operation, key, undefined, { data: part, correlation });
    expect(answer.correlation).to.equal(correlation);
    all += answer.data;
  }
  const ended = await ask(here, operation, key, undefined, { data: last, correlation, final: true });
  expect(ended.correlation).to.equal(undefined);
  return { data: all + ended.data, tag: ended.tag, correlation };
}

for (const version of serving) {
  describe(`streams in ${version}`, () => {
    const server = serverForEach();
    const invalid = isOld(version) ? 'ItemNotFound' : 'InvalidCorrelationValue';

    it('give what comes of all the data at once, whatever the parts', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      for (const padding of ['PKCS5', 'ANSIX9_23', 'SSL3', 'ISO10126', 'Zeros']) {
        const given = { mode: 'CBC', padding };
        for (const length of [16, 31, 32, 50]) {
          const data = `${randomBytes(length - 1).toString('hex')}01`;
          const whole = await ask(here, 'Encrypt', key, given, { data, iv });
          for (const size of [1, 15, 16, 17]) {
            const parted = await inParts(here, 'Encrypt', key, given, { data, iv }, size);
            if (padding !== 'SSL3' && padding !== 'ISO10126') expect(parted.data).to.equal(whole.data);
            const opened = await inParts(here, 'Decrypt', key, given, { data: parted.data, iv }, size);
            expect(opened.data, `${padding} ${length} ${size}`).to.equal(data);
          }
        }
      }
    });

    it('tell a vector of the server in the first answer', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const begun = await ask(here, 'Encrypt', key, { ...ctr, randomIV: true }, { data: '00'.repeat(5), init: true });
      const sent = { data: '00'.repeat(6), correlation: begun.correlation, final: true };
      const ended = await ask(here, 'Encrypt', key, undefined, sent);
      expect(ended.iv).to.equal(undefined);
      const data = `${begun.data}${ended.data}`;
      expect((await ask(here, 'Decrypt', key, ctr, { data, iv: begun.iv })).data).to.equal('00'.repeat(11));
    });

    it('may be one part long, and need no data at their ends', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const sent = { data: '0102', iv };
      const whole = await ask(here, 'Encrypt', key, cbc, sent);
      const both = await ask(here, 'Encrypt', key, cbc, { ...sent, init: true, final: true });
      expect(both).to.deep.equal(whole);
      const begun = await ask(here, 'Encrypt', key, cbc, { iv, init: true });
      const { correlation } = begun;
      expect((await ask(here, 'Encrypt', key, cbc, { data: '0102', correlation })).data).to.equal('');
      expect((await ask(here, 'Encrypt', key, cbc, { correlation, final: true })).data).to.equal(whole.data);
      const ofData = await ask(here, 'Encrypt', key, cbc, { iv, init: true });
      const without = { correlation: ofData.correlation };
      expect(await refusal(here, 'Encrypt', key, cbc, without)).to.equal('InvalidMessage');
    });

    it('go on under the identifier of their key, or none', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const { correlation } = await ask(here, 'Encrypt', key, ctr, { data: '00', iv, init: true });
      expect((await ask(here, 'Encrypt', undefined, undefined, { data: '00', correlation })).data).to.have.length(2);
      const repeated = { data: '00', iv, correlation, final: true };
      expect((await ask(here, 'Encrypt', key, ctr, repeated)).data).to.have.length(2);
    });

    it('belong to their connection, their operation, their key and their parameters', async () => {
      const here = server.caller(version);
      const [key, another] = [await cipherKey(here, key128), await cipherKey(here, key128)];
      const begin = async () => (await ask(here, 'Encrypt', key, ctr, { data: '00', iv, init: true })).correlation;
      const gone = async (correlation: string | undefined) =>
        expect(await refusal(here, 'Encrypt', key, undefined, { data: '00', correlation }), 'ended').to.equal(invalid);

      const elsewhere = await begin();
      const sent = { data: '00', correlation: elsewhere };
      for (const other of [server.callerAs('client-1', version), server.callerAs('client-2', version)]) {
        const reason = await refusal(other, 'Encrypt', key, undefined, sent);
        expect(reason).to.equal(invalid);
      }
      // Nothing that others try disturbs it.
      expect((await ask(here, 'Encrypt', key, undefined, sent)).data).to.have.length(2);

      for (const [operation, which, given, more] of [
        ['Decrypt', key, undefined, {}],
        ['Encrypt', another, undefined, {}],
        ['Encrypt', key, { mode: 'OFB' }, {}],
      ] as const) {
        const correlation = await begin();
        const wrong = await refusal(here, operation, which, given, { data: '00', correlation, ...more });
        expect(wrong, operation).to.equal(invalid);
        await gone(correlation);
      }
      const correlation = await begin();
      const otherIV = { data: '00', iv: key128, correlation };
      expect(await refusal(here, 'Encrypt', key, undefined, otherIV)).to.equal('InvalidField');
      await gone(correlation);
    });

    it('are not continued after their end', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const { correlation } = await ask(here, 'Encrypt', key, ctr, { data: '00', iv, init: true });
      await ask(here, 'Encrypt', key, undefined, { data: '00', correlation, final: true });
      for (const sent of [
        { data: '00', correlation },
        { data: '00', correlation, final: true },
      ]) {
        expect(await refusal(here, 'Encrypt', key, undefined, sent)).to.equal(invalid);
      }
      expect(await refusal(here, 'Encrypt', key, ctr, { data: '00', iv, correlation: '' })).to.equal(invalid);
      expect(await refusal(here, 'Encrypt', key, ctr, { data: '00', iv, final: true })).to.equal(invalid);
      const both = { data: '00', iv, init: true, correlation };
      expect(await refusal(here, 'Encrypt', key, ctr, both)).to.equal('InvalidField');
    });

    it('end with their connection, and some time after their last part', async () => {
      const { fixture } = server;
      const session = fixture.session();
      const here = callerOf(fixture.handler, session, version);
      const key = await cipherKey(here, key128);
      const begin = async () => (await ask(here, 'Encrypt', key, ctr, { data: '00', iv, init: true })).correlation;
      const lost = await begin();
      fixture.handler.end(session);
      expect(await refusal(here, 'Encrypt', key, undefined, { data: '00', correlation: lost })).to.equal(invalid);

      const correlation = await begin();
      for (let minutes = 0; minutes < 3; minutes++) {
        fixture.clock.now += 9 * 60_000;
        await ask(here, 'Encrypt', key, undefined, { data: '00', correlation });
      }
      fixture.clock.now += 10 * 60_000;
      expect(await refusal(here, 'Encrypt', key, undefined, { data: '00', correlation })).to.equal(invalid);
    });

    it('are few on a connection, and make room when they end', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const sent = { data: '00', iv, init: true };
      const begun = [];
      for (let count = 0; count < 16; count++) begun.push((await ask(here, 'Encrypt', key, ctr, sent)).correlation);
      expect(new Set(begun).size).to.equal(16);
      const full = isOld(version) ? 'GeneralFailure' : 'ServerLimitExceeded';
      expect(await refusal(here, 'Encrypt', key, ctr, sent)).to.equal(full);
      await ask(server.callerAs('client-1', version), 'Encrypt', key, ctr, sent);
      await ask(here, 'Encrypt', key, undefined, { correlation: begun[7], final: true });
      await ask(here, 'Encrypt', key, ctr, sent);
      server.fixture.clock.now += 10 * 60_000;
      for (let count = 0; count < 16; count++) await ask(here, 'Encrypt', key, ctr, sent);
    });

    it('stop when their key may not be used any more', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const { correlation } = await ask(here, 'Encrypt', key, ctr, { data: '00', iv, init: true });
      await here.call('Revoke', id(key), revocation('CessationOfOperation'));
      const refused = await refusal(here, 'Encrypt', key, undefined, { data: '00', correlation });
      expect(refused).to.equal(isOld(version) ? 'PermissionDenied' : 'WrongKeyLifecycleState');
      expect(await refusal(here, 'Encrypt', key, undefined, { data: '00', correlation })).not.to.equal('Success');
    });

    it('spend Usage Limits as their parts come: bytes each, an object once', async () => {
      const here = server.caller(version);
      const limited = (unit: string, total: bigint) =>
        cipherKey(
          here,
          key128,
          'AES',
          12,
          struct(
            'UsageLimits',
            long('UsageLimitsTotal', total),
            long('UsageLimitsCount', total),
            label('UsageLimitsUnit', unit),
          ),
        );
      const left = async (key: string) => (await attributesKept(server.fixture, key))?.usageLimits?.usageLimitsCount;
      const byObjects = await limited('Object', 2n);
      await inParts(here, 'Encrypt', byObjects, ctr, { data: '00'.repeat(9), iv }, 3);
      expect(await left(byObjects)).to.equal(1n);
      const byBytes = await limited('Byte', 10n);
      const { correlation } = await ask(here, 'Encrypt', byBytes, ctr, { data: '00'.repeat(6), iv, init: true });
      expect(await left(byBytes)).to.equal(4n);
      const tooMuch = { data: '00'.repeat(5), correlation };
      expect(await refusal(here, 'Encrypt', byBytes, undefined, tooMuch)).to.equal('PermissionDenied');
      expect(await refusal(here, 'Encrypt', byBytes, undefined, { data: '', correlation })).to.equal(invalid);
      expect(await left(byBytes)).to.equal(4n);
    });

    it('are refused for what takes its data at once, and where they would be undone', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128 + 'ff'.repeat(16));
      for (const mode of ['CCM', 'XTS', 'NISTKeyWrap', 'AESKeyWrapPadding']) {
        const sent = { data: '00'.repeat(16), init: true };
        const used = { mode, randomIV: true };
        expect(await refusal(here, 'Encrypt', key, used, sent), mode).to.equal('FeatureNotSupported');
      }
      const begun = await ask(here, 'Encrypt', key, ctr, { data: '00', iv, init: true });
      const part = payloadOf(key, undefined, { data: '00', correlation: begun.correlation });
      const undone = await here.send([item('Encrypt', part, '01'), item('Encrypt', part, '02')], {
        before: [enumerated('BatchErrorContinuationOption', 'Undo')],
      });
      expect(undone.map((each) => each.reason)).to.deep.equal(['FeatureNotSupported']);
      const answers = await here.send([item('Encrypt', part, '01'), item('Encrypt', part, '02')]);
      expect(answers.map((each) => each.status)).to.deep.equal(['Success', 'Success']);
    });

    it('of an authenticated mode let nothing out before it was checked', async () => {
      const here = server.caller(version);
      const key = await cipherKey(here, key128);
      const gcm: Parameters = { mode: 'GCM', tagLength: 16 };
      const data = randomBytes(100).toString('hex');
      const made = await inParts(here, 'Encrypt', key, gcm, { data, iv }, 33);
      if (made.tag === undefined) {
        // The versions before 1.4 have no field for a tag.
        const sent = { data: made.data, iv, init: true };
        expect(await refusal(here, 'Decrypt', key, gcm, sent)).to.equal('FeatureNotSupported');
        expect((await ask(here, 'Decrypt', key, gcm, { data: made.data, iv })).data).to.equal(data);
        return;
      }
      const first = { data: made.data.slice(0, 66), iv, tag: made.tag, init: true };
      const begun = await ask(here, 'Decrypt', key, gcm, first);
      expect(begun.data).to.equal('');
      const { correlation } = begun;
      const rest = { data: made.data.slice(66), correlation, final: true };
      expect((await ask(here, 'Decrypt', key, gcm, rest)).data).to.equal(data);
      const again = await ask(here, 'Decrypt', key, gcm, first);
      const spoilt = { ...rest, data: `${rest.data.slice(0, -2)}${rest.data.endsWith('00') ? '01' : '00'}` };
      const sent = { ...spoilt, correlation: again.correlation };
      expect(await refusal(here, 'Decrypt', key, gcm, sent)).to.equal('CryptographicFailure');
      expect(await refusal(here, 'Decrypt', key, gcm, { ...first, tag: undefined })).to.equal('InvalidField');
      const held = await ask(here, 'Decrypt', key, gcm, { ...first, data: '00'.repeat(600_000) });
      const more = { data: '00'.repeat(600_000), correlation: held.correlation };
      const full = isOld(version) ? 'GeneralFailure' : 'ServerLimitExceeded';
      expect(await refusal(here, 'Decrypt', key, gcm, more)).to.equal(full);
    });
  });
}
