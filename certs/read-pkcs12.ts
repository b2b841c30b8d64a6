import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';

import { fromBER, OctetString } from 'asn1js';
import {
  CertBag,
  ContentInfo,
  EncryptedContentInfo,
  EncryptedData,
  PBES2Params,
  PBKDF2Params,
  PFX,
  PKCS8ShroudedKeyBag,
  SafeContents,
  type SafeBag,
} from 'pkijs';

import { CertificateError } from './certificate-error.ts';
import { readCertificate } from './inspect.ts';
import type { Pkcs12Content } from './pkcs12.ts';

/** Reads PKCS#12 files in the modern format (PBES2), ours and those of openssl 3. */

export const maximumPkcs12Bytes = 256 * 1024;
/** The derivation for encryption runs on the thread pool, the one for authentication in JavaScript. */
const maximumRounds = { encryption: 1_000_000, authentication: 100_000 };
const derBounds = { maxDepth: 24, maxNodes: 5000, maxContentLength: maximumPkcs12Bytes };
const pbes2 = '1.2.840.113549.1.5.13';

/** Throws a CertificateError for a wrong password, broken bytes, the legacy format, or a file without key and certificate. */
export async function readPkcs12(bytes: Uint8Array, password: string): Promise<Pkcs12Content> {
  if (bytes.length > maximumPkcs12Bytes) {
    throw new CertificateError(
      `the PKCS#12 file is ${bytes.length} bytes long, at most ${maximumPkcs12Bytes} are read`,
    );
  }
  try {
    return await open(bytes, Uint8Array.from(Buffer.from(password)).buffer);
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    throw new CertificateError('the PKCS#12 file cannot be opened', 'the password is wrong, or the file was changed');
  }
}

async function open(bytes: Uint8Array, password: ArrayBuffer): Promise<Pkcs12Content> {
  const { offset, result } = fromBER(Uint8Array.from(bytes), derBounds);
  if (offset !== bytes.length) throw new CertificateError('the PKCS#12 file cannot be read: its encoding is broken');
  const file = new PFX({ schema: result });
  assertIterations(file.macData?.iterations ?? 1, maximumRounds.authentication);
  // The authentication is checked before anything else is believed.
  await file.parseInternalValues({ password, checkIntegrity: true });
  const keys: KeyObject[] = [];
  const certificates: X509Certificate[] = [];
  for (const info of file.parsedValue?.authenticatedSafe?.safeContents ?? []) {
    for (const { bagValue } of await bagsOf(info, password)) {
      if (bagValue instanceof PKCS8ShroudedKeyBag) keys.push(await keyIn(bagValue, password));
      if (bagValue instanceof CertBag) certificates.push(certificateIn(bagValue));
    }
  }
  return arrange(keys, certificates);
}

async function bagsOf(info: ContentInfo, password: ArrayBuffer): Promise<SafeBag[]> {
  const contents =
    info.contentType === ContentInfo.ENCRYPTED_DATA
      ? await decrypt(new EncryptedData({ schema: info.content }).encryptedContentInfo, password)
      : (info.content as OctetString).getValue();
  return SafeContents.fromBER(contents).safeBags;
}

async function keyIn(bag: PKCS8ShroudedKeyBag, password: ArrayBuffer): Promise<KeyObject> {
  const content = new EncryptedContentInfo({
    contentEncryptionAlgorithm: bag.encryptionAlgorithm,
    encryptedContent: bag.encryptedData,
  });
  const key = Buffer.from(await decrypt(content, password));
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function certificateIn({ parsedValue }: CertBag): X509Certificate {
  return readCertificate(new Uint8Array(parsedValue.toSchema().toBER()));
}

/** Only PBES2, and only after a look at how long it would take. */
async function decrypt(content: EncryptedContentInfo, password: ArrayBuffer): Promise<ArrayBuffer> {
  const { algorithmId, algorithmParams } = content.contentEncryptionAlgorithm;
  if (algorithmId !== pbes2) {
    throw new CertificateError(
      'the PKCS#12 file is in the legacy format, which is written but not read',
      'convert it: openssl pkcs12 -legacy -in OLD -nodes | openssl pkcs12 -export -out NEW',
    );
  }
  const { keyDerivationFunc } = new PBES2Params({ schema: algorithmParams });
  const { iterationCount } = new PBKDF2Params({ schema: keyDerivationFunc.algorithmParams });
  assertIterations(iterationCount, maximumRounds.encryption);
  return new EncryptedData({ encryptedContentInfo: content }).decrypt({ password });
}

function assertIterations(count: number, bound: number): void {
  if (count >= 1 && count <= bound) return;
  throw new CertificateError(`the PKCS#12 file asks for ${count} iterations, 1 to ${bound} are made`);
}

/** The order in the file says nothing: the certificate is the one that the key belongs to. */
function arrange(keys: readonly KeyObject[], certificates: readonly X509Certificate[]): Pkcs12Content {
  const [privateKey] = keys;
  if (privateKey === undefined || keys.length > 1) {
    throw new CertificateError(`the PKCS#12 file holds ${keys.length} keys, it must hold one`);
  }
  const certificate = certificates.find((candidate) => candidate.checkPrivateKey(privateKey));
  if (certificate === undefined) throw new CertificateError('the PKCS#12 file holds no certificate for its key');
  return { certificate, privateKey, chain: certificates.filter((other) => other !== certificate) };
}
