/** Certificate requests in the format of RFC 4211, made by OpenSSL's client of CMP. */
import { readFileSync, rmSync } from 'node:fs';
import type { OpenSsl } from './openssl.ts';

/** The arguments for `openssl genpkey` to make each kind of key that appliances have. */
export const keyOptions = {
  'RSA-2048': '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
  'P-256': '-algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  'P-384': '-algorithm EC -pkeyopt ec_paramgen_curve:P-384',
  'P-521': '-algorithm EC -pkeyopt ec_paramgen_curve:P-521',
  Ed25519: '-algorithm ED25519',
} as const;

/** The numbers of OpenSSL for how a sender shows to hold the private key. */
export const proofs = { none: -1, raVerified: 0, signature: 1, keyEncipherment: 2 } as const;

export interface Asked {
  /** Of `genpkey`; P-256 when it is not said. The key is left in `crmf.key`. */
  readonly key?: string;
  readonly proof?: keyof typeof proofs;
  readonly more?: readonly string[];
}

/** The whole PKIMessage that asks for a certificate of /O=Example/CN=array 7, and the CertReqMessages in it. */
export function makeCrmf(
  ssl: OpenSsl,
  { key = keyOptions['P-256'], proof = 'signature', more = [] }: Asked = {},
): { readonly message: Buffer; readonly requests: Buffer } {
  ssl.run('genpkey', ...key.split(' '), '-out', 'crmf.key');
  // The client is content when the mock server answers with a certificate for its key.
  ssl.run('req', '-x509', '-key', 'crmf.key', '-subj', '/CN=mock', '-out', 'crmf.crt');
  rmSync(ssl.path('crmf.der'), { force: true });
  try {
    ssl.run(
      ...[
        'cmp',
        '-cmd',
        'cr',
        '-config',
        '',
        '-use_mock_srv',
        '-rsp_cert',
        'crmf.crt',
        '-srv_ref',
        'a',
        '-srv_secret',
        'pass:a',
      ],
      ...['-ref', 'a', '-secret', 'pass:a', '-recipient', '/CN=ca', '-certout', 'crmf.out', '-reqout', 'crmf.der'],
      ...['-newkey', 'crmf.key', '-subject', '/O=Example/CN=array 7', '-popo', String(proofs[proof]), ...more],
    );
  } catch {
    // The mock server refuses some of them, once they are written.
  }
  // PKIMessage (RFC 4210 §5.1): the header, and then the body, whose `cr [2]` holds them.
  const message = readFileSync(ssl.path('crmf.der'));
  const [, body] = within(message);
  return { message, requests: within(body as Buffer)[0] as Buffer };
}

/** The encodings that one encoding consists of. */
function within(der: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let rest = der.subarray(headLength(der));
  while (rest.length > 0) {
    const length = headLength(rest) + contentLength(rest);
    parts.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return parts;
}

const lengthBytes = (der: Buffer): number => (der.readUInt8(1) < 0x80 ? 0 : der.readUInt8(1) & 0x7f);
const headLength = (der: Buffer): number => 2 + lengthBytes(der);
const contentLength = (der: Buffer): number =>
  lengthBytes(der) === 0 ? der.readUInt8(1) : der.readUIntBE(2, lengthBytes(der));
