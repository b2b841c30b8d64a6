/**
 * The fields of a certificate and of its extensions (RFC 5280 §4.1, §4.2), as encodings: the one reader of both. What
 * they mean is read in certificate-content.ts, and in #certs where certificates are issued.
 */
import { X509Certificate } from 'node:crypto';
import { Boolean as Asn1Boolean, type AsnType } from 'asn1js';
import { childrenOf, derRules, integerOf, isTagged, octetsOf, oidOf, readDer, explicitValueOf } from '#crypto/der';
import { invalidField } from '#crypto/refusals';

export interface CertificateFields {
  /** The octets of the INTEGER. */
  readonly serialNumber: Uint8Array;
  readonly signatureAlgorithm: AsnType | undefined;
  readonly issuer: AsnType | undefined;
  readonly subject: AsnType | undefined;
  readonly publicKey: AsnType | undefined;
  /** In their order. */
  readonly extensions: readonly ExtensionFields[];
}

export interface ExtensionFields {
  readonly oid: string;
  readonly value: Uint8Array;
}

/** @throws KmipError InvalidField for anything but exactly one X.509 certificate in DER. */
export function readCertificateFields(bytes: Uint8Array): CertificateFields {
  const what = 'the certificate';
  const [signed, , , more] = childrenOf(readDer(bytes, what, derRules.certificate), what);
  if (more !== undefined || !isReadable(bytes)) throw invalidField(`${what} must be an X.509 certificate`);
  const fields = childrenOf(signed, what);
  // The version, [0], is left out of version 1.
  const [serial, signatureAlgorithm, issuer, , subject, publicKey] =
    fields[0] !== undefined && isTagged(fields[0], 0) ? fields.slice(1) : fields;
  const extensions = fields.find((each) => isTagged(each, 3));
  return {
    serialNumber: integerBytesOf(serial, what),
    ...{ signatureAlgorithm, issuer, subject, publicKey },
    extensions: extensions === undefined ? [] : extensionsIn(explicitValueOf(extensions), what),
  };
}

function integerBytesOf(block: AsnType | undefined, what: string): Uint8Array {
  integerOf(block, what);
  return Uint8Array.from((block as unknown as { valueBlock: { valueHexView: Uint8Array } }).valueBlock.valueHexView);
}

/** OpenSSL decides whether it is a certificate. */
function isReadable(bytes: Uint8Array): boolean {
  try {
    return new X509Certificate(bytes).raw.length === bytes.length;
  } catch {
    return false;
  }
}

/** An Extensions of RFC 5280 §4.2. @throws KmipError InvalidField. */
export function extensionsIn(block: AsnType | undefined, what: string): ExtensionFields[] {
  return childrenOf(block, `the extensions of ${what}`).map((extension) => {
    const each = `an extension of ${what}`;
    const [oid, second, third] = childrenOf(extension, each);
    return { oid: oidOf(oid, each), value: octetsOf(second instanceof Asn1Boolean ? third : second, each) };
  });
}
