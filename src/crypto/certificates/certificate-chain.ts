/**
 * Chains of certificates, and whether they lead to a trusted authority (RFC 5280 §6.1, without policies and name
 * constraints).
 */
import { X509Certificate } from 'node:crypto';
import type { EnumerationValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { readCertificateContent } from './certificate-content.ts';

export type Validity = EnumerationValue<'ValidityIndicator'>;

/** Real chains have two to four. */
export const maximumChain = 16;

/** In DER. */
export interface Chain {
  readonly presented: readonly Uint8Array[];
  /** Among these, self-issued authorities are trusted too. */
  readonly stored: readonly Uint8Array[];
  readonly trusted: readonly Uint8Array[];
  /** Seconds since 1970. */
  readonly at: number;
}

export interface JudgedChain {
  readonly validity: Validity;
  /** Each certificate once. */
  readonly certificates: readonly {
    readonly der: Uint8Array;
    /** DER. */
    readonly issuer: Uint8Array;
    readonly serialNumber: Uint8Array;
  }[];
}

/** @throws KmipError InvalidField for anything but certificates, and as `judgeChain` does. */
export function validateChain({ presented, stored, trusted, at }: Chain): JudgedChain {
  const read = [...presented, ...stored].map(readX509);
  const chain = read.filter(({ raw }, place) => read.findIndex((other) => other.raw.equals(raw)) === place);
  const ownAuthorities = read.slice(presented.length).filter((each) => each.ca && each.checkIssued(each));
  const authorities = [...trusted.map((each) => new X509Certificate(each)), ...ownAuthorities];
  return {
    validity: judgeChain(chain, authorities, new Date(at * 1000)),
    certificates: chain.map(({ raw }) => {
      const { issuer, serialNumber } = readCertificateContent(raw);
      return { der: raw, issuer: issuer.der, serialNumber };
    }),
  };
}

function readX509(der: Uint8Array): X509Certificate {
  readCertificateContent(der);
  return new X509Certificate(der);
}

/**
 * `Unknown` when nothing is wrong with the certificates, but the last one is not trusted.
 * @throws KmipError InvalidField when they do not form one chain.
 */
function judgeChain(certificates: readonly X509Certificate[], trusted: readonly X509Certificate[], at: Date): Validity {
  const chain = chainFrom(leafOf(certificates), [...certificates, ...trusted]);
  for (const [place, current] of chain.entries()) {
    if (!isValidAt(current, at)) return 'Invalid';
    if (trusted.some((each) => isSame(each, current))) return 'Valid';
    // Behind the last one there is an issuer in a circle only.
    const issuer = chain[place + 1] ?? issuersOf(current, chain)[0];
    if (issuer === undefined) return isSelfIssued(current) && !isSignedBy(current, current) ? 'Invalid' : 'Unknown';
    if (!issuer.ca || !isSignedBy(current, issuer)) return 'Invalid';
  }
  throw new KmipError('InvalidField', 'the certificates must lead to a root, not back to one another');
}

/** The certificate and its issuers in turn, as far as they are among these, each once. Signatures are not checked. */
export function chainFrom(first: X509Certificate, among: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain = [first];
  for (let last = first; ;) {
    const [next] = issuersOf(last, among).filter((each) => !chain.some((known) => isSame(known, each)));
    if (next === undefined) return chain;
    chain.push(next);
    last = next;
  }
}

/** The only one that did not issue another. */
function leafOf(certificates: readonly X509Certificate[]): X509Certificate {
  const leaves = certificates.filter((each) => !certificates.some((other) => issuersOf(other, [each]).length > 0));
  const [leaf, second] = leaves;
  if (leaf === undefined || second !== undefined) {
    throw new KmipError('InvalidField', 'the certificates must form one chain');
  }
  return leaf;
}

const isSame = (one: X509Certificate, other: X509Certificate): boolean => one.raw.equals(other.raw);
const isSelfIssued = (certificate: X509Certificate): boolean => certificate.checkIssued(certificate);

/** By names and key identifiers: signatures are checked apart. */
const issuersOf = (certificate: X509Certificate, among: readonly X509Certificate[]): X509Certificate[] =>
  among.filter((each) => !isSame(each, certificate) && certificate.checkIssued(each));

const isValidAt = ({ validFrom, validTo }: X509Certificate, at: Date): boolean =>
  new Date(validFrom) <= at && at <= new Date(validTo);

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // Of a kind that OpenSSL does not support.
    return false;
  }
}
