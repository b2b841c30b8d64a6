/**
 * PKCS#12 containers (RFC 7292): a private key and its certificates under one password. This file writes them,
 * read-pkcs12.ts reads them.
 */
import { createHash } from 'node:crypto';
import { BmpString } from 'asn1js';
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  ContentInfo,
  EncryptedContentInfo,
  EncryptedData,
  PFX,
  PKCS8ShroudedKeyBag,
  SafeBag,
  SafeContents,
} from 'pkijs';
import type { Random } from '#crypto/padding';
import { legacy, modern, octets, type Encrypted } from './pkcs12-protection.ts';

export interface Pkcs12 {
  /** PKCS#8. */
  readonly privateKey?: Uint8Array | undefined;
  /** DER: that of the key, and those that lead from it to the root. */
  readonly certificates: readonly Uint8Array[];
}

const protections = { modern, legacy };
export type Pkcs12Format = keyof typeof protections;

export interface Pkcs12Options {
  /** Shown by key stores, and by Java the name that the entry is found by. */
  readonly friendlyName: string;
  readonly password: string;
  /** `legacy` for old Windows, Java and arrays that cannot read AES. */
  readonly format?: Pkcs12Format | undefined;
  readonly random: Random;
}

const BagType = {
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
} as const;
/** RFC 7292 §4.2.3. */
const x509Certificate = '1.2.840.113549.1.9.22.1';
/** RFC 2985 §5.5. */
export const AttributeType = { friendlyName: '1.2.840.113549.1.9.20', localKeyId: '1.2.840.113549.1.9.21' } as const;

export function writePkcs12({ privateKey, certificates }: Pkcs12, options: Pkcs12Options): Buffer {
  const { friendlyName, password, format = 'modern', random } = options;
  const protection = protections[format];
  const id = sha1(certificates[0] ?? privateKey ?? new Uint8Array(0));
  // The same attributes on the key and on its certificate are how readers find that they belong together.
  const attributes = () => [
    new Attribute({ type: AttributeType.friendlyName, values: [new BmpString({ value: friendlyName })] }),
    new Attribute({ type: AttributeType.localKeyId, values: [octets(id)] }),
  ];
  const safeContents: ContentInfo[] = [];
  if (privateKey !== undefined) {
    const shrouded = protection.encrypt(privateKey, password, random);
    const bagValue = new PKCS8ShroudedKeyBag({
      encryptionAlgorithm: shrouded.algorithm,
      encryptedData: octets(shrouded.bytes),
    });
    const bag = new SafeBag({ bagId: BagType.shroudedKey, bagValue, bagAttributes: attributes() });
    safeContents.push(dataOf(contentsOf([bag])));
  }
  if (certificates.length > 0) {
    const bags = certificates.map((der, place) => {
      // Its bytes as they are: read and written again they might be others.
      const bagValue = new CertBag({ certId: x509Certificate, certValue: octets(der) });
      return new SafeBag({ bagId: BagType.certificate, bagValue, ...(place === 0 && { bagAttributes: attributes() }) });
    });
    safeContents.push(encryptedDataOf(protection.encrypt(contentsOf(bags), password, random)));
  }
  const bytes = new Uint8Array(new AuthenticatedSafe({ safeContents }).toSchema().toBER());
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

const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest();
