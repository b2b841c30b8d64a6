/**
 * How a PKCS#12 container is encrypted and authenticated. What is written: `modern` is what openssl 3 writes (RFC 8018
 * PBES2); `legacy` is RFC 7292 appendix C, which is all that old Windows, Java and array firmware reads. What is read:
 * these, and what else openssl and key stores write.
 */
import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { Integer, Null, OctetString, Sequence, type BaseBlock } from 'asn1js';
import forge from 'node-forge';
import { AlgorithmIdentifier, DigestInfo, MacData, PBES2Params, PBKDF2Params } from 'pkijs';
import { KmipError } from '#protocol/kmip-error';
import type { Random } from '#crypto/padding';
import { derivePkcs12 } from './pkcs12-derivation.ts';

export interface Pkcs12Protection {
  encrypt(content: Uint8Array, password: string, random: Random): Encrypted;
  authenticate(content: Uint8Array, password: string, random: Random): MacData;
}

export interface Encrypted {
  readonly algorithm: AlgorithmIdentifier;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const rounds = 10_000;
const saltBytes = 16;
/** Of all parts of a container together: about a second's work. */
const maximumRounds = { pbes2: 1_000_000, others: 250_000 };

const Algorithm = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSHA256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  pbeWithSHA1And3KeyTripleDesCbc: '1.2.840.113549.1.12.1.3',
} as const;

export const modern: Pkcs12Protection = {
  encrypt(content, password, random) {
    const [salt, iv] = [random(saltBytes), random(16)];
    const key = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
    const derivation = new PBKDF2Params({
      salt: octets(salt),
      iterationCount: rounds,
      prf: algorithm(Algorithm.hmacWithSHA256, new Null()),
    });
    const scheme = new PBES2Params({
      keyDerivationFunc: algorithm(Algorithm.pbkdf2, derivation.toSchema()),
      encryptionScheme: algorithm(Algorithm.aes256Cbc, octets(iv)),
    });
    return { algorithm: algorithm(Algorithm.pbes2, scheme.toSchema()), bytes: cbc('aes-256-cbc', key, iv, content) };
  },
  authenticate: (content, password, random) => createMacData('sha256', content, password, random),
};

export const legacy: Pkcs12Protection = {
  encrypt(content, password, random) {
    const derivation = { hash: 'sha1', salt: random(saltBytes), rounds };
    const key = derivePkcs12(password, derivation, 'key', 24);
    const iv = derivePkcs12(password, derivation, 'iv', 8);
    const parameters = new Sequence({ value: [octets(derivation.salt), new Integer({ value: rounds })] });
    return {
      algorithm: algorithm(Algorithm.pbeWithSHA1And3KeyTripleDesCbc, parameters),
      bytes: cbc('des-ede3-cbc', key, iv, content),
    };
  },
  authenticate: (content, password, random) => createMacData('sha1', content, password, random),
};

function createMacData(hash: 'sha1' | 'sha256', content: Uint8Array, password: string, random: Random) {
  const salt = random(saltBytes);
  const digest = octets(macOf(content, password, { hash, salt, rounds }));
  const oid = Object.keys(macHashes).find((each) => macHashes[each]?.hash === hash) as string;
  const mac = new DigestInfo({ digestAlgorithm: algorithm(oid, new Null()), digest });
  return new MacData({ mac, macSalt: octets(salt), iterations: rounds });
}

function macOf(content: Uint8Array, password: string, derivation: Parameters<typeof derivePkcs12>[1]): Buffer {
  const { hash } = derivation;
  const { length } = createHmac(hash, '').digest();
  return createHmac(hash, derivePkcs12(password, derivation, 'mac', length))
    .update(content)
    .digest();
}

function cbc(cipher: string, key: Uint8Array, iv: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const encryption = createCipheriv(cipher, key, iv);
  return Uint8Array.from(Buffer.concat([encryption.update(content), encryption.final()]));
}

/** RFC 5754 §2, RFC 8017 appendix A.2.1. */
const macHashes: { readonly [oid: string]: { readonly hash: string } } = {
  '1.3.14.3.2.26': { hash: 'sha1' },
  '2.16.840.1.101.3.4.2.4': { hash: 'sha224' },
  '2.16.840.1.101.3.4.2.1': { hash: 'sha256' },
  '2.16.840.1.101.3.4.2.2': { hash: 'sha384' },
  '2.16.840.1.101.3.4.2.3': { hash: 'sha512' },
};

/**
 * Takes so many rounds from those that a container may have, and returns their number.
 * @throws KmipError InvalidField when too few are left.
 */
export type TakeRounds = (count: number, kind: keyof typeof maximumRounds) => number;

/** For one container: else each of its many parts could ask for the most. */
export function roundsOfContainer(): TakeRounds {
  const left = { ...maximumRounds };
  return (count, kind) => {
    if (count >= 1 && count <= left[kind]) {
      left[kind] -= count;
      return count;
    }
    throw new KmipError(
      'InvalidField',
      `the PKCS#12 container requires ${count} iterations, but its parts may have 1 to ${maximumRounds[kind]} together`,
    );
  };
}

/**
 * Whether the MAC is that of the content under the password.
 * @throws KmipError InvalidField for a MAC that is not supported.
 */
export function isAuthentic(content: Uint8Array, macData: MacData, password: string, take: TakeRounds): boolean {
  const { hash } = macHashes[macData.mac.digestAlgorithm.algorithmId] ?? notSupported('MAC');
  const salt = macData.macSalt.valueBlock.valueHexView;
  const actual = macOf(content, password, { hash, salt, rounds: take(macData.iterations ?? 1, 'others') });
  const said = macData.mac.digest.valueBlock.valueHexView;
  return said.length === actual.length && timingSafeEqual(said, actual);
}

const notSupported = (what: string): never => {
  throw new KmipError('InvalidField', `the ${what} of the PKCS#12 container is not supported`);
};

/** RFC 8018 appendix B.1.2; SHA-1 is the default. */
const prfs: { readonly [oid: string]: string } = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

interface Cipher {
  readonly keyBytes: number;
  decrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer;
}

const nodeCipher = (name: string, keyBytes: number): Cipher => ({
  keyBytes,
  decrypt(key, iv, data) {
    const running = createDecipheriv(name, key, iv);
    return Buffer.concat([running.update(data), running.final()]);
  },
});

/** OpenSSL 3 has it in its legacy provider only. */
const rc2 = (keyBytes: number): Cipher => ({
  keyBytes,
  decrypt(key, iv, data) {
    const running = forge.rc2.createDecryptionCipher(binary(key), keyBytes * 8);
    running.start(binary(iv));
    running.update(forge.util.createBuffer(binary(data)));
    if (!running.finish()) throw new RangeError('wrong padding');
    return Buffer.from(running.output.getBytes(), 'latin1');
  },
});
const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** RFC 8018 appendix B.2, RFC 3565 §4.1. */
const pbes2Ciphers: { readonly [oid: string]: Cipher } = {
  '2.16.840.1.101.3.4.1.2': nodeCipher('aes-128-cbc', 16),
  '2.16.840.1.101.3.4.1.22': nodeCipher('aes-192-cbc', 24),
  [Algorithm.aes256Cbc]: nodeCipher('aes-256-cbc', 32),
  '1.2.840.113549.3.7': nodeCipher('des-ede3-cbc', 24),
};

/** RFC 7292 appendix C, blocks of 8 bytes all. */
const pkcs12Ciphers: { readonly [oid: string]: Cipher } = {
  [Algorithm.pbeWithSHA1And3KeyTripleDesCbc]: nodeCipher('des-ede3-cbc', 24),
  '1.2.840.113549.1.12.1.4': nodeCipher('des-ede-cbc', 16),
  '1.2.840.113549.1.12.1.5': rc2(16),
  '1.2.840.113549.1.12.1.6': rc2(5),
};

/**
 * Undoes `encrypt`, with any supported scheme.
 * @throws KmipError InvalidField for schemes that are not supported; other errors when it cannot be decrypted.
 */
export function decrypt(
  { algorithmId, algorithmParams }: AlgorithmIdentifier,
  data: Uint8Array,
  password: string,
  take: TakeRounds,
) {
  if (algorithmId === Algorithm.pbes2)
    return decryptPbes2(new PBES2Params({ schema: algorithmParams }), data, password, take);
  const cipher = pkcs12Ciphers[algorithmId] ?? notSupported('cipher');
  const [salt, count] = (algorithmParams as Sequence).valueBlock.value as [OctetString, Integer];
  const derivation = {
    hash: 'sha1',
    salt: salt.valueBlock.valueHexView,
    rounds: take(count.valueBlock.valueDec, 'others'),
  };
  const key = derivePkcs12(password, derivation, 'key', cipher.keyBytes);
  return cipher.decrypt(key, derivePkcs12(password, derivation, 'iv', 8), data);
}

function decryptPbes2(
  { keyDerivationFunc, encryptionScheme }: PBES2Params,
  data: Uint8Array,
  password: string,
  take: TakeRounds,
) {
  const cipher = pbes2Ciphers[encryptionScheme.algorithmId] ?? notSupported('cipher');
  if (keyDerivationFunc.algorithmId !== Algorithm.pbkdf2) notSupported('key derivation');
  const { salt, iterationCount, prf } = new PBKDF2Params({ schema: keyDerivationFunc.algorithmParams });
  const hash = prf === undefined ? 'sha1' : (prfs[prf.algorithmId] ?? notSupported('key derivation'));
  const count = take(iterationCount, 'pbes2');
  const key = pbkdf2Sync(password, (salt as OctetString).valueBlock.valueHexView, count, cipher.keyBytes, hash);
  return cipher.decrypt(key, (encryptionScheme.algorithmParams as OctetString).valueBlock.valueHexView, data);
}

function algorithm(algorithmId: string, algorithmParams: BaseBlock): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithmId, algorithmParams });
}

export function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: Uint8Array.from(bytes).buffer });
}
