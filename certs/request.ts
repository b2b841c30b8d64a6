import type { AsnType } from 'asn1js';
import { CertificationRequest } from 'pkijs';

import { derRules, readDer } from '#crypto/der';
import { OperatorError } from '#operator-error';
import { derOf } from './pem.ts';
import { grantable, maximumRequestBytes, unreadableRequest, type CertificateRequest } from './request-content.ts';

/** Certification requests (PKCS#10, RFC 2986), as appliances make them. */

const pemLabels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];
/** RFC 2985 §5.4.2 extensionRequest. */
const extensionRequest = '1.2.840.113549.1.9.14';

/** Reads PEM or DER. Throws an OperatorError for broken encodings, unacceptable keys and signatures of another key. */
export function readRequest(input: string | Uint8Array): CertificateRequest {
  const der = derOf(input, 'request', pemLabels, maximumRequestBytes, { single: true });
  const request = parse(der);
  return grantable({
    subject: request.subject,
    key: request.subjectPublicKeyInfo,
    extensions: wishesIn(request),
    signed: request,
  });
}

/** Extensions are requested once: those in a second place would be ignored. */
function wishesIn({ attributes = [] }: CertificationRequest): AsnType | undefined {
  const wishes = attributes.filter(({ type }) => type === extensionRequest).flatMap(({ values }) => values);
  if (wishes.length > 1) throw new OperatorError('the request must ask for extensions in one place only');
  return wishes[0] as AsnType | undefined;
}

/** pkijs throws errors of many kinds at broken input: they all mean the same. */
function parse(der: Buffer): CertificationRequest {
  try {
    return new CertificationRequest({ schema: readDer(der, 'the request', derRules.request) });
  } catch {
    throw unreadableRequest('openssl req -in FILE -noout -text shows whether the file is complete');
  }
}
