import { expect } from 'chai';
import { readPgpCertificate } from '#crypto/certificates/pgp-certificate';
import { pgpCertificates } from './pgp-certificates.ts';

/** As `gpg --list-packets` and `gpg --with-colons` tell. */
const said = {
  rsa2048: { key: { algorithm: 'RSA', bits: 2048 }, by: '71B0F62846DC0164', algorithm: 'SHA_512WithRSAEncryption' },
  dsa2048: { key: { algorithm: 'DSA', bits: 2048 }, by: '7472F8D5EF6AF3C0', algorithm: 'DSAWithSHA256' },
  nistp256: { key: { algorithm: 'ECDSA', bits: 256 }, by: '7F02C1177C9F45F8', algorithm: 'ECDSAWithSHA256' },
  ed25519: { key: undefined, by: '15D16544DA072DD8', algorithm: undefined },
} as const;

describe('PGP certificates', () => {
  for (const kind of Object.keys(said) as (keyof typeof said)[]) {
    it(`are read as gpg made them: ${kind}`, () => {
      const { key, by, algorithm } = said[kind];
      expect(readPgpCertificate(pgpCertificates[kind])).to.deep.equal({
        userId: `Array ${kind} <${kind}@example.org>`,
        issuerKeyId: by,
        signatureAlgorithm: algorithm,
        key,
      });
    });
  }

  it('are read in the new format of packets too', () => {
    const old = pgpCertificates.nistp256;
    // Old packets of tag 6, 13 and 2 have lengths of one byte; in the new format the tag takes six bits.
    const packets: Buffer[] = [];
    for (let place = 0; place < old.length;) {
      const length = old.readUInt8(place + 1);
      packets.push(
        Buffer.of(0xc0 | ((old.readUInt8(place) >> 2) & 0xf), length),
        old.subarray(place + 2, place + 2 + length),
      );
      place += 2 + length;
    }
    expect(readPgpCertificate(Buffer.concat(packets))).to.deep.equal(readPgpCertificate(old));
  });

  it('are refused wherever they are truncated, and never throw', () => {
    for (const certificate of Object.values(pgpCertificates)) {
      for (let length = 0; length < certificate.length; length++) {
        expect(readPgpCertificate(certificate.subarray(0, length))).to.equal(undefined);
        const changed = Buffer.from(certificate);
        changed.writeUInt8(changed.readUInt8(length) ^ 0xff, length);
        expect(() => readPgpCertificate(changed)).to.not.throw();
      }
    }
  });
});
