import { createPublicKey, type KeyObject } from 'node:crypto';

import { fromBER } from 'asn1js';
import {
  AltName,
  Attribute,
  CertificationRequest,
  Extensions,
  ExtKeyUsage,
  type Extension,
  type RelativeDistinguishedNames,
} from 'pkijs';

import { publicKeyInfo } from './certificate.ts';
import { CertificateError } from './certificate-error.ts';
import { extKeyUsage, isPurpose, Oid, purposes, subjectAltName, type Purpose } from './extensions.ts';
import { nameOfAcceptableKey, type KeyPair } from './keys.ts';
import { alternativeNames, subjectOf, textOf } from './names.ts';
import { derOf, writePem } from './pem.ts';
import { isSignedBy, signStructure } from './signing.ts';

/** Certification requests (PKCS#10, RFC 2986): made for clients of ours, read from appliances that make their own. */

export const maximumRequestBytes = 16 * 1024;
const pemLabels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];
/** RFC 2985 §5.4.2 extensionRequest. */
const extensionRequest = '1.2.840.113549.1.9.14';
/** Far above what requests have, far below what would take long to parse. */
const derBounds = { maxDepth: 24, maxNodes: 2000, maxContentLength: maximumRequestBytes };

/** A request whose sender has shown to hold the private key, reduced to what a certificate may take over. */
export interface CertificateRequest {
  readonly subject: RelativeDistinguishedNames;
  readonly publicKey: KeyObject;
  /** DNS names and IP addresses; names of other kinds are dropped. */
  readonly names: readonly string[];
  readonly purposes: readonly Purpose[];
}

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
  return writePem(pemLabels[0]!, signStructure(request, keys.privateKey));
}

/** Reads PEM or DER. Throws a CertificateError for broken encodings, unacceptable keys and signatures of another key. */
export function readRequest(input: string | Uint8Array): CertificateRequest {
  const der = derOf(input, 'request', pemLabels, maximumRequestBytes);
  const request = parse(der);
  const publicKey = readPublicKey(request);
  nameOfAcceptableKey(publicKey);
  if (!isSignedBy(request, publicKey)) {
    throw new CertificateError(
      'the signature of the request is not by its own key',
      'the file was changed: make it anew',
    );
  }
  if (request.subject.typesAndValues.length === 0) {
    throw new CertificateError('the subject of the request is empty', 'request one with a common name');
  }
  return { subject: request.subject, publicKey, ...wishesOf(request) };
}

/** pkijs throws errors of many kinds at broken input: they all mean the same here. */
function parse(der: Buffer): CertificationRequest {
  try {
    const { offset, result } = fromBER(der, derBounds);
    if (offset === der.length) return new CertificationRequest({ schema: result });
  } catch {
    // Told below.
  }
  throw new CertificateError(
    'the request cannot be read: its encoding is broken',
    'openssl req -in FILE -noout -text shows whether the file is whole',
  );
}

function readPublicKey(request: CertificationRequest): KeyObject {
  const key = Buffer.from(request.subjectPublicKeyInfo.toSchema().toBER());
  try {
    return createPublicKey({ key, format: 'der', type: 'spki' });
  } catch {
    throw new CertificateError('the public key of the request cannot be read', 'use RSA, P-256 or P-384');
  }
}

function wishesOf(request: CertificationRequest): Pick<CertificateRequest, 'names' | 'purposes'> {
  try {
    const wishes = request.attributes?.find(({ type }) => type === extensionRequest)?.values[0];
    const extensions = wishes === undefined ? [] : new Extensions({ schema: wishes }).extensions;
    return { names: namesIn(extensions), purposes: purposesIn(extensions) };
  } catch {
    throw new CertificateError('the extensions that the request asks for cannot be read');
  }
}

function namesIn(extensions: readonly Extension[]): string[] {
  const value = valueOf(extensions, Oid.subjectAltName);
  const texts = value === undefined ? [] : AltName.fromBER(value).altNames.map(textOf);
  return texts.filter((text) => text !== undefined);
}

function purposesIn(extensions: readonly Extension[]): Purpose[] {
  const value = valueOf(extensions, Oid.extKeyUsage);
  if (value === undefined) return [];
  const { keyPurposes } = ExtKeyUsage.fromBER(value);
  return purposes.filter((purpose) => keyPurposes.some((oid) => isPurpose(oid, purpose)));
}

function valueOf(extensions: readonly Extension[], oid: string): Uint8Array | undefined {
  return extensions.find(({ extnID }) => extnID === oid)?.extnValue.valueBlock.valueHexView;
}
