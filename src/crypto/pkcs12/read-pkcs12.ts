/** Reads PKCS#12 containers (RFC 7292): ours, those of openssl, and those of key stores. */
import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { BmpString, OctetString, type AsnType } from 'asn1js';
import {
  CertBag,
  ContentInfo,
  EncryptedData,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeContents,
  type SafeBag,
} from 'pkijs';
import { KmipError } from '#protocol/kmip-error';
import { chainFrom } from '#crypto/certificates/certificate-chain';
import { childrenOf, derRules, readDer } from '#crypto/der';
import { AttributeType, type Pkcs12 } from './pkcs12.ts';
import { decrypt, isAuthentic, roundsOfContainer, type TakeRounds } from './pkcs12-protection.ts';

export const maximumPkcs12Bytes = derRules.container.bytes;
const maximumEntries = 64;

/** What a container holds, in its order. */
export interface Pkcs12Entries {
  readonly keys: readonly NamedKey[];
  readonly certificates: readonly Uint8Array[];
}

export interface NamedKey {
  /** PKCS#8. */
  readonly privateKey: Uint8Array;
  readonly friendlyName?: string | undefined;
}

/**
 * All keys and certificates of a container.
 * @throws KmipError BadPassword when it cannot be opened, InvalidField for anything but such a container, or for one
 * that takes too much work.
 */
export function readPkcs12(bytes: Uint8Array, password: string): Pkcs12Entries {
  if (bytes.length > maximumPkcs12Bytes) {
    throw new KmipError(
      'InvalidField',
      `the PKCS#12 container must have at most ${maximumPkcs12Bytes} bytes, not ${bytes.length}`,
    );
  }
  const file = parse(() => new PFX({ schema: valueIn(bytes) }));
  const content = parse(() => bytesIn(file.authSafe.content));
  const take = roundsOfContainer();
  // The authentication is checked before anything else is believed.
  if (file.macData !== undefined && !isAuthentic(content, file.macData, password, take)) throw cannotOpen();
  const keys: NamedKey[] = [];
  const certificates: Uint8Array[] = [];
  for (const info of parse(() => contentsIn(content))) {
    const bags = bagsOf(info, password, take);
    for (const bag of bags) {
      const { bagValue } = bag;
      if (bagValue instanceof PKCS8ShroudedKeyBag) {
        const { encryptionAlgorithm, encryptedData } = bagValue;
        const privateKey = decrypted(() => decrypt(encryptionAlgorithm, bytesIn(encryptedData), password, take));
        keys.push({ privateKey, friendlyName: friendlyNameOf(bag) });
      } else if (bagValue instanceof PrivateKeyInfo) {
        keys.push({ privateKey: new Uint8Array(bagValue.toSchema().toBER()), friendlyName: friendlyNameOf(bag) });
      } else if (bagValue instanceof CertBag && bagValue.certValue instanceof OctetString) {
        certificates.push(bytesIn(bagValue.certValue));
      }
      if (keys.length + certificates.length > maximumEntries) {
        throw new KmipError('InvalidField', `the PKCS#12 container must have at most ${maximumEntries} entries`);
      }
    }
  }
  return { keys, certificates };
}

/**
 * The key of this friendly name, or else the first, with those certificates that belong to it: its own, if there is
 * one, and its issuers up to the root. Names are compared without case (RFC 2985 §5.5.1). Undefined when no key has the
 * name.
 */
export function entryOf(
  { keys, certificates }: Pkcs12Entries,
  friendlyName: string | undefined,
): (NamedKey & Pkcs12) | undefined {
  const key = keys.find((each) => friendlyName === undefined || isSameName(each.friendlyName, friendlyName));
  return key === undefined ? undefined : { ...key, certificates: chainOf(key.privateKey, certificates) };
}

export const isSameName = (one: string | undefined, other: string | undefined): boolean =>
  one?.toLowerCase() === other?.toLowerCase();

function chainOf(privateKey: Uint8Array, among: readonly Uint8Array[]): readonly Uint8Array[] {
  const [key, certificates] = parse((): [KeyObject, X509Certificate[]] => [
    createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }),
    among.map((each) => new X509Certificate(each)),
  ]);
  const own = certificates.find((each) => each.checkPrivateKey(key));
  return own === undefined ? [] : chainFrom(own, certificates).map(({ raw }) => raw);
}

const cannotOpen = (): KmipError =>
  new KmipError(
    'BadPassword',
    'the PKCS#12 container cannot be opened: the password is wrong, or the container was changed',
  );

/** Any error of the parsers means an invalid encoding. */
function parse<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new KmipError('InvalidField', 'the PKCS#12 container cannot be read: its encoding is invalid');
  }
}

/** A wrong password shows by what cannot be decrypted, since a container may have no MAC. */
function decrypted<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw error instanceof KmipError ? error : cannotOpen();
  }
}

const what = 'the PKCS#12 container';
const valueIn = (bytes: Uint8Array): AsnType => readDer(bytes, what, derRules.container);

const bytesIn = (octets: OctetString): Uint8Array => new Uint8Array(octets.getValue());

const contentsIn = (bytes: Uint8Array): ContentInfo[] =>
  childrenOf(valueIn(bytes), what).map((schema) => new ContentInfo({ schema }));

function bagsOf(info: ContentInfo, password: string, take: TakeRounds): readonly SafeBag[] {
  if (info.contentType !== ContentInfo.ENCRYPTED_DATA) {
    return parse(() => new SafeContents({ schema: valueIn(bytesIn(info.content)) }).safeBags);
  }
  const { encryptedContentInfo } = parse(() => new EncryptedData({ schema: info.content }));
  const encrypted = parse(() => new Uint8Array(encryptedContentInfo.getEncryptedContent()));
  return decrypted(() => {
    const contents = decrypt(encryptedContentInfo.contentEncryptionAlgorithm, encrypted, password, take);
    return new SafeContents({ schema: valueIn(contents) }).safeBags;
  });
}

function friendlyNameOf({ bagAttributes = [] }: SafeBag): string | undefined {
  const [name] = bagAttributes.find(({ type }) => type === AttributeType.friendlyName)?.values ?? [];
  return name instanceof BmpString ? name.getValue() : undefined;
}
