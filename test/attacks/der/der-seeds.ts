/** One whole encoding of every kind that clients and operators hand in, as openssl and GnuPG make them. */
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createAuthority, issueServerCertificate } from '#certs/authority';
import { makeCrmf } from '#test/certs/crmf';
import type { OpenSsl } from '#test/certs/openssl';
import { makeKey, makeKeyOfGroup, ownForms } from '#test/crypto/keys/keys-of-openssl';
import { pgpCertificates } from '#test/crypto/certificates/pgp-certificates';
import { containerPassword } from './container-password.ts';

export type Seed =
  | { readonly kind: 'certificate' | 'pgp' | 'PKCS_10' | 'CRMF'; readonly der: Buffer }
  | {
      readonly kind: 'key';
      readonly half: 'public' | 'private';
      readonly format: number;
      readonly der: Buffer;
      readonly refused?: boolean;
    };

const far = new Date(Date.UTC(2055, 0, 1));

export async function derSeeds(ssl: OpenSsl, publicKey: KeyObject): Promise<readonly Seed[]> {
  const now = new Date(Date.UTC(2026, 0, 1));
  const authority = await createAuthority('seed CA', { now });
  const crlUrl = 'http://pki.example.org/list.crl';
  const names = ['a.example.org', '192.0.2.7'];
  const utcTimes = issueServerCertificate(authority, { names, publicKey }, { now, crlUrl });
  const generalized = await createAuthority('far CA', { now, notAfter: far });
  const [rsa, ec, ed, x448] = [
    'RSA -pkeyopt rsa_keygen_bits:2048',
    'EC -pkeyopt ec_paramgen_curve:P-256',
    'ED25519',
    'X448',
  ].map((options) => makeKey(`-algorithm ${options}`)) as [
    ReturnType<typeof makeKey>,
    ReturnType<typeof makeKey>,
    ReturnType<typeof makeKey>,
    ReturnType<typeof makeKey>,
  ];
  const explicit = makeKey('-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit');
  const dsa = makeKeyOfGroup('-algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -pkeyopt dsa_paramgen_q_bits:160');
  ssl.run(
    'req',
    '-new',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    's.key',
    '-out',
    's.csr',
    '-subj',
    '/O=x/CN=array 7',
    '-addext',
    'subjectAltName=DNS:a.example.org,URI:urn:x',
  );
  const pkcs10 = ssl.bytes('req', '-in', 's.csr', '-outform', 'DER');
  ssl.run('req', '-x509', '-key', 's.key', '-subj', '/CN=p12', '-out', 's.crt');
  const pack = (name: string, ...options: string[]): Buffer => {
    const files = ['-inkey', 's.key', '-in', 's.crt', '-out', name, '-passout', `pass:${containerPassword}`];
    ssl.run('pkcs12', '-export', ...files, ...options);
    return readFileSync(ssl.path(name));
  };
  const key = (half: 'public' | 'private', format: number, der: Buffer, refused = false): Seed => ({
    ...{ kind: 'key', half, format, der },
    ...(refused && { refused }),
  });
  return [
    { kind: 'certificate', der: utcTimes.raw },
    { kind: 'certificate', der: generalized.certificate.raw },
    { kind: 'PKCS_10', der: pkcs10 },
    { kind: 'CRMF', der: makeCrmf(ssl, { more: ['-sans', 'array.example.org', '-days', '10'] }).requests },
    ...Object.values(pgpCertificates).map((der): Seed => ({ kind: 'pgp', der })),
    key('public', 5, explicit.publicKey, true),
    key('private', 4, explicit.privateKey, true),
    ...[rsa, ec, ed, x448, dsa].flatMap((made) => [
      key('public', 5, made.publicKey),
      key('private', 4, made.privateKey),
    ]),
    key('public', 3, ownForms.rsaPublic(rsa)),
    key('private', 3, ownForms.rsaPrivate(rsa)),
    key('private', 6, ownForms.ecPrivate(ec)),
    key('private', 0x16, pack('modern.p12')),
    // What is not encrypted can be changed within.
    key('private', 0x16, pack('open.p12', '-certpbe', 'NONE', '-keypbe', 'NONE', '-nomac')),
  ];
}
