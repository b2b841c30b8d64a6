/** Whether certificates lead to an authority that is trusted (RFC 5280 §6.1, without policies and name constraints). */
import { X509Certificate } from 'node:crypto';
import type { EnumerationValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { readCertificateContent } from './certificates.ts';

export type Validity = EnumerationValue<'ValidityIndicator'>;

/** Real chains have two to four. */
export const maximumChain = 16;

/** In DER. */
export interface Chain {
  readonly given: readonly Uint8Array[];
  /** Of these the self-issued authorities are trusted, too. */
  readonly kept: readonly Uint8Array[];
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

/** @throws KmipError InvalidField for what is no certificate, and as `judgeChain` does. */
export function validateChain({ given, kept, trusted, at }: Chain): JudgedChain {
  const read = [...given, ...kept].map(readX509);
  const chain = read.filter(({ raw }, place) => read.findIndex((other) => other.raw.equals(raw)) === place);
  const ownAuthorities = read.slice(given.length).filter((each) => each.ca && each.checkIssued(each));
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
 * `Unknown` when nothing is wrong with the certificates, but they end in none that is trusted.
 * @throws KmipError InvalidField when they are not of one chain.
 */
function judgeChain(certificates: readonly X509Certificate[], trusted: readonly X509Certificate[], at: Date): Validity {
  let current = leafOf(certificates);
  for (let steps = 0; steps <= certificates.length; steps++) {
    if (!isValidAt(current, at)) return 'Invalid';
    if (trusted.some((each) => isSame(each, current))) return 'Valid';
    const next = issuersOf(current, certificates)[0] ?? issuersOf(current, trusted)[0];
    if (next === undefined) return isSelfIssued(current) && !isSignedBy(current, current) ? 'Invalid' : 'Unknown';
    if (!next.ca || !isSignedBy(current, next)) return 'Invalid';
    current = next;
  }
  throw new KmipError('InvalidField', 'the certificates issue one another');
}

/** The one that issued none of the others, while every other one issued another. */
function leafOf(certificates: readonly X509Certificate[]): X509Certificate {
  const leaves = certificates.filter((each) => !certificates.some((other) => issuersOf(other, [each]).length > 0));
  const [leaf, second] = leaves;
  if (leaf === undefined || second !== undefined) {
    throw new KmipError('InvalidField', 'the certificates are not of one chain');
  }
  return leaf;
}

const isSame = (one: X509Certificate, other: X509Certificate): boolean => one.raw.equals(other.raw);
const isSelfIssued = (certificate: X509Certificate): boolean => certificate.checkIssued(certificate);

/** By their names and key identifiers; whether the signature is theirs is asked apart. */
const issuersOf = (certificate: X509Certificate, among: readonly X509Certificate[]): X509Certificate[] =>
  among.filter((each) => !isSame(each, certificate) && certificate.checkIssued(each));

const isValidAt = ({ validFrom, validTo }: X509Certificate, at: Date): boolean =>
  new Date(validFrom) <= at && at <= new Date(validTo);

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // Of a kind that OpenSSL has no word for.
    return false;
  }
}
