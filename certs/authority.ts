import type { KeyObject, X509Certificate } from 'node:crypto';

import type { RelativeDistinguishedNames } from 'pkijs';

import { defaultOf } from '#config';
import { OperatorError } from '#operator-error';
import { publicKeyInfo, signCertificate, subjectOfCertificate, yearsAfter, type Terms } from './certificate.ts';
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
import { alternativeNames, maximumCommonName, subjectOf } from './certificate-names.ts';
import type { CertificateRequest } from './request-content.ts';

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

export interface IssueTerms extends Terms {
  /** An empty list leaves the extension out: some clients refuse any, some want both. */
  readonly purposes?: readonly Purpose[];
  /** Where the authority's revocation list can be fetched. */
  readonly crlUrl?: string;
  /** An RSA key may sign only: no peer is to encrypt to it. */
  readonly signsOnly?: true;
}

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
      notAfter: terms.notAfter ?? yearsAfter(terms.now, defaultOf('ca-years')),
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
  if (!certificate.ca) throw new OperatorError('the certificate of the authority must have CA:TRUE');
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
    { notAfter: yearsAfter(terms.now, defaultOf('client-years')), purposes: ['clientAuth'], ...terms },
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
  if (first === undefined) throw new OperatorError('a server certificate requires at least one name');
  return issueCertificate(
    authority,
    { subject: subjectOf(first.slice(0, maximumCommonName)), publicKey: server.publicKey, names: server.names },
    { notAfter: yearsAfter(terms.now, defaultOf('server-years')), purposes: ['serverAuth'], ...terms },
  );
}

/**
 * Keeps the subject and the key that were asked for, and grants what `terms` say, not what the request wishes: an
 * operator who signs for a client shall not make a server by accident. So the names of the request go into the
 * certificate only when it is good for a client alone; one that could pass for a server carries none.
 */
export function signRequest(authority: Authority, request: CertificateRequest, terms: IssueTerms): X509Certificate {
  const { subject, publicKey } = request;
  const { purposes = ['clientAuth'] } = terms;
  const clientOnly = purposes.length > 0 && purposes.every((purpose) => purpose === 'clientAuth');
  return issueCertificate(
    authority,
    { subject, publicKey, names: clientOnly ? request.names : [] },
    { notAfter: yearsAfter(terms.now, defaultOf('client-years')), ...terms, purposes },
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
    throw new OperatorError(
      `the authority's certificate is valid from ${notBefore.toISOString()} to ${notAfter.toISOString()}, not now`,
      'check the clock of this machine',
    );
  }
  const issuer = subjectOfCertificate(authority.certificate);
  if (holder.subject.isEqual(issuer)) {
    throw new OperatorError("the subject must not be the authority's own name", 'choose another common name');
  }
  // Encrypting to an RSA key is how TLS 1.2 exchanges keys with clients that know nothing newer.
  const encrypts = nameOfAcceptableKey(holder.publicKey).startsWith('RSA') && terms.signsOnly !== true;
  const key = publicKeyInfo(holder.publicKey);
  return signCertificate(
    {
      subject: holder.subject,
      issuer,
      key,
      notAfter: terms.notAfter < notAfter ? terms.notAfter : notAfter,
      extensions: [
        basicConstraints(false),
        encrypts ? keyUsage('digitalSignature', 'keyEncipherment') : keyUsage('digitalSignature'),
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

/** All authorities compute it in one way, so that it need not be read from the certificate. */
export function authorityIdentifier({ certificate }: Authority): Uint8Array<ArrayBuffer> {
  return keyIdentifier(publicKeyInfo(certificate.publicKey));
}
