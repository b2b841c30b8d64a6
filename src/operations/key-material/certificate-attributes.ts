/**
 * The attributes that the server derives from a certificate (KMIP 2.1 §4.6 to §4.8, §4.22, §4.61 to §4.63; 1.4 §3.8 to
 * §3.16).
 */
import { isDeepStrictEqual } from 'node:util';
import { familyOf, type PublicKey } from '#crypto/keys/asymmetric-key';
import type { NameFacts } from '#crypto/certificates/certificate-content';
import { nameParts, nameText } from '#crypto/certificates/distinguished-names';
import { lengthOf } from '#crypto/keys/key-formats';
import { readPgpCertificate } from '#crypto/certificates/pgp-certificate';
import { attributeRow, type AttributeKey, type Attributes } from '#objects/attributes/attributes';
import type { ObjectStructure } from '#objects/object-structure';
import { maskBit, type MaskName } from '#protocol/enumerations';
import { maximumTextLength } from '#protocol/codecs';
import { KmipError } from '#protocol/kmip-error';
import type { Context } from '#operations/context';

type Certificate = Extract<ObjectStructure, { readonly objectType: 'Certificate' }>;

export async function attributesOfCertificate(
  certificate: Certificate,
  given: Attributes,
  context: Context,
): Promise<Attributes> {
  const { certificateType, certificateValue } = certificate;
  const outside: Attributes = { certificateType, certificateLength: certificateValue.length };
  checkGiven(outside, given);
  if (certificateType !== 'X_509') return { ...outside, ...attributesOfPgp(certificateValue, given) };
  const { issuer, subject, serialNumber, signatureAlgorithm, publicKey, keyUsage } = await context.heavily(
    'readCertificate',
    certificateValue,
  );
  const inside: Attributes = {
    ...attributesOfKeyWithin(publicKey),
    ...(signatureAlgorithm === undefined ? {} : { digitalSignatureAlgorithm: [signatureAlgorithm] }),
  };
  checkGiven(inside, given);
  return withinBounds({
    ...outside,
    ...inside,
    keyFormatType: 'X_509',
    ...(keyUsage === undefined ? {} : { cryptographicUsageMask: usageMask(keyUsage) }),
    certificateIdentifier: {
      issuer: nameText(issuer.attributes),
      serialNumber: Buffer.from(serialNumber).toString('hex'),
    },
    certificateSubject: {
      distinguishedName: nameText(subject.attributes),
      alternativeName: subject.alternativeTexts,
    },
    certificateIssuer: { distinguishedName: nameText(issuer.attributes), alternativeName: issuer.alternativeTexts },
    x509CertificateIdentifier: { issuerDistinguishedName: issuer.der, certificateSerialNumber: serialNumber },
    x509CertificateSubject: { subjectDistinguishedName: subject.der, subjectAlternativeName: subject.alternatives },
    x509CertificateIssuer: { issuerDistinguishedName: issuer.der, issuerAlternativeName: issuer.alternatives },
    ...partsOf('certificateSubject', subject),
    ...partsOf('certificateIssuer', issuer),
  });
}

/**
 * For a PGP certificate, "the Issuer contains the OpenPGP Key ID of the key issuing the signature", and the subject
 * "the content of the first User ID packet" (1.4 §3.13, §3.14). Other bytes are stored unchanged, with only type and
 * length as attributes.
 */
function attributesOfPgp(value: Uint8Array, given: Attributes): Attributes {
  const content = readPgpCertificate(value);
  if (content === undefined) return {};
  const { userId, issuerKeyId, signatureAlgorithm, key } = content;
  const inside: Attributes = {
    ...(key === undefined ? {} : { cryptographicAlgorithm: key.algorithm, cryptographicLength: key.bits }),
    ...(signatureAlgorithm === undefined ? {} : { digitalSignatureAlgorithm: [signatureAlgorithm] }),
  };
  checkGiven(inside, given);
  return withinBounds({
    ...inside,
    certificateIdentifier: { issuer: issuerKeyId },
    certificateSubject: { distinguishedName: userId, alternativeName: [] },
    certificateIssuer: { distinguishedName: issuerKeyId, alternativeName: [] },
  });
}

/** A text longer than the bound on the wire could be stored but not read back. @throws KmipError InvalidField. */
function withinBounds(found: Attributes): Attributes {
  for (const [key, value] of Object.entries(found)) {
    if (longestText(value) <= maximumTextLength) continue;
    const { name } = attributeRow(key as AttributeKey);
    throw new KmipError('InvalidField', `${name} of the Certificate must be at most ${maximumTextLength} characters`);
  }
  return found;
}

function longestText(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  return Object.values(value).reduce<number>((longest, each) => Math.max(longest, longestText(each)), 0);
}

/** "Cryptographic Length is the length in bits of the public key contained within the Certificate" (2.1 §4.15). */
export const attributesOfKeyWithin = (key: PublicKey | undefined): Attributes =>
  key === undefined
    ? {}
    : { cryptographicAlgorithm: key.family === 'EC' ? 'ECDSA' : key.family, cryptographicLength: lengthOf(key) };

/**
 * Clients of 1.x give some of these attributes themselves (1.4 §4.3, table 171): their values must match the
 * certificate.
 */
function checkGiven(found: Attributes, given: Attributes): void {
  for (const key of Object.keys(found) as AttributeKey[]) {
    if (given[key] === undefined || isDeepStrictEqual(given[key], found[key])) continue;
    // An EC key may be for any algorithm of its family.
    if (key === 'cryptographicAlgorithm' && familyOf(given[key] ?? '') === familyOf(found[key] ?? '')) continue;
    throw new KmipError('InvalidAttributeValue', `${attributeRow(key).name} does not match the Certificate`);
  }
}

/** The Certificate Attributes, one for each part of a name that the standard has, in the order of the name. */
function partsOf(whose: 'certificateSubject' | 'certificateIssuer', { attributes }: NameFacts): Attributes {
  const parts: { [key: string]: string[] } = {};
  for (const { oid, value } of attributes) {
    const part = nameParts[oid as keyof typeof nameParts] as string | undefined;
    if (part !== undefined) (parts[whose + part] ??= []).push(value);
  }
  return parts;
}

/**
 * The bits of Key Usage (RFC 5280 §4.2.1.3), and what each means in a Cryptographic Usage Mask for a public key (1.4
 * §3.19, table 96).
 */
const usageOfBits: readonly string[] = [
  'Verify',
  'ContentCommitmentNonRepudiation',
  'WrapKey',
  'Encrypt',
  'KeyAgreement',
  'CertificateSign',
  'CRLSign',
  'Encrypt',
  'Decrypt',
];

const usageMaskName: MaskName = 'CryptographicUsageMask';

const usageMask = (bits: readonly number[]): number =>
  bits.reduce((mask, bit) => mask | (maskBit(usageMaskName, usageOfBits[bit] ?? '') ?? 0), 0);
