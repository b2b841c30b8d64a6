/**
 * THE attribute table: every attribute of KMIP 1.0 to 2.1 (2.1 chapter 4; 1.4 chapter 3), one row each. Its type, both wire shapes,
 * the rules, Locate, Get Attribute List and the documentation are read from here.
 */
import { encode } from '#ttlv/encode';
import {
  boolean,
  bytes,
  dateTime,
  anyItem,
  enumeration,
  integer,
  interval,
  longInteger,
  mask,
  text,
  type Codec,
} from '#protocol/codecs';
import type { EnumerationValue } from '#protocol/enumerations';
import { many, optional, required, structure } from '#protocol/fields';
import { cryptographicParameters, objectReference, rngParameters, uniqueIdentifier } from '#protocol/structures';
import { Tag, tagName, tags } from '#protocol/tags';
import { V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, type Range } from '#protocol/versions';
import { atLeast, equalsEach, fieldsMatch, hasAllBits, withinRange, type Matcher } from './matching.ts';

export type ObjectType = EnumerationValue<'ObjectType'>;

/** When a client may change what is there: the state comes from the clock, `unlessReached` also looks at the held date. */
export type Modifiable =
  'never' | 'inAnyState' | 'whilePreActive' | 'untilDeactivated' | 'untilReached' | 'untilAllocated';

export interface AttributeRow<T = unknown, M extends boolean = boolean> extends Range {
  /** What 1.x calls it in an Attribute Name. */
  readonly name: string;
  readonly tag: number;
  readonly codec: Codec<T>;
  /** Several instances on one object. */
  readonly multiple: M;
  /**
   * Who gives the first value. 'creation': the server's by the table, taken from the request that creates or registers the object,
   * fixed from then on.
   */
  readonly setBy: 'client' | 'server' | 'either' | 'creation';
  readonly modifiable: Modifiable;
  readonly deletable: boolean;
  readonly objects: ReadonlySet<ObjectType>;
  /** Given out when a client names it, and left out of "all attributes": there are clients that lose an answer that holds it. */
  readonly onlyByName?: true;
  /**
   * How Locate compares; `index` makes of a held or (perhaps partly) asked value what an index term is made of. Undefined when it would not narrow, or when
   * values that match have another: then nothing is passed over.
   */
  readonly matches: Matcher;
  readonly index?: (value: Partial<T>) => string | undefined;
}

const types = (...list: ObjectType[]): ReadonlySet<ObjectType> => new Set(list);
const keys: ObjectType[] = ['SymmetricKey', 'PublicKey', 'PrivateKey', 'SplitKey', 'PGPKey'];
/** Errata 01 of 1.4: an Opaque Object may be a Managed Cryptographic Object, and is treated as one for attributes. */
const cryptographic = types(...keys, 'Certificate', 'SecretData', 'OpaqueObject', 'CertificateRequest');
const everything = types(...cryptographic, 'Template');
/** With Templates, which hold what objects made from them get. */
const cryptographicAndTemplates = everything;
const withMaterial = types('SymmetricKey', 'PrivateKey', 'SplitKey', 'SecretData', 'Template');
const certificates = types('Certificate', 'PGPKey');
const keyPairs = types('PublicKey', 'PrivateKey', 'Template');

// Named groups of columns.
const byServer = { setBy: 'server', modifiable: 'never', deletable: false } as const;
const atCreation = { setBy: 'creation', modifiable: 'never', deletable: false } as const;
const fixed = { setBy: 'either', modifiable: 'never', deletable: false } as const;
const byClient = { setBy: 'either', modifiable: 'inAnyState', deletable: true } as const;
const flag = { setBy: 'either', modifiable: 'inAnyState', deletable: false } as const;

type Columns<M extends boolean> = Partial<Range> & {
  readonly setBy: AttributeRow['setBy'];
  readonly modifiable: Modifiable;
  readonly deletable: boolean;
  readonly multiple?: M;
  readonly objects?: ReadonlySet<ObjectType>;
  readonly matches?: Matcher;
  readonly onlyByName?: true;
};

/** The name is the tag's; most rows need no more than a tag, a codec and a group. */
function row<T, M extends boolean = false>(
  tag: number,
  codec: Codec<T>,
  columns: Columns<M>,
  index?: (value: Partial<T>) => string | undefined,
): AttributeRow<T, M> {
  const key = tagName(tag);
  if (key === undefined) throw new Error(`tag ${tag.toString(16)} has no row`);
  return {
    since: V1_0,
    objects: everything,
    matches: equalsEach,
    ...columns,
    multiple: (columns.multiple ?? false) as M,
    name: tags[key].name,
    tag,
    codec,
    ...(index === undefined ? {} : { index }),
  };
}

const multiple = { multiple: true } as const;
const dates = { matches: withinRange } as const;

const name = structure('Name', {
  nameValue: required(Tag.NameValue, text),
  nameType: required(Tag.NameType, enumeration('NameType')),
});
const cryptographicDomainParameters = structure('Cryptographic Domain Parameters', {
  qlength: optional(Tag.Qlength, integer),
  recommendedCurve: optional(Tag.RecommendedCurve, enumeration('RecommendedCurve')),
});
const digest = structure('Digest', {
  hashingAlgorithm: required(Tag.HashingAlgorithm, enumeration('HashingAlgorithm')),
  digestValue: required(Tag.DigestValue, bytes),
  keyFormatType: optional(Tag.KeyFormatType, enumeration('KeyFormatType'), { since: V1_1 }),
});
/** Clients give total and unit; the server keeps the count (2.1 §4.59). */
const usageLimits = structure('Usage Limits', {
  usageLimitsTotal: optional(Tag.UsageLimitsTotal, longInteger),
  usageLimitsCount: optional(Tag.UsageLimitsCount, longInteger),
  usageLimitsUnit: optional(Tag.UsageLimitsUnit, enumeration('UsageLimitsUnit')),
});
const link = structure('Link', {
  linkType: required(Tag.LinkType, enumeration('LinkType')),
  linkedObjectIdentifier: required(Tag.LinkedObjectIdentifier, objectReference),
});
const revocationReason = structure('Revocation Reason', {
  revocationReasonCode: required(Tag.RevocationReasonCode, enumeration('RevocationReasonCode')),
  revocationMessage: optional(Tag.RevocationMessage, text),
});
const applicationSpecificInformation = structure('Application Specific Information', {
  applicationNamespace: required(Tag.ApplicationNamespace, text),
  applicationData: optional(Tag.ApplicationData, text),
});
const alternativeName = structure('Alternative Name', {
  alternativeNameValue: required(Tag.AlternativeNameValue, text),
  alternativeNameType: required(Tag.AlternativeNameType, enumeration('AlternativeNameType')),
});
const keyValueLocation = structure('Key Value Location', {
  keyValueLocationValue: required(Tag.KeyValueLocationValue, text),
  keyValueLocationType: required(Tag.KeyValueLocationType, enumeration('KeyValueLocationType')),
});
const certificateIdentifier = structure('Certificate Identifier', {
  issuer: required(Tag.Issuer, text),
  serialNumber: optional(Tag.SerialNumber, text),
});
const certificateSubject = structure('Certificate Subject', {
  distinguishedName: required(Tag.CertificateSubjectDistinguishedName, text),
  alternativeName: many(Tag.CertificateSubjectAlternativeName, text),
});
const certificateIssuer = structure('Certificate Issuer', {
  distinguishedName: required(Tag.CertificateIssuerDistinguishedName, text),
  alternativeName: many(Tag.CertificateIssuerAlternativeName, text),
});
const x509CertificateIdentifier = structure('X.509 Certificate Identifier', {
  issuerDistinguishedName: required(Tag.IssuerDistinguishedName, bytes),
  certificateSerialNumber: required(Tag.CertificateSerialNumber, bytes),
});
const x509CertificateSubject = structure('X.509 Certificate Subject', {
  subjectDistinguishedName: required(Tag.SubjectDistinguishedName, bytes),
  subjectAlternativeName: many(Tag.SubjectAlternativeName, bytes),
});
const x509CertificateIssuer = structure('X.509 Certificate Issuer', {
  issuerDistinguishedName: required(Tag.IssuerDistinguishedName, bytes),
  issuerAlternativeName: many(Tag.IssuerAlternativeName, bytes),
});
const rotateName = structure('Rotate Name', {
  rotateNameValue: required(Tag.RotateNameValue, text),
  rotateNameType: required(Tag.RotateNameType, enumeration('RotateNameType')),
});
/**
 * The attributes that people make up: Attribute of 2.x with its Vendor Identification (2.1 §4.60); a Custom Attribute of 1.x (1.4 §3.39) is the one
 * whose Vendor Identification is "x" (clients') or "y" (the server's), as its name begins.
 */
const vendorAttribute = structure('Attribute', {
  vendorIdentification: required(Tag.VendorIdentification, text),
  attributeName: required(Tag.AttributeName, text),
  attributeValue: required(Tag.AttributeValue, anyItem),
});

const ofCertificates = { ...byServer, ...multiple, since: V2_0, objects: certificates } as const;

export const attributes = {
  uniqueIdentifier: row(Tag.UniqueIdentifier, uniqueIdentifier, byServer),
  name: row(Tag.Name, name, { ...byClient, ...multiple, matches: fieldsMatch }, (value) => value.nameValue),
  objectType: row(Tag.ObjectType, enumeration('ObjectType'), byServer),
  cryptographicAlgorithm: row(Tag.CryptographicAlgorithm, enumeration('CryptographicAlgorithm'), atCreation),
  cryptographicLength: row(Tag.CryptographicLength, integer, atCreation),
  cryptographicParameters: row(Tag.CryptographicParameters, cryptographicParameters, {
    ...byClient,
    ...multiple,
    matches: fieldsMatch,
  }),
  cryptographicDomainParameters: row(Tag.CryptographicDomainParameters, cryptographicDomainParameters, {
    ...fixed,
    objects: keyPairs,
    matches: fieldsMatch,
  }),
  certificateType: row(Tag.CertificateType, enumeration('CertificateType'), { ...atCreation, objects: certificates }),
  certificateLength: row(Tag.CertificateLength, integer, { ...byServer, objects: certificates, since: V1_1 }),
  certificateIdentifier: row(Tag.CertificateIdentifier, certificateIdentifier, {
    ...byServer,
    objects: certificates,
    until: V1_4,
    matches: fieldsMatch,
  }),
  certificateSubject: row(Tag.CertificateSubject, certificateSubject, {
    ...byServer,
    objects: certificates,
    until: V1_4,
    matches: fieldsMatch,
  }),
  certificateIssuer: row(Tag.CertificateIssuer, certificateIssuer, {
    ...byServer,
    objects: certificates,
    until: V1_4,
    matches: fieldsMatch,
  }),
  x509CertificateIdentifier: row(Tag.X_509CertificateIdentifier, x509CertificateIdentifier, {
    ...byServer,
    objects: certificates,
    since: V1_1,
    matches: fieldsMatch,
  }),
  x509CertificateSubject: row(Tag.X_509CertificateSubject, x509CertificateSubject, {
    ...byServer,
    objects: certificates,
    since: V1_1,
    matches: fieldsMatch,
  }),
  x509CertificateIssuer: row(Tag.X_509CertificateIssuer, x509CertificateIssuer, {
    ...byServer,
    objects: certificates,
    since: V1_1,
    matches: fieldsMatch,
  }),
  digitalSignatureAlgorithm: row(Tag.DigitalSignatureAlgorithm, enumeration('DigitalSignatureAlgorithm'), {
    ...byServer,
    ...multiple,
    objects: certificates,
    since: V1_1,
  }),
  digest: row(Tag.Digest, digest, { ...byServer, ...multiple, objects: cryptographic, matches: fieldsMatch }),
  operationPolicyName: row(Tag.OperationPolicyName, text, { ...fixed, until: V1_4 }),
  cryptographicUsageMask: row(Tag.CryptographicUsageMask, mask, { ...fixed, matches: hasAllBits }),
  leaseTime: row(Tag.LeaseTime, interval, { ...byServer, objects: cryptographic }),
  usageLimits: row(Tag.UsageLimits, usageLimits, {
    setBy: 'either',
    modifiable: 'untilAllocated',
    deletable: true,
    matches: atLeast,
  }),
  state: row(Tag.State, enumeration('State'), { ...byServer, objects: cryptographic }),
  initialDate: row(Tag.InitialDate, dateTime, { ...byServer, ...dates }),
  activationDate: row(Tag.ActivationDate, dateTime, { ...fixed, ...dates, modifiable: 'whilePreActive' }),
  processStartDate: row(Tag.ProcessStartDate, dateTime, { ...fixed, ...dates, modifiable: 'untilReached' }),
  protectStopDate: row(Tag.ProtectStopDate, dateTime, { ...fixed, ...dates, modifiable: 'untilReached' }),
  deactivationDate: row(Tag.DeactivationDate, dateTime, { ...fixed, ...dates, modifiable: 'untilDeactivated' }),
  destroyDate: row(Tag.DestroyDate, dateTime, { ...byServer, ...dates }),
  compromiseOccurrenceDate: row(Tag.CompromiseOccurrenceDate, dateTime, { ...byServer, ...dates }),
  compromiseDate: row(Tag.CompromiseDate, dateTime, { ...byServer, ...dates }),
  revocationReason: row(Tag.RevocationReason, revocationReason, { ...byServer, matches: fieldsMatch }),
  archiveDate: row(Tag.ArchiveDate, dateTime, { ...byServer, ...dates }),
  objectGroup: row(Tag.ObjectGroup, text, { ...byClient, ...multiple }, (value) => value),
  fresh: row(Tag.Fresh, boolean, { ...fixed, since: V1_1 }),
  link: row(Tag.Link, link, { ...byClient, ...multiple, objects: cryptographic, matches: fieldsMatch }, (value) =>
    typeof value.linkedObjectIdentifier === 'string' ? value.linkedObjectIdentifier : undefined,
  ),
  applicationSpecificInformation: row(
    Tag.ApplicationSpecificInformation,
    applicationSpecificInformation,
    { ...byClient, ...multiple, matches: fieldsMatch },
    ({ applicationNamespace, applicationData }) =>
      applicationNamespace === undefined || applicationData === undefined
        ? undefined
        : `${applicationNamespace}\0${applicationData}`,
  ),
  contactInformation: row(Tag.ContactInformation, text, byClient, (value) => value),
  lastChangeDate: row(Tag.LastChangeDate, dateTime, { ...byServer, ...dates }),
  vendorAttribute: row(
    Tag.Attribute,
    vendorAttribute,
    { ...byClient, ...multiple, matches: fieldsMatch },
    ({ vendorIdentification, attributeName, attributeValue }) =>
      vendorIdentification === undefined || attributeName === undefined || attributeValue === undefined
        ? undefined
        : `${vendorIdentification}\0${attributeName}\0${Buffer.from(encode(attributeValue)).toString('base64')}`,
  ),
  alternativeName: row(
    Tag.AlternativeName,
    alternativeName,
    { ...byClient, ...multiple, since: V1_2, matches: fieldsMatch },
    (value) => value.alternativeNameValue,
  ),
  keyValuePresent: row(Tag.KeyValuePresent, boolean, { ...byServer, since: V1_2, objects: withMaterial }),
  keyValueLocation: row(Tag.KeyValueLocation, keyValueLocation, {
    ...byClient,
    ...multiple,
    since: V1_2,
    objects: withMaterial,
    matches: fieldsMatch,
  }),
  originalCreationDate: row(Tag.OriginalCreationDate, dateTime, { ...fixed, ...dates, since: V1_2 }),
  randomNumberGenerator: row(Tag.RandomNumberGenerator, rngParameters, {
    ...fixed,
    // PyKMIP cannot read it.
    onlyByName: true,
    since: V1_3,
    objects: cryptographicAndTemplates,
    matches: fieldsMatch,
  }),
  pkcs12FriendlyName: row(Tag.PKCS_12FriendlyName, text, { ...byClient, since: V1_4, objects: cryptographic }),
  description: row(Tag.Description, text, { ...byClient, since: V1_4 }),
  comment: row(Tag.Comment, text, { ...byClient, since: V1_4 }),
  sensitive: row(Tag.Sensitive, boolean, { ...flag, since: V1_4 }),
  alwaysSensitive: row(Tag.AlwaysSensitive, boolean, { ...byServer, since: V1_4 }),
  extractable: row(Tag.Extractable, boolean, { ...flag, since: V1_4 }),
  neverExtractable: row(Tag.NeverExtractable, boolean, { ...byServer, since: V1_4 }),
  keyFormatType: row(Tag.KeyFormatType, enumeration('KeyFormatType'), { ...byServer, since: V2_0 }),
  nistKeyType: row(Tag.NISTKeyType, enumeration('NISTKeyType'), { ...fixed, ...multiple, since: V2_0 }),
  opaqueDataType: row(Tag.OpaqueDataType, enumeration('OpaqueDataType'), {
    ...byServer,
    since: V2_0,
    objects: types('OpaqueObject'),
  }),
  protectionLevel: row(Tag.ProtectionLevel, enumeration('ProtectionLevel'), { ...byClient, since: V2_0 }),
  protectionPeriod: row(Tag.ProtectionPeriod, interval, { ...byClient, since: V2_0 }),
  protectionStorageMask: row(Tag.ProtectionStorageMask, mask, { ...byServer, since: V2_0, matches: hasAllBits }),
  quantumSafe: row(Tag.QuantumSafe, boolean, { ...flag, since: V2_0 }),
  shortUniqueIdentifier: row(Tag.ShortUniqueIdentifier, bytes, { ...byServer, since: V2_0 }),
  rotateAutomatic: row(Tag.RotateAutomatic, boolean, { ...fixed, since: V2_1 }),
  rotateDate: row(Tag.RotateDate, dateTime, { ...byServer, ...dates, since: V2_1 }),
  rotateGeneration: row(Tag.RotateGeneration, integer, { ...byServer, since: V2_1 }),
  rotateInterval: row(Tag.RotateInterval, interval, { ...fixed, since: V2_1 }),
  rotateLatest: row(Tag.RotateLatest, boolean, { ...byServer, since: V2_1 }),
  rotateName: row(Tag.RotateName, rotateName, { ...byClient, since: V2_1, matches: fieldsMatch }),
  rotateOffset: row(Tag.RotateOffset, interval, { ...fixed, since: V2_1 }),
  // Certificate Attributes (2.1 §4.6): what a certificate says of its subject and issuer, attribute by attribute.
  certificateSubjectCN: row(Tag.CertificateSubjectCN, text, ofCertificates),
  certificateSubjectO: row(Tag.CertificateSubjectO, text, ofCertificates),
  certificateSubjectOU: row(Tag.CertificateSubjectOU, text, ofCertificates),
  certificateSubjectEmail: row(Tag.CertificateSubjectEmail, text, ofCertificates),
  certificateSubjectC: row(Tag.CertificateSubjectC, text, ofCertificates),
  certificateSubjectST: row(Tag.CertificateSubjectST, text, ofCertificates),
  certificateSubjectL: row(Tag.CertificateSubjectL, text, ofCertificates),
  certificateSubjectUID: row(Tag.CertificateSubjectUID, text, ofCertificates),
  certificateSubjectSerialNumber: row(Tag.CertificateSubjectSerialNumber, text, ofCertificates),
  certificateSubjectTitle: row(Tag.CertificateSubjectTitle, text, ofCertificates),
  certificateSubjectDC: row(Tag.CertificateSubjectDC, text, ofCertificates),
  certificateSubjectDNQualifier: row(Tag.CertificateSubjectDNQualifier, text, ofCertificates),
  certificateIssuerCN: row(Tag.CertificateIssuerCN, text, ofCertificates),
  certificateIssuerO: row(Tag.CertificateIssuerO, text, ofCertificates),
  certificateIssuerOU: row(Tag.CertificateIssuerOU, text, ofCertificates),
  certificateIssuerEmail: row(Tag.CertificateIssuerEmail, text, ofCertificates),
  certificateIssuerC: row(Tag.CertificateIssuerC, text, ofCertificates),
  certificateIssuerST: row(Tag.CertificateIssuerST, text, ofCertificates),
  certificateIssuerL: row(Tag.CertificateIssuerL, text, ofCertificates),
  certificateIssuerUID: row(Tag.CertificateIssuerUID, text, ofCertificates),
  certificateIssuerSerialNumber: row(Tag.CertificateIssuerSerialNumber, text, ofCertificates),
  certificateIssuerTitle: row(Tag.CertificateIssuerTitle, text, ofCertificates),
  certificateIssuerDC: row(Tag.CertificateIssuerDC, text, ofCertificates),
  certificateIssuerDNQualifier: row(Tag.CertificateIssuerDNQualifier, text, ofCertificates),
} as const;

type Table = typeof attributes;
export type AttributeKey = keyof Table;
type ValueOf<R> = R extends AttributeRow<infer T, infer M> ? (M extends true ? readonly T[] : T) : never;

/** The attributes of an object, or a set of them that a client gives. Many-valued ones are lists, never empty. */
export type Attributes = { readonly [K in AttributeKey]?: ValueOf<Table[K]> | undefined };
/** One value of an attribute. */
export type AttributeValue<K extends AttributeKey> = Table[K] extends AttributeRow<infer T, boolean> ? T : never;

/** The rows for generic code: values of unknown type. */
export const attributeRows: ReadonlyMap<AttributeKey, AttributeRow> = new Map(
  Object.entries(attributes) as unknown as [AttributeKey, AttributeRow][],
);

const keysByTag = new Map<number, AttributeKey>([...attributeRows].map(([key, { tag }]) => [tag, key]));
const keysByName = new Map<string, AttributeKey>([...attributeRows].map(([key, row]) => [row.name, key]));

export const attributeByTag = (tag: number): AttributeKey | undefined => keysByTag.get(tag);
/** By the Attribute Name of 1.x; custom ones are not here. */
export const attributeByName = (attributeName: string): AttributeKey | undefined => keysByName.get(attributeName);

export function attributeRow(key: AttributeKey): AttributeRow {
  return attributes[key] as unknown as AttributeRow;
}

/** All values as a list, whether the row allows several or one. */
export function valuesOf(set: Attributes, key: AttributeKey): readonly unknown[] {
  const held: unknown = set[key];
  if (held === undefined) return [];
  return attributes[key].multiple ? (held as readonly unknown[]) : [held];
}
