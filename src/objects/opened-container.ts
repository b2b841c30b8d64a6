/**
 * A private key that was registered in a PKCS#12 container (KMIP 2.1 §4.39; 1.4 §3.45) is stored outside the container,
 * because the password is another object, which may change or be destroyed. The container is stored beside the key, to
 * be returned unchanged. This form of Key Material never leaves the server.
 */
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import type { KeyBlock, KeyMaterial } from './object-structure.ts';

export interface OpenedContainer {
  /** The container as registered, under the password of that time. */
  readonly container: Uint8Array;
  /** PKCS#8. */
  readonly privateKey: Uint8Array;
  /** DER: the certificate of the key, and those of its issuers. */
  readonly certificates: readonly Uint8Array[];
}

const bytesItem = (tag: number, value: Uint8Array): Item => ({ tag, type: ItemType.ByteString, value });

export const containerMaterial = ({ container, privateKey, certificates }: OpenedContainer): KeyMaterial => [
  bytesItem(Tag.KeyMaterial, container),
  bytesItem(Tag.PrivateKey, privateKey),
  ...certificates.map((each) => bytesItem(Tag.CertificateValue, each)),
];

/** The content of a Key Block of that form; undefined for every other, such as one whose container is wrapped. */
export function containerIn({ keyFormatType, keyValue }: KeyBlock): OpenedContainer | undefined {
  if (keyFormatType !== 'PKCS_12' || keyValue === undefined || keyValue instanceof Uint8Array) return undefined;
  const { keyMaterial } = keyValue;
  if (keyMaterial instanceof Uint8Array) return undefined;
  const under = (tag: number): Uint8Array[] =>
    keyMaterial.flatMap((item) => (item.tag === tag && item.type === ItemType.ByteString ? [item.value] : []));
  const [container] = under(Tag.KeyMaterial);
  const [privateKey] = under(Tag.PrivateKey);
  if (container === undefined || privateKey === undefined) return undefined;
  return { container, privateKey, certificates: under(Tag.CertificateValue) };
}
