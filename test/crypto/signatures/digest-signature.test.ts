/** Signatures of digests, against those that node:crypto makes of the data: each curve and RSA with every hash. */
import { createHash, generateKeyPairSync, randomBytes, type KeyPairKeyObjectResult } from 'node:crypto';
import { expect } from 'chai';
import { checkDigest, signDigest } from '#crypto/signatures/digest-signature';
import { checkSignature, makeSignature } from '#crypto/signatures/signature';
import { schemeOf } from '#crypto/signatures/signature-scheme';
import type { EnumerationValue } from '#protocol/enumerations';
import type { CryptographicParameters } from '#protocol/structures';

const hashes: { readonly [A in EnumerationValue<'HashingAlgorithm'>]?: string } = {
  ...{ MD5: 'md5', SHA_1: 'sha1', SHA_224: 'sha224', SHA_256: 'sha256', SHA_384: 'sha384', SHA_512: 'sha512' },
  ...{ RIPEMD_160: 'ripemd160', SHA_512_224: 'sha512-224', SHA_512_256: 'sha512-256' },
  ...{ SHA3_224: 'sha3-224', SHA3_256: 'sha3-256', SHA3_384: 'sha3-384', SHA3_512: 'sha3-512' },
};
const curves = [
  ...['prime256v1', 'secp384r1', 'secp521r1', 'secp256k1'],
  ...['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'],
];
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys: readonly [name: string, pair: KeyPairKeyObjectResult, more: CryptographicParameters][] = [
  ['RSA with PKCS#1 v1.5', rsa, {}],
  ['RSA with PSS', rsa, { paddingMethod: 'PSS' }],
  ...curves.map((namedCurve): [string, KeyPairKeyObjectResult, CryptographicParameters] => [
    `ECDSA on ${namedCurve}`,
    generateKeyPairSync('ec', { namedCurve }),
    {},
  ]),
];

describe('A signature of a digest', () => {
  for (const [name, { privateKey, publicKey }, more] of keys) {
    it(`is one of the data, and the reverse: ${name}`, async () => {
      for (const [algorithm, hash] of Object.entries(hashes)) {
        const parameters = { ...more, hashingAlgorithm: algorithm as EnumerationValue<'HashingAlgorithm'> };
        const data = randomBytes(50);
        const digest = createHash(hash).update(data).digest();
        const scheme = schemeOf(publicKey, parameters);
        const ofDigest = signDigest(privateKey, digest, schemeOf(privateKey, parameters), randomBytes);
        expect(checkSignature(publicKey, { data }, ofDigest, parameters), algorithm).to.equal(true);
        const ofData = makeSignature(privateKey, { data }, parameters, randomBytes);
        expect(checkDigest(publicKey, digest, ofData, scheme), algorithm).to.equal(true);
        const other = createHash(hash).update('other').digest();
        expect(checkDigest(publicKey, other, ofData, scheme), algorithm).to.equal(false);
        for (const broken of [ofData.subarray(1), Buffer.concat([ofData, Uint8Array.of(0)]), new Uint8Array(0)]) {
          expect(checkDigest(publicKey, digest, broken, scheme), algorithm).to.equal(false);
        }
      }
    });
  }
});
