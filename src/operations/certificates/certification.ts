/** What Certify and Re-certify share: the certificate request, the new object, and the links to it. */
import { writePublicInfo } from '#crypto/keys/key-containers';
import type { Attributes } from '#objects/attributes/attributes';
import type { MadeObject } from '#objects/new-object';
import { bytes, enumeration } from '#protocol/codecs';
import { optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { V1_4, V2_0 } from '#protocol/versions';
import { attributesOfCertificate } from '#operations/key-material/certificate-attributes';
import type { CertificateHolder, Context, Loaded, ObjectChange } from '#operations/context';
import { linked } from '#operations/attributes/link';
import { changed } from '#operations/life-cycle/state-change';

/** The fields of both payloads. */
export const requestFields = {
  certificateRequestType: optional(Tag.CertificateRequestType, enumeration('CertificateRequestType')),
  certificateRequest: optional(Tag.CertificateRequest, bytes, { until: V1_4 }),
  certificateRequestValue: optional(Tag.CertificateRequestValue, bytes, { since: V2_0 }),
};

interface Requested {
  readonly certificateRequestType?: string | undefined;
  readonly certificateRequest?: Uint8Array | undefined;
  readonly certificateRequestValue?: Uint8Array | undefined;
}

/** The certificate request in the payload, if there is one. */
export function requestIn(payload: Requested): CertificateHolder | undefined {
  const { certificateRequestType: type, certificateRequest, certificateRequestValue } = payload;
  const request = certificateRequest ?? certificateRequestValue;
  if (request === undefined) return undefined;
  if (type === undefined) {
    throw new KmipError('InvalidField', 'Certificate Request Type is required when a Certificate Request is given');
  }
  return requestOf(type, request);
}

const pemBegins = Buffer.from('-----BEGIN ');

/** @throws KmipError FeatureNotSupported for PGP, InvalidCSR when the type is not that of the request. */
function requestOf(type: string, request: Uint8Array): CertificateHolder {
  if (type !== 'PKCS_10' && type !== 'PEM' && type !== 'CRMF') {
    throw new KmipError('FeatureNotSupported', `Certificate Request Type must be PKCS_10, PEM or CRMF, not ${type}`);
  }
  const isPem = Buffer.from(request).indexOf(pemBegins) >= 0;
  if (isPem !== (type === 'PEM')) {
    throw new KmipError(
      'InvalidCSR',
      `Certificate Request Type ${type} does not match the format of the Certificate Request`,
    );
  }
  return { request, format: type };
}

/** The request in a Certificate Request object. */
export function requestOfObject(loaded: Loaded): CertificateHolder {
  const held = loaded.openStructure();
  if (held.objectType !== 'CertificateRequest') {
    throw new KmipError('InvalidObjectType', `Object Type must be CertificateRequest, not ${held.objectType}`);
  }
  return requestOf(held.certificateRequestType, held.certificateRequestValue);
}

/** The server makes X.509 certificates only. */
export function checkType({ certificateType = 'X_509' }: Attributes): void {
  if (certificateType !== 'X_509')
    throw new KmipError('FeatureNotSupported', `Certificate Type must be X_509, not ${certificateType}`);
}

export interface Certified {
  readonly made: MadeObject;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array | undefined;
  /** The record of the certificate, to be committed with the object. */
  readonly issued: ObjectChange;
}

/** Signing is one uninterrupted piece of work, with turns of other clients before and after. */
const workOfCertificate = 4000;

/**
 * The new certificate as an object that is not stored yet. Attributes from the certificate take precedence over given
 * ones (2.1 §6.1.6), except the Cryptographic Usage Mask, which the certificate does not contain.
 */
export async function certified(holder: CertificateHolder, given: Attributes, context: Context): Promise<Certified> {
  checkLength(holder);
  await context.pace(workOfCertificate);
  const certificateValue = context.authority.certify(holder, context.now(), given.deactivationDate);
  await context.pace(workOfCertificate);
  const structure = { objectType: 'Certificate', certificateType: 'X_509', certificateValue } as const;
  const said = await attributesOfCertificate(structure, {}, context);
  const { cryptographicUsageMask = said.cryptographicUsageMask } = given;
  const made = context.newObject({
    structure,
    given: { ...given, ...said, ...(cryptographicUsageMask === undefined ? {} : { cryptographicUsageMask }) },
    generated: true,
  });
  return {
    made,
    publicKey: await publicKeyOf(certificateValue, context),
    issued: { issued: Uint8Array.from(certificateValue), object: made.object.id },
  };
}

/**
 * In bytes. Requests are read and signed on the event loop: real ones with a key of 8192 bits and many names have three
 * KiB.
 */
const longestHolder = 8192;

/** @throws KmipError InvalidCSR, InvalidField. */
function checkLength(holder: CertificateHolder): void {
  const [called, encoded] =
    'request' in holder
      ? ['Certificate Request', holder.request]
      : 'certificate' in holder
        ? ['Certificate', holder.certificate]
        : ['public key', holder.publicKey];
  if (encoded.length <= longestHolder) return;
  throw new KmipError(
    'request' in holder ? 'InvalidCSR' : 'InvalidField',
    `the ${called} must be at most ${longestHolder} bytes, not ${encoded.length}`,
  );
}

/** Undefined for a kind of key that the server cannot read. */
export async function publicKeyOf(certificate: Uint8Array, context: Context): Promise<Uint8Array | undefined> {
  const { publicKey } = await context.heavily('readCertificate', certificate);
  return publicKey === undefined ? undefined : writePublicInfo(publicKey);
}

/** @throws KmipError InvalidCSR. */
export function checkSameKey(one: Uint8Array | undefined, other: Uint8Array | undefined): void {
  if (one === undefined || other === undefined || !Buffer.from(one).equals(other)) {
    throw new KmipError('InvalidCSR', 'the Certificate Request does not contain the public key to be certified');
  }
}

/** "The server SHALL create a Link attribute of Link Type Certificate", or change the existing one. */
export const linkToCertificate = (publicKey: Loaded, id: string, context: Context): ObjectChange => ({
  update: publicKey,
  to: changed(linked(publicKey.object, 'CertificateLink', id), {}, context.now()),
});
