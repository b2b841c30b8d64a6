/**
 * What a certificate or a request for one says (RFC 5280 §4.1, RFC 2986 §4.1). Its signature is not checked.
 */
import type { AsnType } from 'asn1js';
import type { PublicKey } from '#crypto/keys/asymmetric-key';
import { bitsOf, childrenOf, derRules, integerOf, oidOf, readDer, toDer } from '#crypto/der';
import { invalidField } from '#crypto/refusals';
import { readPublicInfo } from '#crypto/keys/key-containers';
import { signatureAlgorithmByOid, type DigitalSignatureAlgorithm } from '#crypto/signatures/signature-algorithms';
import { readCertificateFields, type ExtensionFields } from './certificate-fields.ts';
import { alternativeNameText, attributesOfName, type NameAttribute } from './distinguished-names.ts';

const extensionOids = { subjectAltName: '2.5.29.17', issuerAltName: '2.5.29.18', keyUsage: '2.5.29.15' } as const;

/** A name and its alternatives, as DER and as text. */
export interface NameFacts {
  readonly der: Uint8Array;
  readonly attributes: readonly NameAttribute[];
  readonly alternatives: readonly Uint8Array[];
  readonly alternativeTexts: readonly string[];
}

export interface CertificateContent {
  /** The octets of the INTEGER. */
  readonly serialNumber: Uint8Array;
  readonly issuer: NameFacts;
  readonly subject: NameFacts;
  /** Undefined when KMIP does not name it. */
  readonly signatureAlgorithm: DigitalSignatureAlgorithm | undefined;
  /** Undefined when keys of its kind are not supported. */
  readonly publicKey: PublicKey | undefined;
  /** The numbers of the bits of Key Usage that are set (RFC 5280 §4.2.1.3); undefined without the extension. */
  readonly keyUsage: readonly number[] | undefined;
}

/** @throws KmipError InvalidField for anything but exactly one X.509 certificate in DER. */
export function readCertificateContent(bytes: Uint8Array): CertificateContent {
  const { serialNumber, signatureAlgorithm, issuer, subject, publicKey, extensions } = readCertificateFields(bytes);
  const what = 'the certificate';
  return {
    serialNumber,
    issuer: nameFacts(issuer, valueOf(extensions, extensionOids.issuerAltName)),
    subject: nameFacts(subject, valueOf(extensions, extensionOids.subjectAltName)),
    signatureAlgorithm: signatureAlgorithmByOid(oidOf(childrenOf(signatureAlgorithm, what)[0], what))?.name,
    publicKey: publicKeyOf(publicKey),
    keyUsage: keyUsageOf(valueOf(extensions, extensionOids.keyUsage)),
  };
}

/** Of an extension that is there twice, which RFC 5280 §4.2 forbids, the first. */
const valueOf = (extensions: readonly ExtensionFields[], oid: string): Uint8Array | undefined =>
  extensions.find((each) => each.oid === oid)?.value;

/** The public key that a PKCS#10 request is for. @throws KmipError InvalidField for anything else. */
export function readRequestKey(bytes: Uint8Array): PublicKey | undefined {
  const what = 'the certificate request';
  const [info, algorithm, signature, more] = childrenOf(readDer(bytes, what, derRules.certificate), what);
  const [version, subject, publicKey] = childrenOf(info, what);
  integerOf(version, what);
  attributesOfName(subject);
  childrenOf(algorithm, what);
  bitsOf(signature, what);
  if (publicKey === undefined || more !== undefined) throw invalidField(`${what} must be a PKCS#10 request`);
  return publicKeyOf(publicKey);
}

/** A certificate for an unsupported kind of key is a certificate all the same. */
function publicKeyOf(block: AsnType | undefined): PublicKey | undefined {
  if (block === undefined) return undefined;
  try {
    return readPublicInfo(toDer(block));
  } catch {
    return undefined;
  }
}

function nameFacts(name: AsnType | undefined, alternatives: Uint8Array | undefined): NameFacts {
  const attributes = attributesOfName(name);
  const what = 'the alternative names of the certificate';
  const names = alternatives === undefined ? [] : childrenOf(readDer(alternatives, what, derRules.certificate), what);
  return {
    // `attributesOfName` has refused anything but a name.
    der: toDer(name as AsnType),
    attributes,
    alternatives: names.map(toDer),
    alternativeTexts: names.flatMap((each) => alternativeNameText(each) ?? []),
  };
}

function keyUsageOf(extension: Uint8Array | undefined): number[] | undefined {
  if (extension === undefined) return undefined;
  // BIT STRING (X.690 §8.6): tag, length, unused bits, and then bit 0 is the highest of the first byte.
  const bytes = extension.subarray(3);
  return Array.from({ length: Math.min(9, bytes.length * 8) }, (_, bit) => bit).filter(
    (bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0,
  );
}
