/**
 * Which spoiled answers are none by `cases/README.md`: written down once more, from that page and with nothing of the
 * comparer's own, by the place of the field. The comparer must agree on every single mutation.
 */
import { ItemType, type Item } from '#ttlv/item';
import { Tag } from '#protocol/tags';
import type { Kind, Mutation } from './mutate.ts';

export interface Circumstances {
  readonly caseName: string;
  readonly operation: string | undefined;
  /** The request names attributes, or protocol versions. */
  readonly isNarrow: boolean;
  /** The client gave the key in question. */
  readonly isRegistered: boolean;
  /** The variable of this field, not seen before, stands once in this answer. */
  readonly isFirstSight: boolean;
  /** The client set this date. */
  readonly isSetByClient: boolean;
}

const values: readonly Kind[] = ['changed', 'lengthened', 'a second later', 'years ago'];
type Row = readonly [
  kinds: readonly Kind[],
  path: RegExp,
  when?: (mutation: Mutation, about: Circumstances) => boolean,
];

const lists = /ResponsePayload\/(?:Operation|ObjectType|ApplicationNamespace|ProtocolVersion)$/;
const attributes =
  /\/(?:Attribute\[[^/]*\]|AttributeReference)$|ResponsePayload\/AttributeName$|\/(?:\w*Attributes)\/\w+$/;
const isOpen = ({ operation, isNarrow }: Circumstances): boolean =>
  operation === 'GetAttributeList' || operation === 'Export' || (operation === 'GetAttributes' && !isNarrow);
const isListing = ({ operation, isNarrow }: Circumstances): boolean =>
  operation === 'Query' || (operation === 'DiscoverVersions' && !isNarrow);
const sameTag = ({ expected, other }: Mutation): boolean => expected.tag === other?.tag;
const isAttributeItem = (item: Item | undefined): boolean =>
  item !== undefined && (item.tag === Tag.Attribute || item.tag === Tag.AttributeReference);

const randomEncryption = /^CS-AC-M-OAEP|^CS-BC-M-13-14$/;

export const permitted: readonly Row[] = [
  [values, /./, (_, { isFirstSight }) => isFirstSight],
  [['a second later'], /./, ({ path }, { isSetByClient }) => !isSetByClient && !path.endsWith('TimeStamp')],
  [['changed', 'dropped'], /ResultMessage$/],
  [values, /ResponseHeader\/TimeStamp$|LeaseTime(?:\]\/AttributeValue)?$/],
  [['changed', 'dropped'], /ServerCorrelationValue$/],
  // The request is in 1.4.
  [
    ['changed'],
    /ProtocolVersionMinor$/,
    ({ expected }, { caseName }) => caseName === 'OMOS-O-1-14' && expected.value === 3,
  ],
  [['added'], /ServerInformation\/ServerURI$/],
  [['changed', 'lengthened'], /(?:\/|^)CorrelationValue$/],
  [['changed'], /VendorIdentification$/, (_, { operation }) => operation === 'Query'],
  [['doubled'], lists, (_, about) => isListing(about)],
  [['swapped'], lists, (mutation, about) => isListing(about) && sameTag(mutation)],
  [['doubled'], attributes, (_, about) => isOpen(about)],
  [['added'], /ResponsePayload\/(?:\w*Attributes)\/ServerURI$/, (_, about) => isOpen(about)],
  [
    ['swapped'],
    attributes,
    ({ path, expected, other }) =>
      !/\/\w*Attributes\//.test(path) && isAttributeItem(expected) && isAttributeItem(other),
  ],
  [['swapped'], /\/(?:\w*Attributes)\/[^/]+$/],
  [['swapped'], /ResponsePayload\/(?:AttributeName|UniqueIdentifier)$/, (mutation) => sameTag(mutation)],
  [['index 0'], /\/AttributeName$/],
  [['dropped'], /\/AttributeIndex$/, ({ expected }) => expected.value === 0],
  [['changed'], /\/KeyMaterial(?:\/\w+)?$|\/KeyValue$|DigestValue$/, (_, { isRegistered }) => !isRegistered],
  [
    ['lengthened'],
    /\/KeyMaterial(?:\/\w+)?$/,
    ({ path }, { isRegistered }) => !isRegistered && !path.includes('SymmetricKey'),
  ],
  [
    ['changed'],
    /ResponsePayload\/(?:Data|SignatureData|MACData|IVCounterNonce|AuthenticatedEncryptionTag)$/,
    (_, { operation, isRegistered, caseName }) =>
      operation === 'RNGRetrieve' ||
      (!isRegistered && operation !== 'Hash') ||
      (operation === 'Encrypt' && randomEncryption.test(caseName)),
  ],
];

export function isPermitted(mutation: Mutation, about: Circumstances): boolean {
  if (mutation.expected.type === ItemType.Structure && values.includes(mutation.kind)) return false;
  return permitted.some(
    ([kinds, path, when]) =>
      kinds.includes(mutation.kind) && path.test(mutation.path) && when?.(mutation, about) !== false,
  );
}
