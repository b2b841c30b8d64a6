/**
 * THE attribute table: every attribute of KMIP 1.0 to 2.1 (2.1 chapter 4; 1.4 chapter 3), one row each. Its
 * type, both wire shapes, the rules, Locate, Get Attribute List and the documentation are read from here.
 */
import { encode, encodedLength } from '#ttlv/encode';
import { boolean, bytes, dateTime, enumeration, integer, interval, mask, text, type Codec } from '#protocol/codecs';
import type { EnumerationValue } from '#protocol/enumerations';
import { cryptographicParameters, rngParameters, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_1, V1_2, V1_3, V1_4, V2_0, V2_1 } from '#protocol/versions';
import { atLeast, hasAllBits } from '#objects/matching';
import {
  checkApplicationData,
  checkState,
  checkVendorNames,
  initialExtractable,
  initialFresh,
  initialLease,
  initialLimits,
  initialSensitive,
  initialState,
  isLinkCopied,
  keptLimits,
  movedState,
  shortIdentifier,
  softwareStorage,
  stillInextractable,
  stillSensitive,
  timeOfGeneration,
  timeOfMaking,
  wholeLimits,
} from './attribute-behaviour.ts';
import {
  atCreation,
  byClient,
  byServer,
  cryptographic,
  fixed,
  flag,
  keyPairs,
  longestIndexed,
  multiple,
  nameParts,
  ofCertificate,
  row,
  toldOfCertificate,
  types,
  withMaterial,
  type AttributeRow,
} from './attribute-row.ts';
import {
  alternativeName,
  applicationSpecificInformation,
  certificateIdentifier,
  certificateIssuer,
  certificateSubject,
  cryptographicDomainParameters,
  digest,
  keyValueLocation,
  link,
  name,
  revocationReason,
  rotateName,
  usageLimits,
  vendorAttribute,
  x509CertificateIdentifier,
  x509CertificateIssuer,
  x509CertificateSubject,
} from './attribute-structures.ts';

export const attributes = {
  uniqueIdentifier: row(Tag.UniqueIdentifier, uniqueIdentifier, byServer),
  name: row(
    Tag.Name,
    name,
    { ...byClient, ...multiple, distinct: true, onReplacement: 'merged' },
    (value) => value.nameValue,
  ),
  objectType: row(Tag.ObjectType, enumeration('ObjectType'), byServer),
  cryptographicAlgorithm: row(Tag.CryptographicAlgorithm, enumeration('CryptographicAlgorithm'), {
    ...atCreation,
    sameInPair: true,
  }),
  cryptographicLength: row(Tag.CryptographicLength, integer, { ...atCreation, sameInPair: true, saysSize: () => true }),
  cryptographicParameters: row(Tag.CryptographicParameters, cryptographicParameters, {
    ...byClient,
    ...multiple,
    sameInPair: true,
  }),
  cryptographicDomainParameters: row(Tag.CryptographicDomainParameters, cryptographicDomainParameters, {
    ...fixed,
    objects: keyPairs,
    sameInPair: true,
    saysSize: ({ recommendedCurve }) => recommendedCurve !== undefined,
  }),
  certificateType: row(Tag.CertificateType, enumeration('CertificateType'), toldOfCertificate),
  certificateLength: row(Tag.CertificateLength, integer, { ...toldOfCertificate, since: V1_1 }),
  certificateIdentifier: row(Tag.CertificateIdentifier, certificateIdentifier, { ...ofCertificate, until: V1_4 }),
  certificateSubject: row(Tag.CertificateSubject, certificateSubject, { ...ofCertificate, until: V1_4 }),
  certificateIssuer: row(Tag.CertificateIssuer, certificateIssuer, { ...ofCertificate, until: V1_4 }),
  x509CertificateIdentifier: row(Tag.X_509CertificateIdentifier, x509CertificateIdentifier, {
    ...ofCertificate,
    since: V1_1,
  }),
  x509CertificateSubject: row(Tag.X_509CertificateSubject, x509CertificateSubject, { ...ofCertificate, since: V1_1 }),
  x509CertificateIssuer: row(Tag.X_509CertificateIssuer, x509CertificateIssuer, { ...ofCertificate, since: V1_1 }),
  digitalSignatureAlgorithm: row(Tag.DigitalSignatureAlgorithm, enumeration('DigitalSignatureAlgorithm'), {
    ...toldOfCertificate,
    ...multiple,
    since: V1_1,
  }),
  digest: row(Tag.Digest, digest, { ...byServer, ...multiple, objects: cryptographic }),
  operationPolicyName: row(Tag.OperationPolicyName, text, { ...fixed, until: V1_4 }),
  cryptographicUsageMask: row(Tag.CryptographicUsageMask, mask, { ...fixed, matches: hasAllBits }),
  leaseTime: row(Tag.LeaseTime, interval, { ...byServer, objects: cryptographic, initial: initialLease }),
  usageLimits: row(Tag.UsageLimits, usageLimits, {
    setBy: 'either',
    modifiable: 'untilAllocated',
    deletable: true,
    matches: atLeast,
    checkFirst: wholeLimits,
    kept: keptLimits,
    initial: initialLimits,
  }),
  // Set by the server, which has no states of vendors.
  state: row(Tag.State, enumeration('State') as Codec<EnumerationValue<'State'>>, {
    ...byServer,
    objects: cryptographic,
    check: checkState,
    initial: initialState,
  }),
  initialDate: row(Tag.InitialDate, dateTime, { ...byServer, initial: timeOfMaking, initialOfTemplates: true }),
  activationDate: row(Tag.ActivationDate, dateTime, {
    ...fixed,
    modifiable: 'whilePreActive',
    onReplacement: 'moved',
    onChange: movedState,
  }),
  processStartDate: row(Tag.ProcessStartDate, dateTime, {
    ...fixed,
    modifiable: 'untilReached',
    notBefore: 'activationDate',
    onReplacement: 'moved',
  }),
  protectStopDate: row(Tag.ProtectStopDate, dateTime, { ...fixed, modifiable: 'untilReached', onReplacement: 'moved' }),
  deactivationDate: row(Tag.DeactivationDate, dateTime, {
    ...fixed,
    modifiable: 'untilDeactivated',
    notBefore: 'protectStopDate',
    onReplacement: 'moved',
    onChange: movedState,
  }),
  destroyDate: row(Tag.DestroyDate, dateTime, byServer),
  compromiseOccurrenceDate: row(Tag.CompromiseOccurrenceDate, dateTime, byServer),
  compromiseDate: row(Tag.CompromiseDate, dateTime, byServer),
  revocationReason: row(Tag.RevocationReason, revocationReason, byServer),
  archiveDate: row(Tag.ArchiveDate, dateTime, byServer),
  objectGroup: row(Tag.ObjectGroup, text, { ...byClient, ...multiple }, (value) => value),
  fresh: row(Tag.Fresh, boolean, { ...fixed, since: V1_1, initial: initialFresh, onReplacement: 'notCopied' }),
  link: row(
    Tag.Link,
    link,
    { ...byClient, ...multiple, objects: cryptographic, onReplacement: 'merged', isCopied: isLinkCopied },
    (value) => (typeof value.linkedObjectIdentifier === 'string' ? value.linkedObjectIdentifier : undefined),
  ),
  applicationSpecificInformation: row(
    Tag.ApplicationSpecificInformation,
    applicationSpecificInformation,
    { ...byClient, ...multiple, check: checkApplicationData },
    ({ applicationNamespace, applicationData }) =>
      applicationNamespace === undefined || applicationData === undefined
        ? undefined
        : `${applicationNamespace}\0${applicationData}`,
  ),
  contactInformation: row(Tag.ContactInformation, text, byClient, (value) => value),
  lastChangeDate: row(Tag.LastChangeDate, dateTime, { ...byServer, initial: timeOfMaking, initialOfTemplates: true }),
  vendorAttribute: row(
    Tag.Attribute,
    vendorAttribute,
    { ...byClient, ...multiple, check: checkVendorNames },
    ({ vendorIdentification, attributeName, attributeValue }) =>
      vendorIdentification === undefined ||
      attributeName === undefined ||
      attributeValue === undefined ||
      encodedLength(attributeValue) > longestIndexed
        ? undefined
        : `${vendorIdentification}\0${attributeName}\0${Buffer.from(encode(attributeValue)).toString('base64')}`,
  ),
  alternativeName: row(
    Tag.AlternativeName,
    alternativeName,
    { ...byClient, ...multiple, since: V1_2 },
    (value) => value.alternativeNameValue,
  ),
  keyValuePresent: row(Tag.KeyValuePresent, boolean, { ...byServer, since: V1_2, objects: withMaterial }),
  keyValueLocation: row(Tag.KeyValueLocation, keyValueLocation, {
    ...byClient,
    ...multiple,
    since: V1_2,
    objects: withMaterial,
    onReplacement: 'notCopied',
  }),
  originalCreationDate: row(Tag.OriginalCreationDate, dateTime, {
    ...fixed,
    since: V1_2,
    initial: timeOfGeneration,
    onReplacement: 'notCopied',
  }),
  randomNumberGenerator: row(Tag.RandomNumberGenerator, rngParameters, {
    ...fixed,
    // PyKMIP cannot read it.
    onlyByName: true,
    since: V1_3,
    onReplacement: 'notCopied',
  }),
  pkcs12FriendlyName: row(Tag.PKCS_12FriendlyName, text, { ...byClient, since: V1_4, objects: cryptographic }),
  description: row(Tag.Description, text, { ...byClient, since: V1_4 }),
  comment: row(Tag.Comment, text, { ...byClient, since: V1_4 }),
  sensitive: row(Tag.Sensitive, boolean, { ...flag, since: V1_4, initial: initialSensitive, onChange: stillSensitive }),
  alwaysSensitive: row(Tag.AlwaysSensitive, boolean, { ...byServer, since: V1_4, initial: initialSensitive }),
  extractable: row(Tag.Extractable, boolean, {
    ...flag,
    since: V1_4,
    initial: initialExtractable,
    onChange: stillInextractable,
  }),
  neverExtractable: row(Tag.NeverExtractable, boolean, {
    ...byServer,
    since: V1_4,
    initial: (made) => !initialExtractable(made),
  }),
  keyFormatType: row(Tag.KeyFormatType, enumeration('KeyFormatType'), { ...byServer, since: V2_0 }),
  nistKeyType: row(Tag.NISTKeyType, enumeration('NISTKeyType'), { ...fixed, ...multiple, since: V2_0 }),
  opaqueDataType: row(Tag.OpaqueDataType, enumeration('OpaqueDataType'), {
    ...byServer,
    since: V2_0,
    objects: types('OpaqueObject'),
  }),
  protectionLevel: row(Tag.ProtectionLevel, enumeration('ProtectionLevel'), { ...byClient, since: V2_0 }),
  protectionPeriod: row(Tag.ProtectionPeriod, interval, { ...byClient, since: V2_0 }),
  protectionStorageMask: row(Tag.ProtectionStorageMask, mask, {
    ...byServer,
    since: V2_0,
    matches: hasAllBits,
    initial: softwareStorage,
  }),
  quantumSafe: row(Tag.QuantumSafe, boolean, { ...flag, since: V2_0 }),
  shortUniqueIdentifier: row(Tag.ShortUniqueIdentifier, bytes, { ...byServer, since: V2_0, initial: shortIdentifier }),
  // Table 126 does not allow clients to change it; but the client that requested rotations can end them.
  rotateAutomatic: row(Tag.RotateAutomatic, boolean, { ...fixed, modifiable: 'toFalse', since: V2_1 }),
  rotateDate: row(Tag.RotateDate, dateTime, { ...byServer, since: V2_1 }),
  rotateGeneration: row(Tag.RotateGeneration, integer, { ...byServer, since: V2_1 }),
  rotateInterval: row(Tag.RotateInterval, interval, { ...fixed, since: V2_1 }),
  rotateLatest: row(Tag.RotateLatest, boolean, { ...byServer, since: V2_1 }),
  rotateName: row(Tag.RotateName, rotateName, { ...byClient, since: V2_1 }),
  rotateOffset: row(Tag.RotateOffset, interval, { ...fixed, since: V2_1 }),
  certificateSubjectCN: row(Tag.CertificateSubjectCN, text, nameParts),
  certificateSubjectO: row(Tag.CertificateSubjectO, text, nameParts),
  certificateSubjectOU: row(Tag.CertificateSubjectOU, text, nameParts),
  certificateSubjectEmail: row(Tag.CertificateSubjectEmail, text, nameParts),
  certificateSubjectC: row(Tag.CertificateSubjectC, text, nameParts),
  certificateSubjectST: row(Tag.CertificateSubjectST, text, nameParts),
  certificateSubjectL: row(Tag.CertificateSubjectL, text, nameParts),
  certificateSubjectUID: row(Tag.CertificateSubjectUID, text, nameParts),
  certificateSubjectSerialNumber: row(Tag.CertificateSubjectSerialNumber, text, nameParts),
  certificateSubjectTitle: row(Tag.CertificateSubjectTitle, text, nameParts),
  certificateSubjectDC: row(Tag.CertificateSubjectDC, text, nameParts),
  certificateSubjectDNQualifier: row(Tag.CertificateSubjectDNQualifier, text, nameParts),
  certificateIssuerCN: row(Tag.CertificateIssuerCN, text, nameParts),
  certificateIssuerO: row(Tag.CertificateIssuerO, text, nameParts),
  certificateIssuerOU: row(Tag.CertificateIssuerOU, text, nameParts),
  certificateIssuerEmail: row(Tag.CertificateIssuerEmail, text, nameParts),
  certificateIssuerC: row(Tag.CertificateIssuerC, text, nameParts),
  certificateIssuerST: row(Tag.CertificateIssuerST, text, nameParts),
  certificateIssuerL: row(Tag.CertificateIssuerL, text, nameParts),
  certificateIssuerUID: row(Tag.CertificateIssuerUID, text, nameParts),
  certificateIssuerSerialNumber: row(Tag.CertificateIssuerSerialNumber, text, nameParts),
  certificateIssuerTitle: row(Tag.CertificateIssuerTitle, text, nameParts),
  certificateIssuerDC: row(Tag.CertificateIssuerDC, text, nameParts),
  certificateIssuerDNQualifier: row(Tag.CertificateIssuerDNQualifier, text, nameParts),
} as const;

export type { AttributeRow, Modifiable, ObjectType } from './attribute-row.ts';

type Table = typeof attributes;
export type AttributeKey = keyof Table;
type ValueOf<R> = R extends AttributeRow<infer T, infer M> ? (M extends true ? readonly T[] : T) : never;

/** The attributes of an object, or a set that a client gives. Those with several values are lists, never empty. */
export type Attributes = { readonly [K in AttributeKey]?: ValueOf<Table[K]> | undefined };
/** One value of an attribute. */
export type AttributeValue<K extends AttributeKey> = Table[K] extends AttributeRow<infer T, boolean> ? T : never;

/** The rows for generic code, with values of unknown type. */
export const attributeRows: ReadonlyMap<AttributeKey, AttributeRow> = new Map(
  Object.entries(attributes) as unknown as [AttributeKey, AttributeRow][],
);

const keysByTag = new Map<number, AttributeKey>([...attributeRows].map(([key, { tag }]) => [tag, key]));
const keysByName = new Map<string, AttributeKey>([...attributeRows].map(([key, each]) => [each.name, key]));

export const attributeByTag = (tag: number): AttributeKey | undefined => keysByTag.get(tag);
/** By the Attribute Name of 1.x; without custom attributes. */
export const attributeByName = (attributeName: string): AttributeKey | undefined => keysByName.get(attributeName);

/** The attributes whose rows have something in this column. */
export const keysWith = (column: keyof AttributeRow): readonly AttributeKey[] =>
  [...attributeRows].filter(([, each]) => each[column] !== undefined).map(([key]) => key);

export function attributeRow(key: AttributeKey): AttributeRow {
  return attributes[key] as unknown as AttributeRow;
}

/** All values as a list, whether the row allows several or one. */
export function valuesOf(set: Attributes, key: AttributeKey): readonly unknown[] {
  const held: unknown = set[key];
  if (held === undefined) return [];
  return attributes[key].multiple ? (held as readonly unknown[]) : [held];
}

/** The number of values of multi-valued attributes; every other attribute counts as one. */
export function valuesIn(set: Attributes): number {
  let count = 1;
  for (const key in set) {
    const held = set[key as AttributeKey];
    if (Array.isArray(held)) count += held.length;
  }
  return count;
}
