import { maximumChain, type JudgedChain } from '#crypto/certificates/certificate-chain';
import { isDestroyed } from '#objects/life-cycle';
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { objectDestroyed } from '#objects/object-errors';
import { objectSchemas } from '#objects/object-structure';
import { allStorage } from '#objects/storage-status';
import { atMost } from '#protocol/bounds';
import { dateTime, enumeration } from '#protocol/codecs';
import { many, optional, required, structure } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { Context } from '#operations/context';
import { defineOperation } from '#operations/operation';

const certificate = structure('Certificate', objectSchemas.Certificate);

/**
 * KMIP 2.1 §6.1.57 (1.4 §4.24). A chain ends in one of the server's own authorities, or in an authority that the client
 * has registered and names: the client decides which authorities it trusts. A certificate that the client or the
 * administrator has revoked is invalid.
 */
export const validate = defineOperation('Validate', {
  rights: ['ask', 'fetch', 'read'],
  served: 'inReserve',
  request: {
    certificate: many(Tag.Certificate, certificate, atMost(maximumChain)),
    uniqueIdentifier: many(Tag.UniqueIdentifier, objectReference, atMost(maximumChain)),
    validityDate: optional(Tag.ValidityDate, dateTime),
  },
  response: { validityIndicator: required(Tag.ValidityIndicator, enumeration('ValidityIndicator')) },

  async run({ certificate: given = [], uniqueIdentifier: references = [], validityDate }, context) {
    if (given.length + references.length === 0)
      throw new KmipError('InvalidField', 'Certificate or Unique Identifier is required');
    if (given.length + references.length > maximumChain) {
      throw new KmipError(
        'InvalidField',
        `Certificate and Unique Identifier must be given at most ${maximumChain} times in all`,
      );
    }
    const kept: Uint8Array[] = [];
    for (const reference of references) kept.push(await load(reference, context));
    const { validity, certificates } = await context.heavily('validateChain', {
      presented: given.map(x509In),
      stored: kept,
      trusted: context.authority.certificates,
      at: validityDate ?? context.now(),
    });
    for (const each of certificates) {
      if (await isRevoked(each, context)) return { validityIndicator: 'Invalid' as const };
    }
    return { validityIndicator: validity };
  },
});

function x509In({ certificateType, certificateValue }: ReturnType<typeof certificate.read>): Uint8Array {
  if (certificateType === 'X_509') return certificateValue;
  throw new KmipError('InvalidField', 'Certificate Type must be X_509');
}

async function load(reference: Parameters<Context['load']>[0], context: Context): Promise<Uint8Array> {
  const loaded = await context.load(reference, 'fetch');
  const type = objectTypeOf(loaded.object);
  if (type !== 'Certificate') throw new KmipError('InvalidObjectType', `Object Type must be Certificate, not ${type}`);
  if (isDestroyed(loaded.object.attributes.state)) throw objectDestroyed('Certificate');
  const held = loaded.openStructure();
  if (held.objectType !== 'Certificate') throw new Error('the structure of a Certificate object is not a Certificate');
  return x509In(held);
}

/**
 * A certificate in the request may be one that the client has registered and revoked: it is recognised by its issuer
 * and serial number.
 */
async function isRevoked(
  { der, issuer, serialNumber }: JudgedChain['certificates'][number],
  context: Context,
): Promise<boolean> {
  if (await context.authority.hasRevoked(der)) return true;
  const value = { issuerDistinguishedName: issuer, certificateSerialNumber: serialNumber };
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
