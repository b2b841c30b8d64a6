import { Enumerated, Integer } from 'asn1js';
import { CertificateRevocationList, Extensions, RevokedCertificate } from 'pkijs';

import { OperatorError } from '#operator-error';
import { authorityIdentifier, type Authority } from './authority.ts';
import { subjectOfCertificate, timeOf } from './certificate.ts';
import { authorityKeyIdentifier, extension, Oid } from './extensions.ts';
import { writePem } from './pem.ts';
import { signStructure } from './signing.ts';

/** RFC 5280 §5.3.1, without those that only delta lists and attribute authorities know. */
const reasonCodes = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
} as const;
export type RevocationReason = keyof typeof reasonCodes;

export interface Revocation {
  /** Hexadecimal, as `factsOf` gives it. */
  readonly serialNumber: string;
  readonly revokedAt: Date;
  readonly reason?: RevocationReason;
}

export interface CrlTerms {
  /** Larger in every list than in the one before; below 2^159 (RFC 5280 §5.2.3). */
  readonly number: bigint;
  readonly thisUpdate: Date;
  /** When the next list is there at the latest: strict clients refuse everything after it. */
  readonly nextUpdate: Date;
}

/** The DER of a version 2 revocation list (RFC 5280 §5) of this authority. */
export function createCrl(authority: Authority, revocations: readonly Revocation[], terms: CrlTerms): Buffer {
  if (terms.number < 0n || terms.number >> 159n !== 0n)
    throw new OperatorError('the number of the list must be from 0 to 2^159 - 1');
  if (terms.nextUpdate <= terms.thisUpdate) throw new OperatorError('the next list must come after this one');
  const revokedCertificates = revocations.map(entryOf);
  const list = new CertificateRevocationList({
    version: 1,
    issuer: subjectOfCertificate(authority.certificate),
    thisUpdate: timeOf(terms.thisUpdate),
    nextUpdate: timeOf(terms.nextUpdate),
    // RFC 5280 §5.1.2.6: absent, not empty.
    ...(revokedCertificates.length > 0 && { revokedCertificates }),
    crlExtensions: new Extensions({
      extensions: [
        authorityKeyIdentifier(authorityIdentifier(authority)),
        extension(Oid.cRLNumber, false, Integer.fromBigInt(terms.number)),
      ],
    }),
  });
  return signStructure(list, authority.privateKey);
}

export function writeCrl(der: Uint8Array): string {
  return writePem('X509 CRL', der);
}

function entryOf({ serialNumber, revokedAt, reason = 'unspecified' }: Revocation): RevokedCertificate {
  if (!/^[0-9a-f]{1,40}$/i.test(serialNumber))
    throw new OperatorError('a serial number must have 1 to 40 hexadecimal digits');
  const code = extension(Oid.cRLReason, false, new Enumerated({ value: reasonCodes[reason] }));
  return new RevokedCertificate({
    userCertificate: Integer.fromBigInt(BigInt(`0x${serialNumber}`)),
    revocationDate: timeOf(revokedAt),
    // RFC 5280 §5.3.1: an unspecified reason is left out.
    ...(reason !== 'unspecified' && { crlEntryExtensions: new Extensions({ extensions: [code] }) }),
  });
}
