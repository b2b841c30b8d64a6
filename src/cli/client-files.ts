/** What a client gets: its certificate and key in the forms that products ask for, and a page that says what is what. */
import type { X509Certificate } from 'node:crypto';

import { Option } from 'commander';

import type { BoundCertificate } from '#access/client-record';
import { signRequest, issueClientCertificate, type Authority } from '#certs/authority';
import { yearsAfter } from '#certs/certificate';
import { factsOf } from '#certs/inspect';
import { generateKeys, keyKinds, writePrivateKey, type KeyKind } from '#certs/keys';
import { createPassword } from '#certs/password';
import { createPkcs12, type Pkcs12Format } from '#certs/pkcs12';
import type { CertificateRequest } from '#certs/request-content';
import type { Config } from '#config';

import type { NewFile } from './files.ts';

export interface NewClientFiles {
  readonly certificate: X509Certificate;
  readonly files: readonly NewFile[];
}

/** What products differ in. */
export interface KeyChoice {
  readonly keyType: KeyKind;
  readonly p12Format: Pkcs12Format;
}

/** Two of a command's options, as it is given them in a KeyChoice. */
export const keyOptions = (): Option[] => [
  new Option('--key-type <type>', 'the kind of key').choices(keyKinds).default('P-256'),
  new Option('--p12-format <format>', 'legacy for products that cannot read AES')
    .choices(['modern', 'legacy'])
    .default('modern'),
];

/** A key pair of our making. The password of the PKCS#12 file lies beside it: it only satisfies what imports it. */
export async function makeClientFiles(
  name: string,
  authority: Authority,
  config: Config,
  { keyType, p12Format }: KeyChoice,
): Promise<NewClientFiles> {
  const { publicKey, privateKey } = await generateKeys(keyType);
  const certificate = issueClientCertificate(authority, { commonName: name, publicKey }, issueTerms(config));
  const password = createPassword();
  const content = { certificate, privateKey, chain: [authority.certificate] };
  return {
    certificate,
    files: [
      { name: `${name}.crt`, content: certificate.toString() },
      { name: `${name}.key`, content: writePrivateKey(privateKey) },
      authorityFile(authority),
      {
        name: `${name}.p12`,
        content: await createPkcs12(content, { friendlyName: name, password, format: p12Format }),
      },
      { name: `${name}.p12.password`, content: `${password}\n` },
      { name: 'README.txt', content: readme(name, config, certificate) },
    ],
  };
}

/** The key stays where the request came from. */
export function signClientRequest(
  name: string,
  request: CertificateRequest,
  authority: Authority,
  config: Config,
): NewClientFiles {
  const certificate = signRequest(authority, request, issueTerms(config));
  return { certificate, files: [{ name: `${name}.crt`, content: certificate.toString() }, authorityFile(authority)] };
}

/** What the client record keeps of a certificate. */
export function boundCertificate(certificate: X509Certificate, authority: Authority): BoundCertificate {
  const { fingerprint, serialNumber, subject, notBefore, notAfter } = factsOf(certificate);
  return {
    fingerprint,
    serial: serialNumber,
    subject,
    notBefore: notBefore.getTime(),
    notAfter: notAfter.getTime(),
    issuedHere: certificate.checkIssued(authority.certificate) && certificate.verify(authority.certificate.publicKey),
  };
}

function issueTerms({ clientYears, crlUrl }: Config) {
  const now = new Date();
  return { now, notAfter: yearsAfter(now, clientYears), ...(crlUrl === undefined ? {} : { crlUrl }) };
}

const authorityFile = ({ certificate }: Authority): NewFile => ({
  name: 'ca.crt',
  content: certificate.toString(),
  shared: true,
});

function readme(name: string, { port }: Config, { validTo }: X509Certificate): string {
  const files: readonly (readonly [string, string])[] = [
    [`${name}.crt`, `the client's certificate (PEM), valid until ${validTo}`],
    [`${name}.key`, 'its private key (PEM, PKCS#8, not encrypted)'],
    ['ca.crt', 'the certificate of the authority that signed those of the server and of the client (PEM)'],
    [`${name}.p12`, 'certificate, key and ca.crt in one PKCS#12 file, for products that ask for one'],
    [`${name}.p12.password`, 'the password of that file'],
  ];
  const width = Math.max(...files.map(([file]) => file.length));
  return `What a KMIP client needs to connect as "${name}"

${files.map(([file, what]) => `  ${file.padEnd(width)}  ${what}`).join('\n')}

In the product, set
  server or host      the host name or address of the server, one that its certificate names
  port                ${port}, unless the server was given another
  CA certificate      ca.crt
  client certificate  ${name}.crt and ${name}.key, or ${name}.p12

Whoever has the key can fetch every key of this client. Keep these files secret, and delete the copies that are
not needed once the product has them.

To try it:            kmipd client test ${name} --dir . --server HOST:PORT
When a copy was lost: kmipd client revoke ${name}
`;
}
