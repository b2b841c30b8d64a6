/**
 * Private keys in PKCS#12 containers: Register and Import read them, Get and Export write them (KMIP 2.1 §4.39,
 * §6.1.19; 1.4 §3.45, §4.11).
 */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { writeKey } from '#crypto/keys/key-formats';
import { keyObjectOf } from '#crypto/keys/key-objects';
import type { Attributes } from '#objects/attributes/attributes';
import { isWrapped, type ObjectStructure } from '#objects/object-structure';
import { containerIn, containerMaterial, type OpenedContainer } from '#objects/opened-container';
import { enumerationHas } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { atRest, type Version } from '#protocol/versions';
import { keyIn } from '#operations/key-material/asymmetric-keys';
import type { RequestedForm } from '#operations/key-material/key-format';
import { chainOfCertificate, chainOfKey } from './linked-certificates.ts';
import type { Context, Loaded } from '#operations/context';

/** "If this attribute is absent ... the server SHOULD use an alias/friendly name of 'alias'" (2.1 §4.39). */
const usualName = 'alias';

/**
 * The object as it is stored, with the private key from its container, and attributes from the container: "If no such
 * alias/friendly name is supplied, the server SHALL record the alias/friendly name (if any) it finds for the first
 * Private Key in the Key Material."
 * @throws KmipError BadPassword when the password is missing or wrong, InvalidField and InvalidAttributeValue when the
 * container does not have the key.
 */
export async function outOfContainer(
  structure: ObjectStructure,
  given: Attributes,
  context: Context,
): Promise<{ readonly structure: ObjectStructure; readonly found: Attributes }> {
  if (structure.objectType !== 'PrivateKey' || structure.keyBlock.keyFormatType !== 'PKCS_12') {
    return { structure, found: {} };
  }
  const { keyBlock } = structure;
  const { keyValue } = keyBlock;
  // The server cannot read a wrapped container.
  if (keyValue === undefined || isWrapped(keyValue)) return { structure, found: {} };
  const { keyMaterial: container } = keyValue;
  if (!(container instanceof Uint8Array)) {
    throw new KmipError('InvalidField', 'Key Material must be a Byte String for Key Format Type PKCS_12');
  }
  const password = await passwordOf(given, context);
  const { privateKey, certificates, friendlyName } = await context.heavily('openPkcs12', {
    container,
    password,
    friendlyName: given.pkcs12FriendlyName,
  });
  context.wipeLater(privateKey);
  const keyMaterial = containerMaterial({ container, privateKey, certificates });
  return {
    structure: { ...structure, keyBlock: { ...keyBlock, keyValue: { ...keyValue, keyMaterial } } },
    found: friendlyName === undefined ? {} : { pkcs12FriendlyName: friendlyName },
  };
}

/** Whether a container is requested, or the key was registered in one. Containers do not have compression. */
export function isPacked(
  object: ObjectStructure,
  { keyFormatType: asked, keyCompressionType }: RequestedForm,
  version: Version,
): boolean {
  if (keyCompressionType !== undefined) return false;
  if (object.objectType === 'Certificate') return asked === 'PKCS_12' && object.certificateType === 'X_509';
  if (object.objectType !== 'PrivateKey' || !enumerationHas('KeyFormatType', 'PKCS_12', version)) return false;
  const { keyFormatType: held, keyValue } = object.keyBlock;
  return (asked ?? held) === 'PKCS_12' && keyValue !== undefined && !isWrapped(keyValue);
}

/**
 * The private key with its certificate chain, or the certificate with its chain, in a container under the password that
 * its PKCS#12 Password Link names. The registered container is returned as long as nothing has changed.
 */
export async function inContainer(
  structure: ObjectStructure,
  loaded: Loaded,
  context: Context,
): Promise<ObjectStructure> {
  const { object } = loaded;
  const password = await passwordOf(object.attributes, context);
  const { pkcs12FriendlyName: friendlyName } = object.attributes;
  const pack = (privateKey: Uint8Array | undefined, certificates: readonly Uint8Array[]): Promise<Uint8Array> =>
    context.heavily('writePkcs12', {
      privateKey,
      certificates,
      friendlyName: friendlyName ?? usualName,
      password,
    });
  if (structure.objectType === 'Certificate') {
    return { ...structure, certificateValue: await pack(undefined, await chainOfCertificate(loaded, context)) };
  }
  if (!('keyBlock' in structure)) throw noContainer();
  const { keyBlock } = structure;
  const key = keyIn('private', keyBlock, object.attributes, atRest);
  const privateKey = key && writeKey(key, 'PKCS_8', atRest);
  if (key === undefined || !(privateKey instanceof Uint8Array)) throw noContainer();
  context.wipeLater(privateKey);
  const held = containerIn(keyBlock);
  const linked = await chainOfKey(object, context);
  const certificates = linked.length > 0 ? linked : (held?.certificates ?? []);
  if (certificates[0] !== undefined) checkBelongs(certificates[0], keyObjectOf(key));
  const stands =
    held !== undefined &&
    hasChain(held, certificates) &&
    (await context.heavily('opensPkcs12', { container: held.container, password, friendlyName }));
  const keyMaterial = stands ? held.container : await pack(privateKey, certificates);
  // A wrapped one, which would be bytes, has no key to read.
  const attributes = keyBlock.keyValue instanceof Uint8Array ? undefined : keyBlock.keyValue;
  return {
    ...structure,
    keyBlock: { ...keyBlock, keyFormatType: 'PKCS_12', keyValue: { ...attributes, keyMaterial } },
  };
}

const noContainer = (): KmipError =>
  new KmipError('KeyFormatTypeNotSupported', 'Key Format Type PKCS_12 is not supported for this private key');

/** Readers could not match the key and the certificate. */
function checkBelongs(certificate: Uint8Array, key: KeyObject): void {
  if (new X509Certificate(certificate).checkPrivateKey(key)) return;
  throw new KmipError('KeyFormatTypeNotSupported', 'the linked certificate does not match the private key');
}

const hasChain = ({ certificates: held }: OpenedContainer, certificates: readonly Uint8Array[]): boolean =>
  held.length === certificates.length &&
  held.every((each, place) => Buffer.from(each).equals(certificates[place] as Uint8Array));

const badPassword = (why: string): KmipError => new KmipError('BadPassword', `PKCS#12 Password Link: ${why}`);

/**
 * 2.1 §11.46: "missing or multiple PKCS#12 Password Links, or not Secret Data, or not Active"; 1.4 §11.4: "or the
 * Secret Data Type is not Password".
 */
async function passwordOf({ link = [] }: Attributes, context: Context): Promise<string> {
  const [only, second] = link.filter(({ linkType }) => linkType === 'PKCS_12PasswordLink');
  if (only === undefined || second !== undefined) throw badPassword('must be given exactly once');
  const loaded = await loadPassword(only.linkedObjectIdentifier, context);
  const { state, destroyDate } = loaded.object.attributes;
  if (destroyDate !== undefined || (context.rules.passwordsAreActive && state !== 'Active')) {
    throw badPassword('the linked object must be Active');
  }
  const structure = loaded.openStructure();
  if (structure.objectType !== 'SecretData' || structure.secretDataType !== 'Password') {
    throw badPassword('the linked object must be Secret Data of type Password');
  }
  const { keyValue } = structure.keyBlock;
  const bytes = keyValue === undefined || isWrapped(keyValue) ? undefined : keyValue.keyMaterial;
  if (!(bytes instanceof Uint8Array)) throw badPassword('the server cannot read the password');
  const password = Buffer.from(bytes).toString('utf8');
  bytes.fill(0);
  return password;
}

async function loadPassword(reference: Parameters<Context['load']>[0], context: Context): Promise<Loaded> {
  try {
    return await context.load(reference, 'use');
  } catch (error) {
    if (!(error instanceof KmipError) || error.reason !== 'ObjectNotFound') throw error;
    throw badPassword(error.message);
  }
}
