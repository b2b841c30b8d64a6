/** The one door for encodings: what is read as DER, what as BER, and what as neither (X.690 §8.1, §10.1). */
import { expect } from 'chai';
import { derRules, integersOf, readDer, type DerRules } from '#crypto/der';
import { KmipError } from '#protocol/kmip-error';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const ber: DerRules = { ...derRules.key, form: 'BER' };

function refusal(text: string, rules?: DerRules): string {
  try {
    readDer(hex(text), 'the value', rules);
  } catch (error) {
    if (error instanceof KmipError && error.reason === 'InvalidField') return error.message;
    throw error;
  }
  return 'taken';
}

describe('the door for DER', () => {
  it('reads one value of shortest lengths', () => {
    expect(integersOf(readDer(hex('30 06 020101 020102'), 'the value'), 'the value')).to.deep.equal([1n, 2n]);
  });

  for (const [what, text] of [
    ['of indefinite length', '30 80 020101 0000'],
    ['with a length of more bytes than needed', '30 81 03 020101'],
    ['with a long length in a part', '30 04 02 8101 01'],
  ] as const) {
    it(`refuses a value ${what}, and reads it where BER is allowed`, () => {
      expect(refusal(text)).to.equal('the value must be DER, not BER');
      expect(integersOf(readDer(hex(text), 'the value', ber), 'the value')).to.deep.equal([1n]);
    });
  }

  for (const [what, text, message] of [
    ['that ends early', '30 06 020101', 'one complete DER encoding'],
    ['with parts longer than it', '30 02 020101', 'one complete DER encoding'],
    ['with bytes after it', '30 03 020101 00', 'bytes follow it'],
    ['of nothing', '', 'one complete DER encoding'],
    ['with a time that is not a number', `18 02 ${Buffer.from('99').toString('hex')}`, 'one complete DER encoding'],
    ['in PEM', Buffer.from('-----BEGIN KEY-----').toString('hex'), 'must be DER, not PEM'],
    ['with a sequence that is not constructed', '10 03 020101', 'the value must be'],
    ['of more bytes than allowed', '04'.repeat(16 * 1024 + 1), 'at most 16384 bytes'],
  ] as const) {
    it(`refuses a value ${what}, as DER and as BER`, () => {
      for (const rules of [undefined, ber]) expect(refusal(text, rules)).to.include(message);
    });
  }

  it('refuses deep values and many values by the rules of each kind', () => {
    const nested = (depth: number): string => {
      let bytes = Buffer.alloc(0);
      for (let left = depth; left > 0; left--) bytes = Buffer.concat([Buffer.of(0x30, bytes.length), bytes]);
      return bytes.toString('hex');
    };
    const many = (count: number): string => {
      const parts = Buffer.alloc(2 * count, hex('0500'));
      return Buffer.concat([Buffer.of(0x30, 0x82, parts.length >> 8, parts.length & 0xff), parts]).toString('hex');
    };
    for (const rules of Object.values<DerRules>(derRules)) {
      expect(refusal(nested(rules.depth), rules)).to.equal('taken');
      expect(refusal(nested(rules.depth + 2), rules)).to.include('one complete DER encoding');
      expect(refusal(many(rules.nodes + 2), rules)).to.include('one complete DER encoding');
    }
  });
});
