/** The certificate authority of `certs` as operations see it. */
import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import {
  issueCertificate,
  issueClientCertificate,
  signRequest,
  validityYears,
  type Authority,
  type IssueTerms,
} from '#certs/authority';
import { subjectOfCertificate, yearsAfter } from '#certs/certificate';
import { CertificateError } from '#certs/certificate-error';
import { fingerprintOf, readCertificate } from '#certs/inspect';
import { readCertReqMessages } from '#certs/crmf';
import { readRequest } from '#certs/request';
import type { CertificateAuthority, CertificateHolder } from '#operations/context';
import { KmipError } from '#protocol/kmip-error';

export interface CertificationTerms {
  /** By the SHA-256 of the DER, lower-case hex. */
  hasRevoked(fingerprint: string): boolean;
  /** Where the authority's revocation list can be fetched. */
  readonly crlUrl?: string;
}

/**
 * Clients of a key server trust this authority when they look at the server's certificate: whatever a client asks for, what it
 * gets is good for a client alone. It opens no session here, since a client is known by the certificates in its record.
 */
export function certificateAuthority(
  authority: Authority,
  { hasRevoked, crlUrl }: CertificationTerms,
): CertificateAuthority {
  return {
    certificate: authority.certificate.raw,
    certify(holder, now, notAfter) {
      const terms: IssueTerms = {
        now: dateOf(now),
        purposes: ['clientAuth'],
        ...(notAfter === undefined ? {} : { notAfter: dateOf(notAfter) }),
        ...(crlUrl === undefined ? {} : { crlUrl }),
      };
      try {
        return issue(authority, holder, terms).raw;
      } catch (error) {
        if (!(error instanceof CertificateError)) throw error;
        throw new KmipError('request' in holder ? 'InvalidCSR' : 'InvalidField', error.message);
      }
    },
    hasRevoked: (certificate) => hasRevoked(fingerprintOf(certificate)),
  };
}

const dateOf = (seconds: number): Date => new Date(seconds * 1000);

function issue(authority: Authority, holder: CertificateHolder, terms: IssueTerms): X509Certificate {
  if ('request' in holder) {
    const read = holder.format === 'CRMF' ? readCertReqMessages : readRequest;
    return signRequest(authority, read(holder.request), terms);
  }
  if ('publicKey' in holder) {
    const { commonName, publicKey } = holder;
    return issueClientCertificate(authority, { commonName, publicKey: readPublicKey(publicKey) }, terms);
  }
  const held = readCertificate(holder.certificate);
  return issueCertificate(
    authority,
    { subject: subjectOfCertificate(held), publicKey: held.publicKey, names: namesOf(held) },
    { purposes: ['clientAuth'], notAfter: yearsAfter(terms.now, validityYears.client), ...terms },
  );
}

function readPublicKey(info: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(info), format: 'der', type: 'spki' });
  } catch {
    throw new CertificateError('the public key cannot be read');
  }
}

/** DNS names and IP addresses; others are dropped, as those of requests are. Node quotes what is not plain. */
const namesOf = ({ subjectAltName = '' }: X509Certificate): string[] =>
  subjectAltName.split(', ').flatMap((name) => /^(?:DNS|IP Address):([^"]+)$/.exec(name)?.[1] ?? []);
