import { X509Certificate } from 'node:crypto';
import { readCertificateContent } from '#crypto/certificates';
import { judgeChain, maximumChain } from '#crypto/certificate-chain';
import { isDestroyed } from '#objects/life-cycle';
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { objectSchemas } from '#objects/object-structure';
import { allStorage } from '#objects/storage-status';
import { atMost } from '#protocol/bounds';
import { dateTime, enumeration } from '#protocol/codecs';
import { many, optional, required, structure } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { Context } from './context.ts';
import { defineOperation } from './operation.ts';

const certificate = structure('Certificate', objectSchemas.Certificate);

/**
 * KMIP 2.1 §6.1.57 (1.4 §4.24). A chain ends in one of the server's own authorities, or in an authority that the client keeps here and
 * names: it is for the client to say whom it trusts. What the client has revoked, or the administrator, is invalid.
 */
export const validate = defineOperation('Validate', {
  request: {
    certificate: many(Tag.Certificate, certificate, atMost(maximumChain)),
    uniqueIdentifier: many(Tag.UniqueIdentifier, objectReference, atMost(maximumChain)),
    validityDate: optional(Tag.ValidityDate, dateTime),
  },
  response: { validityIndicator: required(Tag.ValidityIndicator, enumeration('ValidityIndicator')) },

  async run({ certificate: given = [], uniqueIdentifier: references = [], validityDate }, context) {
    if (given.length + references.length === 0) throw new KmipError('InvalidField', 'no certificate is given');
    if (given.length + references.length > maximumChain) {
      throw new KmipError('InvalidField', `more than ${maximumChain} certificates are given`);
    }
    const kept: X509Certificate[] = [];
    for (const reference of references) kept.push(await load(reference, context));
    const chain = distinct([...given.map(readX509), ...kept]);
    const own = context.authority.certificates.map((certificate) => new X509Certificate(certificate));
    const trusted = [...own, ...kept.filter((each) => each.ca && each.checkIssued(each))];
    const validityIndicator = judgeChain(chain, trusted, new Date((validityDate ?? context.now()) * 1000));
    for (const each of chain) {
      if (await isRevoked(each, context)) return { validityIndicator: 'Invalid' as const };
    }
    return { validityIndicator };
  },
});

function readX509({ certificateType, certificateValue }: ReturnType<typeof certificate.read>): X509Certificate {
  if (certificateType !== 'X_509')
    throw new KmipError('InvalidField', 'only chains of X.509 certificates are validated');
  readCertificateContent(certificateValue);
  return new X509Certificate(certificateValue);
}

async function load(reference: Parameters<Context['load']>[0], context: Context): Promise<X509Certificate> {
  const loaded = await context.load(reference, 'fetch');
  const type = objectTypeOf(loaded.object);
  if (type !== 'Certificate') throw new KmipError('InvalidObjectType', `a ${type} is no certificate`);
  if (isDestroyed(loaded.object.attributes.state))
    throw new KmipError('ObjectDestroyed', 'the certificate was destroyed');
  const held = loaded.openStructure();
  if (held.objectType !== 'Certificate') throw new Error('a certificate has another structure');
  return readX509(held);
}

const distinct = (certificates: readonly X509Certificate[]): X509Certificate[] =>
  certificates.filter((each, place) => certificates.findIndex(({ raw }) => raw.equals(each.raw)) === place);

/** Whoever gives a certificate along may have revoked it here: it is told by its issuer and serial number. */
async function isRevoked({ raw }: X509Certificate, context: Context): Promise<boolean> {
  if (await context.authority.hasRevoked(raw)) return true;
  const { issuer, serialNumber } = readCertificateContent(raw);
  const value = { issuerDistinguishedName: issuer.der, certificateSerialNumber: serialNumber };
  const same = context.find({
    instances: [
      { key: 'objectType', value: 'Certificate' },
      { key: 'x509CertificateIdentifier', value },
    ],
    storage: allStorage,
  });
  for await (const { object } of same) {
    if (wasRevoked(object)) return true;
  }
  return false;
}

const wasRevoked = ({ attributes: { revocationReason, state } }: ManagedObject): boolean =>
  revocationReason !== undefined || state === 'Compromised' || state === 'DestroyedCompromised';
