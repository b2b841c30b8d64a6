/** The files for a client: its certificate and key in the forms that products need, and a page that explains them. */
import type { X509Certificate } from 'node:crypto';

import type { BoundCertificate } from '#access/client-record';
import { issueClientCertificate, type Authority } from '#certs/authority';
import { yearsAfter } from '#certs/certificate';
import { factsOf, isIssuedBy } from '#certs/inspect';
import { generateKeys, writePrivateKey, type KeyKind } from '#certs/keys';
import { createPassword } from '#certs/password';
import { createPkcs12, type Pkcs12Format } from '#certs/client-container';
import type { CertificateRequest } from '#certs/request-content';
import { subjectTexts } from '#certs/subject-texts';
import type { Config } from '#config';

import type { NewFile } from '#administration/files';
import type { Authorities } from '#administration/authorities';
import { certifyAuthorityFile } from '#administration/places';

/** What signs, and what the files say of the server. */
export interface Issuing extends Authorities {
  readonly config: Config;
}

export interface NewClientFiles {
  readonly certificate: X509Certificate;
  readonly files: readonly NewFile[];
}

/** The options in which products differ. */
export interface KeyChoice {
  readonly keyType: KeyKind;
  readonly p12Format: Pkcs12Format;
}

/** A key pair of our making. The password of the PKCS#12 file lies beside it: it only satisfies what imports it. */
export async function makeClientFiles(
  name: string,
  issuing: Issuing,
  { keyType, p12Format }: KeyChoice,
): Promise<NewClientFiles> {
  const { authority, config } = issuing;
  const { publicKey, privateKey } = await generateKeys(keyType);
  const certificate = issueClientCertificate(authority, { commonName: name, publicKey }, issueTerms(config));
  const password = createPassword();
  const content = { certificate, privateKey, chain: [authority.certificate] };
  return {
    certificate,
    files: [
      { name: `${name}.crt`, content: certificate.toString() },
      { name: `${name}.key`, content: writePrivateKey(privateKey) },
      ...(await authorityFiles(issuing)),
      {
        name: `${name}.p12`,
        content: await createPkcs12(content, { friendlyName: name, password, format: p12Format }),
      },
      { name: `${name}.p12.password`, content: `${password}\n` },
      { name: 'README.txt', content: readme(name, config, certificate) },
    ],
  };
}

/**
 * The key stays where the request came from. Of all it asks for it gets the key certified, under the client's name and
 * no other.
 */
export async function signClientRequest(
  name: string,
  { publicKey }: CertificateRequest,
  issuing: Issuing,
): Promise<NewClientFiles> {
  const { authority, config } = issuing;
  const certificate = issueClientCertificate(authority, { commonName: name, publicKey }, issueTerms(config));
  return {
    certificate,
    files: [{ name: `${name}.crt`, content: certificate.toString() }, ...(await authorityFiles(issuing))],
  };
}

/** What a request asks for and `signClientRequest` does not grant, as texts for the operator. */
export function notGranted(name: string, { subject, names, dropped }: CertificateRequest): string[] {
  const parts = subjectTexts(subject)
    .filter(({ oid, readings: [text] }) => oid !== '2.5.4.3' || text !== name)
    .map(({ oid, readings: [text = ''] }) => `${subjectParts[oid] ?? oid}=${text}`);
  return [...parts, ...names, ...dropped].map((text) => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80));
}

/** As openssl calls the usual ones. */
const subjectParts: { readonly [oid: string]: string } = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

/** What the client record keeps of a certificate. */
export function boundCertificate(certificate: X509Certificate, authority: Authority): BoundCertificate {
  const { fingerprint, serialNumber, subject, notBefore, notAfter } = factsOf(certificate);
  return {
    fingerprint,
    serial: serialNumber,
    subject,
    notBefore: notBefore.getTime(),
    notAfter: notAfter.getTime(),
    issuedHere: isIssuedBy(certificate, authority.certificate),
  };
}

function issueTerms({ clientYears, crlUrl }: Config) {
  const now = new Date();
  return { now, notAfter: yearsAfter(now, clientYears), ...(crlUrl === undefined ? {} : { crlUrl }) };
}

async function authorityFiles({ authority, certifyAuthority }: Issuing): Promise<NewFile[]> {
  const { certificate } = await certifyAuthority();
  return [
    { name: 'ca.crt', content: authority.certificate.toString(), shared: true },
    { name: certifyAuthorityFile, content: certificate.toString(), shared: true },
  ];
}

function readme(name: string, { port }: Config, { validTo }: X509Certificate): string {
  const files: readonly (readonly [string, string])[] = [
    [`${name}.crt`, `the client's certificate (PEM), valid until ${validTo}`],
    [`${name}.key`, 'its private key (PEM, PKCS#8, not encrypted)'],
    ['ca.crt', 'the certificate of the authority that signed those of the server and of the client (PEM)'],
    [certifyAuthorityFile, 'the authority of what clients have certified (Certify); never trust it for the server'],
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

With this key, every key of this client can be fetched. Keep these files secret. When the product has them, delete
the copies that are not needed.

To try it:            kmipd client test ${name} --dir . --server HOST:PORT
When a copy was lost: kmipd client revoke ${name}
`;
}
