/**
 * Certificates that clients have issued for their own keys, without an operator. No client should trust their authority
 * for a server; in case one does, these certificates name no server and no address, prove a client only, and end soon.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';

import type { RelativeDistinguishedNames } from 'pkijs';

import { readCertificateFields } from '#crypto/certificates/certificate-fields';
import { OperatorError } from '#operator-error';
import { issueCertificate, type Authority } from './authority.ts';
import { dayMs, nameIn, type Terms } from './certificate.ts';
import { factsOf } from './inspect.ts';
import { namesIn } from './request-content.ts';
import type { ServerNames } from './server-names.ts';
import { subjectTexts } from './subject-texts.ts';

/** Whom a certificate is for. */
export interface Holder {
  readonly subject: RelativeDistinguishedNames;
  readonly publicKey: KeyObject;
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  /** Other alternative names, described: they are left out. */
  readonly dropped: readonly string[];
}

/** What stands for a server: no client is certified under such a name, or for such a key. */
export type OwnIdentity = Pick<CertifyTerms, 'serverNames' | 'ownKeys'>;

export interface CertifyTerms extends Terms {
  /** Whatever end is asked for, the certificate is not valid for longer. */
  readonly maximumDays: number;
  readonly crlUrl?: string;
  readonly serverNames: ServerNames;
  /** Of the server and its authorities: what stands for them, a client cannot hold. */
  readonly ownKeys: readonly KeyObject[];
}

const commonName = '2.5.4.3';
/**
 * Where programs look for the name of a host: Common Name, unstructuredName and unstructuredAddress (RFC 2985 §5.4),
 * host (RFC 4524 §2.10).
 */
const hostAttributes: ReadonlySet<string> = new Set([
  commonName,
  '1.2.840.113549.1.9.2',
  '1.2.840.113549.1.9.8',
  '0.9.2342.19200300.100.1.9',
]);

/**
 * Throws an OperatorError for keys outside the bounds, keys of the server, and names that are not a client's to have.
 */
export function certifyHolder(authority: Authority, holder: Holder, terms: CertifyTerms): X509Certificate {
  const { now, maximumDays, notAfter, crlUrl, serverNames, ownKeys } = terms;
  checkNames(holder, serverNames);
  if (isOneOf(ownKeys, holder.publicKey)) {
    throw new OperatorError('the key must not be one of this server or of its authority', 'generate a new key pair');
  }
  const latest = new Date(now.getTime() + maximumDays * dayMs);
  return issueCertificate(authority, holder, {
    ...terms,
    purposes: ['clientAuth'],
    signsOnly: true,
    notAfter: notAfter !== undefined && notAfter < latest ? notAfter : latest,
    ...(crlUrl === undefined ? {} : { crlUrl }),
  });
}

/** Throws an OperatorError for a subject or a name that could pass for this server's, and for every address. */
function checkNames({ subject, names, dropped }: Holder, serverNames: ServerNames): void {
  const broken = dropped.find((name) => /^(?:DNS|IP)\b/.test(name));
  if (broken !== undefined) throw new OperatorError(`the alternative name ${broken} must be a valid DNS name`);
  for (const { oid, readings } of subjectTexts(subject)) {
    if (readings.some((text) => /\p{Cc}/u.test(text)))
      throw new OperatorError('the subject must have no control characters');
    if (hostAttributes.has(oid)) for (const text of readings) refuse('the subject', text, serverNames);
  }
  for (const name of names) refuse('the alternative name', name, serverNames);
}

function refuse(what: string, text: string, serverNames: ServerNames): void {
  const objection = serverNames.objectionTo(text);
  if (objection === undefined) return;
  const shown = JSON.stringify(text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?'));
  throw new OperatorError(`${what} must not have ${shown}, which ${objection}`);
}

/** Whether the key is one of those, an RSA key by its modulus alone. */
export function isOneOf(keys: readonly KeyObject[], key: KeyObject): boolean {
  const modulus = modulusOf(key);
  return keys.some((own) => own.equals(key) || (modulus !== undefined && modulusOf(own) === modulus));
}

const modulusOf = (key: KeyObject): string | undefined =>
  key.asymmetricKeyType === 'rsa' ? key.export({ format: 'jwk' }).n : undefined;

/** The holder of a certificate, for another one. Throws an OperatorError when a part of it cannot be read. */
export function holderOf(certificate: X509Certificate): Holder {
  const { publicKey } = factsOf(certificate);
  try {
    const fields = readCertificateFields(certificate.raw);
    return { subject: nameIn(fields), publicKey, ...namesIn(fields.extensions) };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError('the subject or the extensions of the certificate cannot be read');
  }
}

/** All names by which clients may connect to the holder: Common Names and alternative names. */
export function namesOfHolder(certificate: X509Certificate): string[] {
  const { subject, names } = holderOf(certificate);
  const commonNames = subjectTexts(subject).filter(({ oid }) => oid === commonName);
  return [...commonNames.flatMap(({ readings }) => readings), ...names];
}
