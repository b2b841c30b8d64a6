import { createCipheriv, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

import { Integer, Null, OctetString, Sequence, type BaseBlock } from 'asn1js';
import forge from 'node-forge';
import { AlgorithmIdentifier, DigestInfo, MacData, PBES2Params, PBKDF2Params } from 'pkijs';

import type { RandomBytes } from './random.ts';

/**
 * How a PKCS#12 file is encrypted and authenticated. `modern` is what openssl 3 writes (RFC 8018 PBES2); `legacy` is
 * RFC 7292 appendix C, which is all that old Windows, Java and array firmware reads. Passwords have 130 random bits
 * (`createPassword`), so that the number of iterations need only please the readers.
 */
export interface Pkcs12Protection {
  encrypt(content: Uint8Array, password: string, random: RandomBytes): Promise<Encrypted>;
  authenticate(content: Uint8Array, password: string, random: RandomBytes): MacData;
}

export interface Encrypted {
  readonly algorithm: AlgorithmIdentifier;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const derivationRounds = 10_000;
const saltBytes = 16;
/** RFC 7292 appendix B.3: what a derived value is for. */
const DerivedFor = { key: 1, iv: 2, mac: 3 } as const;

const Algorithm = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSHA256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  pbeWithSHA1And3KeyTripleDesCbc: '1.2.840.113549.1.12.1.3',
} as const;

export const modern: Pkcs12Protection = {
  async encrypt(content, password, random) {
    const [salt, iv] = [random(saltBytes), random(16)];
    const key = await promisify(pbkdf2)(password, salt, derivationRounds, 32, 'sha256');
    const derivation = new PBKDF2Params({
      salt: octets(salt),
      iterationCount: derivationRounds,
      prf: algorithm(Algorithm.hmacWithSHA256, new Null()),
    });
    const scheme = new PBES2Params({
      keyDerivationFunc: algorithm(Algorithm.pbkdf2, derivation.toSchema()),
      encryptionScheme: algorithm(Algorithm.aes256Cbc, octets(iv)),
    });
    return { algorithm: algorithm(Algorithm.pbes2, scheme.toSchema()), bytes: cbc('aes-256-cbc', key, iv, content) };
  },
  authenticate: macWith('sha256', '2.16.840.1.101.3.4.2.1'),
};

export const legacy: Pkcs12Protection = {
  async encrypt(content, password, random) {
    const salt = random(saltBytes);
    const key = derive(password, salt, DerivedFor.key, 24, 'sha1');
    const iv = derive(password, salt, DerivedFor.iv, 8, 'sha1');
    const parameters = new Sequence({ value: [octets(salt), new Integer({ value: derivationRounds })] });
    return {
      algorithm: algorithm(Algorithm.pbeWithSHA1And3KeyTripleDesCbc, parameters),
      bytes: cbc('des-ede3-cbc', key, iv, content),
    };
  },
  authenticate: macWith('sha1', '1.3.14.3.2.26'),
};

function macWith(hash: 'sha1' | 'sha256', oid: string): Pkcs12Protection['authenticate'] {
  const size = { sha1: 20, sha256: 32 }[hash];
  return (content, password, random) => {
    const salt = random(saltBytes);
    const key = derive(password, salt, DerivedFor.mac, size, hash);
    const digest = octets(createHmac(hash, key).update(content).digest());
    const mac = new DigestInfo({ digestAlgorithm: algorithm(oid, new Null()), digest });
    return new MacData({ mac, macSalt: octets(salt), iterations: derivationRounds });
  };
}

/** The key derivation of PKCS#12 (RFC 7292 appendix B.2), which neither node nor pkijs offers for every purpose. */
function derive(password: string, salt: Uint8Array, purpose: number, size: number, hash: 'sha1' | 'sha256'): Buffer {
  const buffer = forge.util.createBuffer(Buffer.from(salt).toString('latin1'));
  const derived = forge.pkcs12.generateKey(password, buffer, purpose, derivationRounds, size, forge.md[hash].create());
  return Buffer.from(derived.getBytes(), 'latin1');
}

function cbc(cipher: string, key: Uint8Array, iv: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const encryption = createCipheriv(cipher, key, iv);
  return Uint8Array.from(Buffer.concat([encryption.update(content), encryption.final()]));
}

function algorithm(algorithmId: string, algorithmParams: BaseBlock): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithmId, algorithmParams });
}

export function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: Uint8Array.from(bytes).buffer });
}
