/** The certificates that links lead to from a private key (KMIP 2.1 §6.1.19, §11.28; 1.4 §4.11). */
import { maximumChain } from '#crypto/certificates/certificate-chain';
import type { AttributeValue } from '#objects/attributes/attributes';
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { KmipError } from '#protocol/kmip-error';
import type { Context, Loaded } from '#operations/context';

type LinkType = AttributeValue<'link'>['linkType'];

/**
 * "by using the private key's Public Key link to get the corresponding public key (where relevant), and then using that
 * public key's PKCS#12 Certificate Link to get the base certificate"; in 1.4 it is the Certificate Link, and private
 * keys without public ones have links of their own (1.4 §3.35).
 * @throws KmipError KeyFormatTypeNotSupported when there is more than one valid chain.
 */
export async function chainOfKey(privateKey: ManagedObject, context: Context): Promise<readonly Uint8Array[]> {
  const object = (await publicKeyOf(privateKey, context)) ?? privateKey;
  const base = (await certificateAt(object, 'PKCS_12CertificateLink', context)) ?? (await issuerOf(object, context));
  return base === undefined ? [] : await chainOfCertificate(base, context);
}

/** The certificate, and those that its Certificate Links lead to, in DER. */
export async function chainOfCertificate(certificate: Loaded, context: Context): Promise<readonly Uint8Array[]> {
  const chain: Uint8Array[] = [];
  const seen = new Set<string>();
  for (let next: Loaded | undefined = certificate; next !== undefined && !seen.has(next.object.id);) {
    if (seen.size === maximumChain) {
      throw new KmipError(
        'KeyFormatTypeNotSupported',
        `the certificate chain must have at most ${maximumChain} certificates`,
      );
    }
    seen.add(next.object.id);
    const held = next.openStructure();
    if (held.objectType === 'Certificate') chain.push(held.certificateValue);
    next = await issuerOf(next.object, context);
  }
  return chain;
}

const issuerOf = (object: ManagedObject, context: Context): Promise<Loaded | undefined> =>
  certificateAt(object, 'CertificateLink', context);

async function publicKeyOf(privateKey: ManagedObject, context: Context): Promise<ManagedObject | undefined> {
  for await (const { object } of linkedObjects(privateKey, 'PublicKeyLink', context)) {
    if (objectTypeOf(object) === 'PublicKey') return object;
  }
  return undefined;
}

/** "It is an error if there is more than one valid certificate chain." */
async function certificateAt(object: ManagedObject, linkType: LinkType, context: Context): Promise<Loaded | undefined> {
  let only: Loaded | undefined;
  for await (const linked of linkedObjects(object, linkType, context)) {
    if (!isCurrent(linked.object)) continue;
    if (only !== undefined) {
      throw new KmipError('KeyFormatTypeNotSupported', 'there is more than one valid certificate chain');
    }
    only = linked;
  }
  return only;
}

/** A revoked or expired certificate is not part of a valid chain. */
const isCurrent = ({ structure, attributes: { state } }: ManagedObject): boolean =>
  structure.objectType === 'Certificate' &&
  structure.certificateType === 'X_509' &&
  (state === 'PreActive' || state === 'Active');

/**
 * One by one, because there may be hundreds of megabytes each. Links may lead to objects that are gone or belong to
 * another client.
 */
async function* linkedObjects(
  { attributes }: ManagedObject,
  wanted: LinkType,
  context: Context,
): AsyncGenerator<Loaded> {
  for (const { linkType, linkedObjectIdentifier } of attributes.link ?? []) {
    if (linkType !== wanted) continue;
    let linked: Loaded;
    try {
      linked = await context.load(linkedObjectIdentifier, 'fetch');
    } catch (error) {
      if (!(error instanceof KmipError) || error.reason !== 'ObjectNotFound') throw error;
      continue;
    }
    yield linked;
  }
}
