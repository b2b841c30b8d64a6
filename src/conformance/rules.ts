/**
 * How an answer may differ from the one that a case file prints: the permitted variations of the Profiles (Symmetric
 * Key Lifecycle Profile 1.0 §4.7 and the like), one row each. Where no row applies, presence, type, value and order
 * must be equal.
 */
import { ItemType, type Item } from '#ttlv/item';
import { enumerationNumber } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import { isContainer, isRandom, isResult, sameLength, usesUnknownKey } from './chance.ts';
import { attributeIn, datesIn } from './ledger.ts';
import { among, objectOf, type Scene, type Spot } from './scene.ts';
import { numberIn, partOf, sameValue, textIn } from './tree.ts';
import { variableIn, type Bound } from './variables.ts';

export interface Rule {
  readonly name: string;
  /** Values of the same type that count as equal. The content of a structure that counts as equal is not compared. */
  readonly value?: (expected: Item, actual: Item, spot: Spot) => boolean;
  /** Items that are optional. */
  readonly presence?: (item: Item, spot: Spot) => boolean;
  /** Items of which an answer may have more than expected. */
  readonly more?: (item: Item, spot: Spot) => boolean;
  /** Items of one group may be in any order within their structure. */
  readonly order?: (item: Item, spot: Spot) => string | undefined;
}

const isIdentifier = among(
  'UniqueIdentifier',
  'PrivateKeyUniqueIdentifier',
  'PublicKeyUniqueIdentifier',
  'LinkedObjectIdentifier',
  'ShortUniqueIdentifier',
);

const isOwnWord = among('TimeStamp', 'LeaseTime', 'ServerInformation');
const isCorrelation = among(
  'ClientCorrelationValue',
  'ServerCorrelationValue',
  'AsynchronousCorrelationValue',
  'CorrelationValue',
);

/** What the answer to each Query Function lists (2.1 §6.1.40). */
const listedBy: Readonly<Record<string, readonly TagName[]>> = {
  QueryOperations: ['Operation'],
  QueryObjects: ['ObjectType'],
  QueryApplicationNamespaces: ['ApplicationNamespace'],
  QueryExtensionList: ['ExtensionInformation'],
  QueryExtensionMap: ['ExtensionInformation'],
  QueryAttestationTypes: ['AttestationType'],
  QueryRNGs: ['RNGParameters'],
  QueryValidations: ['ValidationInformation'],
  QueryProfiles: ['ProfileInformation'],
  QueryCapabilities: ['CapabilityInformation'],
  QueryClientRegistrationMethods: ['ClientRegistrationMethod'],
  QueryStorageProtectionMasks: ['ProtectionStorageMask', 'ProtectionStorageMasks'],
};

/** The item belongs to a list whose content depends on the server. */
function isListed({ meaning, within, scene }: Spot): boolean {
  if (meaning === undefined || within.at(-1) !== 'ResponsePayload') return false;
  if (scene.operation === 'DiscoverVersions') {
    return meaning === 'ProtocolVersion' && !scene.asked.some(({ tag }) => tag === Tag.ProtocolVersion);
  }
  if (scene.operation !== 'Query') return false;
  return Object.entries(listedBy).some(
    ([name, tags]) =>
      tags.some((tag) => tag === meaning) &&
      scene.asked.some((item) => numberIn(item) === enumerationNumber('QueryFunction', name)),
  );
}

const holdsAttributes = among(
  'Attributes',
  'CommonAttributes',
  'PrivateKeyAttributes',
  'PublicKeyAttributes',
  'TemplateAttribute',
  'CommonTemplateAttribute',
  'PrivateKeyTemplateAttribute',
  'PublicKeyTemplateAttribute',
);

/** The item is an attribute or the name of one: others may be present in addition. */
function isAttribute(spot: Spot): boolean {
  const { meaning } = spot;
  const parent = spot.within.at(-1);
  if (parent !== undefined && holdsAttributes({ ...spot, meaning: parent })) return true;
  return (
    parent !== 'Attribute' &&
    parent !== 'AttributeReference' &&
    (meaning === 'Attribute' || meaning === 'AttributeName' || meaning === 'AttributeReference')
  );
}

const asksForNoAttribute = ({ operation, asked }: Scene): boolean =>
  operation === 'GetAttributeList' ||
  operation === 'Export' ||
  (operation === 'GetAttributes' &&
    !asked.some(({ tag }) => tag === Tag.AttributeName || tag === Tag.AttributeReference));

/** `y-` marks an attribute that the server defined (1.4 §3.39); in 2.x its vendor is `y`. */
const isServersOwn = (item: Item): boolean =>
  attributeIn(item)?.name.startsWith('y-') === true ||
  (item.tag === Tag.AttributeName && textIn(item)?.startsWith('y-') === true) ||
  textIn(partOf(item, Tag.VendorIdentification)) === 'y';

const variables = {
  name: 'a variable is bound at first sight, and equal ever after',
  value(expected: Item, actual: Item, { scene }: Spot): boolean {
    const name = variableIn(expected);
    if (name === undefined) return false;
    const bound = scene.bindings.get(name);
    if (bound !== undefined) return sameValue({ ...expected, value: bound } as Item, actual);
    scene.bindings.set(name, actual.value as Bound);
    return true;
  },
} satisfies Rule;

export const rules: readonly Rule[] = [
  variables,
  {
    name: 'other identifiers are free',
    value: (_, __, spot) => isIdentifier(spot),
  },
  {
    name: 'a date that the client set comes back, others are plausible',
    value(expected, actual, { meaning = '', scene }) {
      if (expected.type !== ItemType.DateTime || actual.type !== ItemType.DateTime || meaning === 'TimeStamp')
        return false;
      const set = datesIn(scene.asked).get(meaning) ?? objectOf(scene).dates.get(meaning);
      if (set !== undefined) return actual.value === set;
      if (actual.value >= scene.earliest && actual.value <= scene.latest) return true;
      return actual.value >= expected.value && actual.value <= expected.value + scene.elapsed;
    },
  },
  {
    // One case of 1.4 prints an answer in 1.3 to a request in 1.4.
    name: 'an answer has the version of its request',
    value: (_, actual, { meaning, within, scene }) =>
      (meaning === 'ProtocolVersionMajor' || meaning === 'ProtocolVersionMinor') &&
      within.join() === 'ResponseHeader,ProtocolVersion' &&
      scene.asked.some(
        (item) => item.tag === Tag.ProtocolVersion && partOf(item, Tag[meaning])?.value === actual.value,
      ),
  },
  {
    name: 'Result Message is free',
    value: (_, __, spot) => among('ResultMessage')(spot),
    presence: (_, spot) => among('ResultMessage')(spot),
  },
  {
    name: "Time Stamp, Lease Time and Server Information are the server's own",
    value: (_, __, spot) => isOwnWord(spot),
  },
  { name: 'correlation values are free', value: (_, __, spot) => isCorrelation(spot) },
  {
    // The BL cases of 2.1 print one, all others print none after the same kind of request.
    name: 'Server Correlation Value may be there or not',
    presence: (_, spot) => among('ServerCorrelationValue')(spot),
  },
  {
    name: 'Query, and Discover Versions without a list, may list more, in any order',
    more: (_, spot) => isListed(spot),
    order: (_, spot) => (isListed(spot) ? spot.meaning : undefined),
  },
  {
    name: "vendor texts of Query are the server's own",
    value: (_, __, spot) => spot.scene.operation === 'Query' && among('VendorIdentification')(spot),
  },
  {
    name: 'Get Attributes without names, Get Attribute List and Export may hold more attributes',
    more: (_, spot) => isAttribute(spot) && asksForNoAttribute(spot.scene),
  },
  {
    name: 'attributes and located identifiers stand in any order',
    order(_, spot) {
      if (isAttribute(spot)) return 'attributes';
      return spot.scene.operation === 'Locate' && isIdentifier(spot) && spot.within.at(-1) === 'ResponsePayload'
        ? 'identifiers'
        : undefined;
    },
  },
  {
    name: 'Attribute Index 0 may be left out or given',
    presence: (item, spot) => among('AttributeIndex')(spot) && item.value === 0,
  },
  {
    name: 'what the server generated is its own, the length of a symmetric key is fixed',
    value(expected, actual, { meaning, within, scene }) {
      if (objectOf(scene).given) return false;
      if (meaning === 'DigestValue') return sameLength(expected, actual);
      if (meaning === 'CertificateValue') return true;
      if (expected.type === ItemType.Structure) return false;
      if (meaning !== 'KeyMaterial' && !within.includes('KeyMaterial')) return false;
      return !within.includes('SymmetricKey') || sameLength(expected, actual);
    },
  },
  {
    name: 'results of a key that the server generated have the same length',
    value: (expected, actual, spot) => isResult(spot) && sameLength(expected, actual) && usesUnknownKey(spot.scene),
  },
  {
    name: 'results that are random by nature have the same length',
    value: (expected, actual, spot) => isResult(spot) && sameLength(expected, actual) && isRandom(spot),
  },
  {
    name: 'a PKCS#12 container is another each time',
    value: (expected, actual, spot) =>
      isContainer(spot) && expected.type === ItemType.ByteString && actual.type === ItemType.ByteString,
  },
  {
    name: "custom attributes y-... are the server's own",
    presence: (item, spot) => isAttribute(spot) && isServersOwn(item),
  },
];

export const isPresentAtWill = (item: Item, spot: Spot): boolean =>
  rules.some(({ presence }) => presence?.(item, spot) === true);
export const mayBeMore = (item: Item, spot: Spot): boolean => rules.some(({ more }) => more?.(item, spot) === true);
export function groupOf(item: Item, spot: Spot): string | undefined {
  for (const { order } of rules) {
    const group = order?.(item, spot);
    if (group !== undefined) return group;
  }
  return undefined;
}
/** A variable is compared only by its own value, never by the other rules. */
export const passes = (expected: Item, actual: Item, spot: Spot): boolean =>
  variableIn(expected) === undefined
    ? rules.some(({ value }) => value?.(expected, actual, spot) === true)
    : variables.value(expected, actual, spot);
