/** The certificate authority of `certs` as operations see it. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Authority } from '#certs/authority';
import { certifyHolder, holderOf, type CertifyTerms, type Holder, type OwnIdentity } from '#certs/certify';
import { fingerprintOf, readCertificate } from '#certs/inspect';
import { readCertReqMessages } from '#certs/crmf';
import { subjectOf } from '#certs/certificate-names';
import { readRequest } from '#certs/request';
import { serverNames } from '#certs/server-names';
import type { CertificateAuthority, CertificateHolder } from '#operations/context';
import { KmipError } from '#protocol/kmip-error';
import { OperatorError } from '#operator-error';

export interface CertificationTerms {
  /** By the SHA-256 of the DER, lower-case hex. */
  hasRevoked(fingerprint: string): boolean | Promise<boolean>;
  /** Where the authority's revocation list can be fetched. */
  readonly crlUrl?: string;
  /** The longest validity, a year when absent. */
  readonly days?: number;
  /** Asked each time, since a server's certificate is renewed while it runs. */
  ownIdentity?(): OwnIdentity;
  /** The authorities of the server and its clients: chains may end there too. */
  readonly others?: readonly Authority[];
}

const noIdentity: OwnIdentity = { serverNames: serverNames([]), ownKeys: [] };

/**
 * Clients of a key server trust another authority when they look at the server's certificate, and never this one:
 * whatever a client asks for, what it gets passes for no server. It opens no session here either, since a client is
 * known by the certificates in its record.
 */
export function certificateAuthority(
  authority: Authority,
  { hasRevoked, crlUrl, days = 365, ownIdentity = () => noIdentity, others = [] }: CertificationTerms,
): CertificateAuthority {
  const authorities = [authority, ...others];
  const authorityKeys = authorities.map(({ certificate }) => certificate.publicKey);
  return {
    certificates: authorities.map(({ certificate }) => certificate.raw),
    certify(holder, now, notAfter) {
      const { serverNames: names, ownKeys } = ownIdentity();
      const terms: CertifyTerms = {
        now: dateOf(now),
        maximumDays: days,
        serverNames: names,
        ownKeys: [...authorityKeys, ...ownKeys],
        ...(notAfter === undefined ? {} : { notAfter: dateOf(notAfter) }),
        ...(crlUrl === undefined ? {} : { crlUrl }),
      };
      try {
        return certifyHolder(authority, read(holder), terms).raw;
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        throw new KmipError('request' in holder ? 'InvalidCSR' : 'InvalidField', error.message);
      }
    },
    hasRevoked: async (certificate) => await hasRevoked(fingerprintOf(certificate)),
  };
}

const dateOf = (seconds: number): Date => new Date(seconds * 1000);

function read(holder: CertificateHolder): Holder {
  if ('request' in holder) {
    return holder.format === 'CRMF' ? readCertReqMessages(holder.request) : readRequest(holder.request);
  }
  if ('certificate' in holder) return holderOf(readCertificate(holder.certificate));
  const { commonName, publicKey } = holder;
  return { subject: subjectOf(commonName), publicKey: readPublicKey(publicKey), names: [], dropped: [] };
}

function readPublicKey(info: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(info), format: 'der', type: 'spki' });
  } catch {
    throw new OperatorError('the public key cannot be read');
  }
}
