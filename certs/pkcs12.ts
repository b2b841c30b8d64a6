import { createHash, randomBytes, type KeyObject, type X509Certificate } from 'node:crypto';

import { BmpString } from 'asn1js';
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  Certificate,
  ContentInfo,
  EncryptedContentInfo,
  EncryptedData,
  PFX,
  PKCS8ShroudedKeyBag,
  SafeBag,
  SafeContents,
} from 'pkijs';

import { CertificateError } from './certificate-error.ts';
import { assertKeyMatches } from './inspect.ts';
import { legacy, modern, octets, type Encrypted } from './pkcs12-protection.ts';
import type { RandomBytes } from './random.ts';

/**
 * PKCS#12 files (RFC 7292): a key, its certificate and those that lead to the root, under one password. Written here,
 * read in `read-pkcs12.ts`.
 */

export interface Pkcs12Content {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
  /** From the issuer up to the root. */
  readonly chain: readonly X509Certificate[];
}

export interface Pkcs12Options {
  /** Shown by key stores, and by Java the name that the entry is found by. */
  readonly friendlyName: string;
  /** Printable ASCII: readers disagree about everything else. `createPassword` makes one. */
  readonly password: string;
  /** `legacy` for old Windows, Java and arrays that cannot read AES. */
  readonly format?: Pkcs12Format;
  readonly random?: RandomBytes;
}

const protections = { modern, legacy };
export type Pkcs12Format = keyof typeof protections;

const BagType = {
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
} as const;
/** RFC 2985 §5.5. */
const AttributeType = { friendlyName: '1.2.840.113549.1.9.20', localKeyId: '1.2.840.113549.1.9.21' } as const;

export async function createPkcs12(content: Pkcs12Content, options: Pkcs12Options): Promise<Buffer> {
  const { friendlyName, password, format = 'modern', random = randomBytes } = options;
  assertPassword(password);
  assertKeyMatches(content.certificate, content.privateKey);
  const protection = protections[format];
  // The same attributes on the key and on its certificate are how readers find that they belong together.
  const attributes = () => [
    new Attribute({ type: AttributeType.friendlyName, values: [new BmpString({ value: friendlyName })] }),
    new Attribute({ type: AttributeType.localKeyId, values: [octets(sha1(content.certificate.raw))] }),
  ];
  const key = content.privateKey.export({ format: 'der', type: 'pkcs8' });
  const shrouded = await protection.encrypt(key, password, random);
  const keyBag = new SafeBag({
    bagId: BagType.shroudedKey,
    bagValue: new PKCS8ShroudedKeyBag({
      encryptionAlgorithm: shrouded.algorithm,
      encryptedData: octets(shrouded.bytes),
    }),
    bagAttributes: attributes(),
  });
  const certificateBags = [content.certificate, ...content.chain].map((certificate, index) => {
    const bagValue = new CertBag({ parsedValue: Certificate.fromBER(certificate.raw) });
    return new SafeBag({ bagId: BagType.certificate, bagValue, ...(index === 0 && { bagAttributes: attributes() }) });
  });
  const certificates = await protection.encrypt(contentsOf(certificateBags), password, random);
  const safe = new AuthenticatedSafe({
    safeContents: [dataOf(contentsOf([keyBag])), encryptedDataOf(certificates)],
  });
  const bytes = new Uint8Array(safe.toSchema().toBER());
  const macData = protection.authenticate(bytes, password, random);
  return Buffer.from(new PFX({ authSafe: dataOf(bytes), macData }).toSchema().toBER());
}

function contentsOf(safeBags: SafeBag[]): Uint8Array {
  return new Uint8Array(new SafeContents({ safeBags }).toSchema().toBER());
}

function dataOf(bytes: Uint8Array): ContentInfo {
  return new ContentInfo({ contentType: ContentInfo.DATA, content: octets(bytes) });
}

function encryptedDataOf({ algorithm, bytes }: Encrypted): ContentInfo {
  const encryptedContentInfo = new EncryptedContentInfo({
    contentType: ContentInfo.DATA,
    contentEncryptionAlgorithm: algorithm,
    encryptedContent: octets(bytes),
    // Else pkijs cuts the content into pieces of indefinite length, which is BER but not DER.
    disableSplit: true,
  });
  const content = new EncryptedData({ encryptedContentInfo }).toSchema();
  return new ContentInfo({ contentType: ContentInfo.ENCRYPTED_DATA, content });
}

function assertPassword(password: string): void {
  if (!/^[\x20-\x7e]{8,128}$/.test(password)) {
    throw new CertificateError('the password must have 8 to 128 printable ASCII characters');
  }
}

const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest();
