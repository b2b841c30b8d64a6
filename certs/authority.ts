import { randomBytes, type KeyObject, type X509Certificate } from 'node:crypto';

import { Integer } from 'asn1js';
import { Certificate, PublicKeyInfo, Time, TimeType, type Extension, type RelativeDistinguishedNames } from 'pkijs';

import { CertificateError } from './certificate-error.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  cRLDistributionPoint,
  extKeyUsage,
  keyIdentifier,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
  type Purpose,
} from './extensions.ts';
import { assertKeyMatches, factsOf, readCertificate, validityAt } from './inspect.ts';
import { generateKeys, nameOfAcceptableKey, readPrivateKey, writePrivateKey, type KeyKind } from './keys.ts';
import { alternativeNames, MAX_COMMON_NAME, subjectOf } from './names.ts';
import { signStructure } from './signing.ts';

/** The certificate authority: a certificate and its key, and the certificates made with them (RFC 5280). */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
}

/** Both as PEM: what a store keeps, sealed. */
export interface AuthorityPem {
  readonly certificate: string;
  readonly privateKey: string;
}

/** When a certificate is made, and what differs from the default. */
export interface Terms {
  readonly now: Date;
  readonly notAfter?: Date;
  readonly random?: (size: number) => Uint8Array;
}

export interface IssueTerms extends Terms {
  /** An empty list leaves the extension out: some clients refuse any, some want both. */
  readonly purposes?: readonly Purpose[];
  /** Where the authority's revocation list can be fetched. */
  readonly crlUrl?: string;
}

/** How long certificates are valid when the terms do not say. */
export const validityYears = { authority: 10, client: 2, server: 1 } as const;
const MAX_YEARS = 30;
/** Certificates begin a day early, for clients with a slow clock or local time in place of UTC. */
const BACKDATE_MS = 24 * 3600 * 1000;

export async function createAuthority(commonName: string, terms: Terms & { kind?: KeyKind }): Promise<Authority> {
  const subject = subjectOf(commonName);
  const { privateKey, publicKey } = await generateKeys(terms.kind ?? 'P-256');
  const key = publicKeyInfo(publicKey);
  const identifier = keyIdentifier(key);
  const certificate = signCertificate(
    {
      subject,
      issuer: subject,
      key,
      notAfter: terms.notAfter ?? yearsAfter(terms.now, validityYears.authority),
      extensions: [
        basicConstraints(true),
        keyUsage('keyCertSign', 'cRLSign'),
        subjectKeyIdentifier(identifier),
        authorityKeyIdentifier(identifier),
      ],
    },
    privateKey,
    terms,
  );
  return { certificate, privateKey };
}

export function openAuthority(pem: AuthorityPem): Authority {
  const certificate = readCertificate(pem.certificate);
  const privateKey = readPrivateKey(pem.privateKey);
  if (!certificate.ca) throw new CertificateError('the certificate of the authority is not one of an authority');
  assertKeyMatches(certificate, privateKey);
  return { certificate, privateKey };
}

export function authorityPem({ certificate, privateKey }: Authority): AuthorityPem {
  return { certificate: certificate.toString(), privateKey: writePrivateKey(privateKey) };
}

export function issueClientCertificate(
  authority: Authority,
  client: { readonly commonName: string; readonly publicKey: KeyObject },
  terms: IssueTerms,
): X509Certificate {
  return issueCertificate(
    authority,
    { subject: subjectOf(client.commonName), publicKey: client.publicKey, names: [] },
    { notAfter: yearsAfter(terms.now, validityYears.client), purposes: ['clientAuth'], ...terms },
  );
}

/**
 * `names` are the DNS names and IP addresses that clients dial; the first becomes the common name, for old clients.
 * Its purpose is serverAuth alone: no client asks for more of its server, and this key shall prove no other role.
 */
export function issueServerCertificate(
  authority: Authority,
  server: { readonly names: readonly string[]; readonly publicKey: KeyObject },
  terms: IssueTerms,
): X509Certificate {
  const [first] = server.names;
  if (first === undefined) throw new CertificateError('a server certificate needs at least one name');
  return issueCertificate(
    authority,
    { subject: subjectOf(first.slice(0, MAX_COMMON_NAME)), publicKey: server.publicKey, names: server.names },
    { notAfter: yearsAfter(terms.now, validityYears.server), purposes: ['serverAuth'], ...terms },
  );
}

/** An end entity's certificate. It never outlives the authority's own; a key outside the bounds gets none. */
export function issueCertificate(
  authority: Authority,
  holder: {
    readonly subject: RelativeDistinguishedNames;
    readonly publicKey: KeyObject;
    readonly names: readonly string[];
  },
  terms: IssueTerms & { readonly notAfter: Date; readonly purposes: readonly Purpose[] },
): X509Certificate {
  const { notBefore, notAfter } = factsOf(authority.certificate);
  if (validityAt({ notBefore, notAfter }, terms.now) !== 'valid') {
    throw new CertificateError(
      `the authority's certificate is valid from ${notBefore.toISOString()} to ${notAfter.toISOString()}, not now`,
      'check the clock of this machine',
    );
  }
  // Encrypting to an RSA key is how TLS 1.2 exchanges keys with clients that know nothing newer.
  const isRsa = nameOfAcceptableKey(holder.publicKey).startsWith('RSA');
  const key = publicKeyInfo(holder.publicKey);
  return signCertificate(
    {
      subject: holder.subject,
      issuer: subjectOfCertificate(authority.certificate),
      key,
      notAfter: terms.notAfter < notAfter ? terms.notAfter : notAfter,
      extensions: [
        basicConstraints(false),
        isRsa ? keyUsage('digitalSignature', 'keyEncipherment') : keyUsage('digitalSignature'),
        ...(terms.purposes.length > 0 ? [extKeyUsage(terms.purposes)] : []),
        ...(holder.names.length > 0 ? [subjectAltName(alternativeNames(holder.names))] : []),
        ...(terms.crlUrl !== undefined ? [cRLDistributionPoint(terms.crlUrl)] : []),
        subjectKeyIdentifier(keyIdentifier(key)),
        authorityKeyIdentifier(authorityIdentifier(authority)),
      ],
    },
    authority.privateKey,
    terms,
  );
}

interface Content {
  readonly subject: RelativeDistinguishedNames;
  readonly issuer: RelativeDistinguishedNames;
  readonly key: PublicKeyInfo;
  readonly notAfter: Date;
  readonly extensions: Extension[];
}

function signCertificate(content: Content, privateKey: KeyObject, { now, random = randomBytes }: Terms) {
  if (content.notAfter <= now || content.notAfter > yearsAfter(now, MAX_YEARS)) {
    throw new CertificateError(`a certificate ends in the future, within ${MAX_YEARS} years`);
  }
  const certificate = new Certificate({
    version: 2,
    serialNumber: serialNumber(random),
    issuer: content.issuer,
    subject: content.subject,
    notBefore: timeOf(new Date(now.getTime() - BACKDATE_MS)),
    notAfter: timeOf(content.notAfter),
    subjectPublicKeyInfo: content.key,
    extensions: content.extensions,
  });
  return readCertificate(signStructure(certificate, privateKey));
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. 128 random bits behind a 1 are that in every case. */
function serialNumber(random: (size: number) => Uint8Array): Integer {
  return new Integer({ valueHex: Uint8Array.of(1, ...random(16)).buffer });
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime after, both in whole seconds. */
export function timeOf(date: Date): Time {
  const value = new Date(Math.floor(date.getTime() / 1000) * 1000);
  return new Time({ type: value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime, value });
}

/** The same day and time, that many years later. */
export function yearsAfter(date: Date, years: number): Date {
  const later = new Date(date);
  later.setUTCFullYear(later.getUTCFullYear() + years);
  return later;
}

function publicKeyInfo(publicKey: KeyObject): PublicKeyInfo {
  return PublicKeyInfo.fromBER(publicKey.export({ format: 'der', type: 'spki' }));
}

/** Issuer names are compared byte by byte, so that they are copied, never written anew. */
export function subjectOfCertificate(certificate: X509Certificate): RelativeDistinguishedNames {
  return Certificate.fromBER(certificate.raw).subject;
}

/** Ours is always computed in one way, so that it need not be looked up in the certificate. */
export function authorityIdentifier({ certificate }: Authority): Uint8Array<ArrayBuffer> {
  return keyIdentifier(publicKeyInfo(certificate.publicKey));
}
