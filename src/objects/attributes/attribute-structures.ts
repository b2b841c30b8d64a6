/**
 * The attributes that are structures (KMIP 2.1 chapter 4; 1.4 chapter 3), except those that payloads and headers share.
 */
import type { Item } from '#ttlv/item';
import { atMost, itemsIn } from '#protocol/bounds';
import { anyItem, bytes, enumeration, integer, longInteger, tagText, text, type Codec } from '#protocol/codecs';
import { many, optional, required, structure } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { isAtRest, V1_1 } from '#protocol/versions';

export const name = structure('Name', {
  nameValue: required(Tag.NameValue, text),
  nameType: required(Tag.NameType, enumeration('NameType')),
});

export const cryptographicDomainParameters = structure('Cryptographic Domain Parameters', {
  qlength: optional(Tag.Qlength, integer),
  recommendedCurve: optional(Tag.RecommendedCurve, enumeration('RecommendedCurve')),
});

export const digest = structure('Digest', {
  hashingAlgorithm: required(Tag.HashingAlgorithm, enumeration('HashingAlgorithm')),
  digestValue: required(Tag.DigestValue, bytes),
  keyFormatType: optional(Tag.KeyFormatType, enumeration('KeyFormatType'), { since: V1_1 }),
});

/** Clients give total and unit; the server keeps the count (2.1 §4.59). */
export const usageLimits = structure('Usage Limits', {
  usageLimitsTotal: optional(Tag.UsageLimitsTotal, longInteger),
  usageLimitsCount: optional(Tag.UsageLimitsCount, longInteger),
  usageLimitsUnit: optional(Tag.UsageLimitsUnit, enumeration('UsageLimitsUnit')),
});
export type UsageLimits = ReturnType<typeof usageLimits.read>;

export const link = structure('Link', {
  linkType: required(Tag.LinkType, enumeration('LinkType')),
  linkedObjectIdentifier: required(Tag.LinkedObjectIdentifier, objectReference),
});
export type Link = ReturnType<typeof link.read>;

export const revocationReason = structure('Revocation Reason', {
  revocationReasonCode: required(Tag.RevocationReasonCode, enumeration('RevocationReasonCode')),
  revocationMessage: optional(Tag.RevocationMessage, text),
});

export const applicationSpecificInformation = structure('Application Specific Information', {
  applicationNamespace: required(Tag.ApplicationNamespace, text),
  applicationData: optional(Tag.ApplicationData, text),
});
export type ApplicationSpecificInformation = ReturnType<typeof applicationSpecificInformation.read>;

export const alternativeName = structure('Alternative Name', {
  alternativeNameValue: required(Tag.AlternativeNameValue, text),
  alternativeNameType: required(Tag.AlternativeNameType, enumeration('AlternativeNameType')),
});

export const keyValueLocation = structure('Key Value Location', {
  keyValueLocationValue: required(Tag.KeyValueLocationValue, text),
  keyValueLocationType: required(Tag.KeyValueLocationType, enumeration('KeyValueLocationType')),
});

export const certificateIdentifier = structure('Certificate Identifier', {
  issuer: required(Tag.Issuer, text),
  serialNumber: optional(Tag.SerialNumber, text),
});

/** Certificates of large sites have some hundreds of names. */
const alternativeNames = atMost(1000);

export const certificateSubject = structure('Certificate Subject', {
  distinguishedName: required(Tag.CertificateSubjectDistinguishedName, text),
  alternativeName: many(Tag.CertificateSubjectAlternativeName, text, alternativeNames),
});

export const certificateIssuer = structure('Certificate Issuer', {
  distinguishedName: required(Tag.CertificateIssuerDistinguishedName, text),
  alternativeName: many(Tag.CertificateIssuerAlternativeName, text, alternativeNames),
});

export const x509CertificateIdentifier = structure('X.509 Certificate Identifier', {
  issuerDistinguishedName: required(Tag.IssuerDistinguishedName, bytes),
  certificateSerialNumber: required(Tag.CertificateSerialNumber, bytes),
});

export const x509CertificateSubject = structure('X.509 Certificate Subject', {
  subjectDistinguishedName: required(Tag.SubjectDistinguishedName, bytes),
  subjectAlternativeName: many(Tag.SubjectAlternativeName, bytes, alternativeNames),
});

export const x509CertificateIssuer = structure('X.509 Certificate Issuer', {
  issuerDistinguishedName: required(Tag.IssuerDistinguishedName, bytes),
  issuerAlternativeName: many(Tag.IssuerAlternativeName, bytes, alternativeNames),
});

export const rotateName = structure('Rotate Name', {
  rotateNameValue: required(Tag.RotateNameValue, text),
  rotateNameType: required(Tag.RotateNameType, enumeration('RotateNameType')),
});

/** Structures in custom attributes have some tens of items. */
const maximumItemsOfValue = 1000;

/** The value of a custom attribute: any item, bounded so that comparing it takes little time. */
export const vendorValue: Codec<Item> = {
  ...anyItem,
  read(item, version) {
    if (!isAtRest(version) && itemsIn(item, maximumItemsOfValue) > maximumItemsOfValue) {
      throw new KmipError(
        'ServerLimitExceeded',
        `${tagText(Tag.AttributeValue)} must hold at most ${maximumItemsOfValue} items`,
      );
    }
    return item;
  },
};

/**
 * Custom attributes: Attribute of 2.x with its Vendor Identification (2.1 §4.60). A Custom Attribute of 1.x (1.4 §3.39)
 * has the Vendor Identification "x" (of clients) or "y" (of the server), as its name begins.
 */
export const vendorAttribute = structure('Attribute', {
  vendorIdentification: required(Tag.VendorIdentification, text),
  attributeName: required(Tag.AttributeName, text),
  attributeValue: required(Tag.AttributeValue, vendorValue),
});
export type VendorAttribute = ReturnType<typeof vendorAttribute.read>;
