/** A few names, enough to test encodings that use them. The whole of the standard's is in the protocol ring. */
import { ItemType } from '#ttlv/index';
import type { Names, Place } from '#ttlv/index';

function bothWays<V>(table: Readonly<Record<string, V>>): { of: Map<V, string>; value: Map<string, V> } {
  const value = new Map(Object.entries(table));
  return { value, of: new Map([...value].map(([name, code]) => [code, name])) };
}

const tags = bothWays({
  Attribute: 0x420008,
  AttributeName: 0x42000a,
  AttributeValue: 0x42000b,
  CryptographicUsageMask: 0x42002c,
  KeyMaterial: 0x420043,
  KeyValue: 0x420045,
  ObjectType: 0x420057,
  ProtocolVersion: 0x420069,
  ProtocolVersionMajor: 0x42006a,
  RequestHeader: 0x420077,
  UniqueIdentifier: 0x420094,
});
const objectTypes = bothWays({ Certificate: 1, SymmetricKey: 2 });
const usages = bothWays({ Sign: 1, Verify: 2, Encrypt: 4, Decrypt: 8, CertificateSign: 0x400, Last: 0x80000000 });
const none = bothWays<number>({});

/** The name of the type at this place: in 1.x that of an Attribute Value is what the Attribute Name before it says. */
function typeOf({ tag, siblings }: Place): string | undefined {
  const name = siblings.find((sibling) => sibling.tag === 0x42000a);
  if (tag !== 0x42000b || name?.type !== ItemType.TextString) return tags.of.get(tag);
  return name.value.replace(/ /g, '');
}

const enumerationAt = (place: Place) => (typeOf(place) === 'ObjectType' ? objectTypes : none);
const maskAt = (place: Place) => (typeOf(place) === 'CryptographicUsageMask' ? usages : none);

export const sampleNames: Names = {
  tagName: (tag) => tags.of.get(tag),
  tagCode: (name) => tags.value.get(name),
  enumerationName: (value, place) => enumerationAt(place).of.get(value),
  enumerationValue: (name, place) => enumerationAt(place).value.get(name),
  maskName: (bit, place) => maskAt(place).of.get(bit),
  maskBit: (name, place) => maskAt(place).value.get(name),
  isSecret: (tag) => tags.of.get(tag) === 'KeyMaterial',
};
