/** Certification requests (PKCS#10, RFC 2986) for tests. */
import { Attribute, CertificationRequest, Extensions } from 'pkijs';
import { publicKeyInfo } from '#certs/certificate';
import { extKeyUsage, subjectAltName, type Purpose } from '#certs/extensions';
import type { KeyPair } from '#certs/keys';
import { alternativeNames, subjectOf } from '#certs/certificate-names';
import { writePem } from '#certs/pem';
import { signStructure } from '#certs/signing';

/** RFC 2985 §5.4.2 extensionRequest. */
const extensionRequest = '1.2.840.113549.1.9.14';

export interface RequestedContent {
  readonly commonName: string;
  readonly names?: readonly string[];
  readonly purposes?: readonly Purpose[];
}

/** A request in PEM, signed with the key it is for. */
export function createRequest(content: RequestedContent, keys: KeyPair): string {
  const extensions = [
    ...(content.names ? [subjectAltName(alternativeNames(content.names))] : []),
    ...(content.purposes ? [extKeyUsage(content.purposes)] : []),
  ];
  const wishes = new Attribute({ type: extensionRequest, values: [new Extensions({ extensions }).toSchema()] });
  const request = new CertificationRequest({
    subject: subjectOf(content.commonName),
    subjectPublicKeyInfo: publicKeyInfo(keys.publicKey),
    attributes: extensions.length > 0 ? [wishes] : [],
  });
  return writePem('CERTIFICATE REQUEST', signStructure(request, keys.privateKey));
}
