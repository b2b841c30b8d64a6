/** Which certificates a client may bring: the requirements of its key, and whose certificate it must not be. */
import type { X509Certificate } from 'node:crypto';

import { factsOf, isIssuedBy, validityAt } from '#certs/inspect';
import { nameOfAcceptableKey } from '#certs/keys';
import { readCertificateContent } from '#crypto/certificates/certificate-content';
import { OperatorError } from '#operator-error';

import { assertForeignKey, type IdentityPorts } from '#administration/own-identity';

/** @returns what the operator should know. Throws OperatorError. */
export async function assertBindable(
  ports: IdentityPorts & { now(): number },
  certificate: X509Certificate,
): Promise<readonly string[]> {
  const warnings = judgeCertificate(certificate, new Date(ports.now()));
  await assertForeignKey(ports, certificate.publicKey);
  return warnings;
}

/**
 * The certificate is later identified by its SHA-256, so the hash in its signature protects nothing: SHA-1, which old
 * arrays use, is accepted with a warning. MD5 is refused, because TLS libraries refuse it. vCenter brings its own root,
 * which is a self-signed authority.
 */
export function judgeCertificate(certificate: X509Certificate, now: Date): readonly string[] {
  const facts = factsOf(certificate);
  nameOfAcceptableKey(facts.publicKey);
  if (certificate.ca && !isIssuedBy(certificate, certificate)) {
    throw new OperatorError(
      'the certificate is that of an authority, and not self-signed',
      "bind the client's own certificate: the first one of a chain",
    );
  }
  const validity = validityAt(facts, now);
  if (validity === 'expired') {
    throw new OperatorError(
      `the certificate ended at ${facts.notAfter.toISOString()}`,
      'make one that is valid, or check the clock of this machine',
    );
  }
  const algorithm = readCertificateContent(certificate.raw).signatureAlgorithm ?? '';
  if (/^MD[25]/.test(algorithm)) {
    throw new OperatorError('the certificate is signed with MD5 or MD2', 'sign it with SHA-256');
  }
  return [
    ...(validity === 'valid' ? [] : [`the certificate is ${validity}`]),
    ...(/SHA_1/.test(algorithm) ? ['the certificate is signed with SHA-1: replace it when the product can'] : []),
  ];
}
