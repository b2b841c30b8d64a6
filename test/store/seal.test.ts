import { createSecretKey, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { SealError, keyNumberOf, nonceLength, open, seal } from '#store/seal/seal';
import type { Place } from '#store/seal/seal';

describe('the seal', () => {
  const key = createSecretKey(Buffer.alloc(32, 7));
  const place: Place = { kind: 'object', id: 'a1', part: 'body', revision: 3 };
  const plain = Buffer.from('forty-two');
  const sealed = seal(key, 258, Buffer.alloc(nonceLength, 9), place, plain);

  it('lays out format, key number, nonce, ciphertext and tag', () => {
    expect(sealed.toString('hex', 0, 17)).to.equal('01' + '00000102' + '09'.repeat(12));
    expect(sealed.length).to.equal(17 + plain.length + 16);
    expect(keyNumberOf(place, sealed)).to.equal(258);
  });

  it('opens what it sealed, also nothing and several parts', () => {
    expect(open(key, place, sealed)).to.deep.equal(plain);
    const parts = seal(
      key,
      1,
      randomBytes(nonceLength),
      place,
      Buffer.from('one '),
      Buffer.alloc(0),
      Buffer.from('two'),
    );
    expect(open(key, place, parts).toString()).to.equal('one two');
    expect(open(key, place, seal(key, 1, randomBytes(nonceLength), place))).to.have.length(0);
  });

  it('opens from the middle of a larger buffer', () => {
    const within = Buffer.concat([Buffer.alloc(5), sealed, Buffer.alloc(5)]).subarray(5, 5 + sealed.length);
    expect(keyNumberOf(place, within)).to.equal(258);
    expect(open(key, place, within)).to.deep.equal(plain);
  });

  const elsewhere: Record<string, Partial<Place>> = {
    'another kind': { kind: 'client' },
    'another identifier': { id: 'a2' },
    'another part': { part: 'material' },
    'an earlier revision': { revision: 2 },
    'a later revision': { revision: 4 },
    'kind and identifier cut differently': { kind: 'objec', id: 'ta1' },
    'identifier and revision cut differently': { id: 'a', revision: 13 },
  };
  for (const [name, change] of Object.entries(elsewhere)) {
    it(`does not open at ${name}`, () => {
      expect(() => open(key, { ...place, ...change }, sealed)).to.throw(SealError);
    });
  }

  it('notices any bit flipped in any byte but those of the key number, which chooses the key', () => {
    for (let at = 0; at < sealed.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const altered = Buffer.from(sealed);
        altered[at]! ^= 1 << bit;
        if (at >= 1 && at < 5) expect(keyNumberOf(place, altered)).not.to.equal(258);
        else expect(() => open(key, place, altered), `byte ${at}`).to.throw(SealError);
      }
    }
  });

  it('does not open what was cut, lengthened or sealed with another key, and does not say what it saw', () => {
    const refused = 'the record object a1 cannot be opened';
    for (let length = 0; length < sealed.length; length++) {
      expect(() => open(key, place, sealed.subarray(0, length)), `${length} bytes`).to.throw(SealError, refused);
    }
    expect(() => open(key, place, Buffer.concat([sealed, Buffer.alloc(1)]))).to.throw(SealError, refused);
    expect(() => open(createSecretKey(randomBytes(32)), place, sealed)).to.throw(SealError, refused);
  });
});
