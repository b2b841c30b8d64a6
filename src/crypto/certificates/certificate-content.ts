/** What a certificate or a request for one says of itself (RFC 5280 §4.1, RFC 2986 §4.1). Whether anybody should believe it is not asked here. */
import { X509Certificate } from 'node:crypto';
import { Boolean as Asn1Boolean, type AsnType } from 'asn1js';
import type { EnumerationValue } from '#protocol/enumerations';
import type { PublicKey } from '#crypto/keys/asymmetric-key';
import {
  bitsOf,
  childrenOf,
  integerOf,
  invalid,
  isTagged,
  octetsOf,
  oidOf,
  readDer,
  toDer,
  within,
  type DerBounds,
} from '#crypto/keys/der';
import { alternativeNameText, attributesOfName, type NameAttribute } from './distinguished-names.ts';
import { readPublicInfo } from '#crypto/keys/key-containers';

/** Real ones have one to four KiB. */
const ofCertificates: DerBounds = { bytes: 64 * 1024, depth: 24, nodes: 4000 };

export type DigitalSignatureAlgorithm = EnumerationValue<'DigitalSignatureAlgorithm'>;

/** RFC 8017 appendix A.2, RFC 3279 §2.2, RFC 5758. */
const signatureAlgorithms: { readonly [oid: string]: DigitalSignatureAlgorithm } = {
  '1.2.840.113549.1.1.2': 'MD2WithRSAEncryption',
  '1.2.840.113549.1.1.4': 'MD5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'SHA_1WithRSAEncryption',
  '1.2.840.113549.1.1.14': 'SHA_224WithRSAEncryption',
  '1.2.840.113549.1.1.11': 'SHA_256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'SHA_384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'SHA_512WithRSAEncryption',
  '1.2.840.113549.1.1.10': 'RSASSA_PSS',
  '1.2.840.10040.4.3': 'DSAWithSHA_1',
  '2.16.840.1.101.3.4.3.1': 'DSAWithSHA224',
  '2.16.840.1.101.3.4.3.2': 'DSAWithSHA256',
  '1.2.840.10045.4.1': 'ECDSAWithSHA_1',
  '1.2.840.10045.4.3.1': 'ECDSAWithSHA224',
  '1.2.840.10045.4.3.2': 'ECDSAWithSHA256',
  '1.2.840.10045.4.3.3': 'ECDSAWithSHA384',
  '1.2.840.10045.4.3.4': 'ECDSAWithSHA512',
  '2.16.840.1.101.3.4.3.14': 'SHA3_256WithRSAEncryption',
  '2.16.840.1.101.3.4.3.15': 'SHA3_384WithRSAEncryption',
  '2.16.840.1.101.3.4.3.16': 'SHA3_512WithRSAEncryption',
};

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
  /** Undefined when KMIP has no word for it. */
  readonly signatureAlgorithm: DigitalSignatureAlgorithm | undefined;
  /** Undefined when nothing here can read keys of its kind. */
  readonly publicKey: PublicKey | undefined;
  /** The numbers of the bits of Key Usage that are set (RFC 5280 §4.2.1.3); undefined without the extension. */
  readonly keyUsage: readonly number[] | undefined;
}

/** @throws KmipError InvalidField for what is not exactly one X.509 certificate in DER. */
export function readCertificateContent(bytes: Uint8Array): CertificateContent {
  const what = 'the certificate';
  const [signed, , , more] = childrenOf(readDer(bytes, what, ofCertificates), what);
  if (more !== undefined || !isReadable(bytes)) throw invalid(`${what} is no X.509 certificate`);
  const fields = childrenOf(signed, what);
  // The version, [0], is left out of version 1.
  const [serial, signature, issuer, , subject, publicKey] =
    fields[0] !== undefined && isTagged(fields[0], 0) ? fields.slice(1) : fields;
  integerOf(serial, what);
  const extensions = extensionsOf(fields.find((each) => isTagged(each, 3)));
  return {
    serialNumber: Uint8Array.from(
      (serial as unknown as { valueBlock: { valueHexView: Uint8Array } }).valueBlock.valueHexView,
    ),
    issuer: nameFacts(issuer, extensions.get(extensionOids.issuerAltName)),
    subject: nameFacts(subject, extensions.get(extensionOids.subjectAltName)),
    signatureAlgorithm: signatureAlgorithms[oidOf(childrenOf(signature, what)[0], what)],
    publicKey: publicKeyOf(publicKey),
    keyUsage: keyUsageOf(extensions.get(extensionOids.keyUsage)),
  };
}

/** OpenSSL has the last word on what a certificate is. */
function isReadable(bytes: Uint8Array): boolean {
  try {
    return new X509Certificate(bytes).raw.length === bytes.length;
  } catch {
    return false;
  }
}

/** The public key that a PKCS#10 request is for. @throws KmipError InvalidField when it is none. */
export function readRequestKey(bytes: Uint8Array): PublicKey | undefined {
  const what = 'the certificate request';
  const [info, algorithm, signature, more] = childrenOf(readDer(bytes, what, ofCertificates), what);
  const [version, subject, publicKey] = childrenOf(info, what);
  integerOf(version, what);
  attributesOfName(subject);
  childrenOf(algorithm, what);
  bitsOf(signature, what);
  if (publicKey === undefined || more !== undefined) throw invalid(`${what} is no PKCS#10 request`);
  return publicKeyOf(publicKey);
}

/** A certificate for a kind of key that nobody here knows is a certificate all the same. */
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
  const names = alternatives === undefined ? [] : childrenOf(readDer(alternatives, what, ofCertificates), what);
  return {
    // `attributesOfName` has refused what is no name.
    der: toDer(name as AsnType),
    attributes,
    alternatives: names.map(toDer),
    alternativeTexts: names.flatMap((each) => alternativeNameText(each) ?? []),
  };
}

/** By object identifier; of one that is there twice, which RFC 5280 §4.2 forbids, the first. */
function extensionsOf(block: AsnType | undefined): ReadonlyMap<string, Uint8Array> {
  const what = 'the extensions of the certificate';
  const found = new Map<string, Uint8Array>();
  for (const extension of block === undefined ? [] : childrenOf(within(block), what)) {
    const [oid, second, third] = childrenOf(extension, what);
    const value = second instanceof Asn1Boolean ? third : second;
    const name = oidOf(oid, what);
    if (!found.has(name)) found.set(name, octetsOf(value, what));
  }
  return found;
}

function keyUsageOf(extension: Uint8Array | undefined): number[] | undefined {
  if (extension === undefined) return undefined;
  // BIT STRING (X.690 §8.6): tag, length, unused bits, and then bit 0 is the highest of the first byte.
  const bytes = extension.subarray(3);
  return Array.from({ length: Math.min(9, bytes.length * 8) }, (_, bit) => bit).filter(
    (bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0,
  );
}
