/** A client's certificate with made-up authorities, whose signatures take as long to check as OpenSSL lets them. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), body]);
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const bits = (body: Buffer): Buffer => der(0x03, Buffer.from([0]), body);
const nameOf = (n: number): Buffer =>
  sequence(der(0x31, sequence(hex('0603550403'), der(0x0c, Buffer.from(`authority ${n}`)))));
const rsa = sequence(hex('06092a864886f70d010101'), hex('0500'));
const sha256WithRsa = sequence(hex('06092a864886f70d01010b'), hex('0500'));
const validity = sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('400101000000Z')));
const pem = (body: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${body.toString('base64')}\n-----END CERTIFICATE-----\n`;

/** 16,384 bits: the first byte below that of each modulus for a signature. */
function number(first: number): Buffer {
  const made = randomBytes(2048);
  made[0] = first;
  made[2047] = 0x01;
  return made;
}

const costlyKey = (): Buffer =>
  sequence(
    rsa,
    bits(sequence(der(0x02, Buffer.from([0]), number(0xc0)), der(0x02, Buffer.from([0]), hex('ffffffffffffffc5')))),
  );

function certificate(n: number, publicKey: Buffer): string {
  const version = der(0xa0, hex('020102'));
  const names = [nameOf(n + 1), validity, nameOf(n)];
  const signed = sequence(version, der(0x02, Buffer.from([n + 1])), sha256WithRsa, ...names, publicKey);
  return pem(sequence(signed, sha256WithRsa, bits(number(0x10))));
}

/** PEM. */
export function costlyChain(authorities: number): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const leaf = certificate(0, publicKey.export({ type: 'spki', format: 'der' }));
  const above = Array.from({ length: authorities }, (_, n) => certificate(n + 1, costlyKey()));
  return {
    cert: [leaf, ...above].join(''),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
