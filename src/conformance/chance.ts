/** Which results of cryptographic operations a second server cannot reproduce. */
import { ItemType, type Item } from '#ttlv/item';
import { enumerationNumber, enumerationValues } from '#protocol/enumerations';
import { Tag } from '#protocol/tags';
import { newestVersion } from '#protocol/versions';
import { allGiven } from './ledger.ts';
import { among, objectOf, type Scene, type Spot } from './scene.ts';
import { numberIn, partOf } from './tree.ts';

const bytesOf = (item: Item): number | undefined => (item.type === ItemType.ByteString ? item.value.length : undefined);
/** Both are bytes, and equally many. */
export const sameLength = (one: Item, other: Item): boolean =>
  bytesOf(one) !== undefined && bytesOf(one) === bytesOf(other);

/** Operations that use a key. */
const keyed: ReadonlySet<string | undefined> = new Set([
  ...['Encrypt', 'Decrypt', 'Sign', 'SignatureVerify', 'MAC', 'MACVerify', 'Get', 'Export'],
]);
export const isResult = among(
  'Data',
  'SignatureData',
  'MACData',
  'AuthenticatedEncryptionTag',
  'IVCounterNonce',
  'KeyValue',
);

const randomSignatures = new Set(
  enumerationValues('DigitalSignatureAlgorithm', newestVersion)
    .filter((name) => /DSA|PSS/.test(name))
    .map((name) => enumerationNumber('DigitalSignatureAlgorithm', name)),
);
const randomSigners = new Set(
  (['DSA', 'ECDSA', 'EC'] as const).map((name) => enumerationNumber('CryptographicAlgorithm', name)),
);

/** The result of the operation is random, whatever the key. */
export function isRandom({ meaning, scene }: Spot): boolean {
  const { operation, asked, answered } = scene;
  if (operation === 'RNGRetrieve') return meaning === 'Data';
  const facts = objectOf(scene);
  const parameters = asked.find(({ tag }) => tag === Tag.CryptographicParameters) ?? facts.parameters;
  const used = facts.algorithm ?? numberIn(partOf(parameters, Tag.CryptographicAlgorithm));
  if (operation === 'Sign') {
    return (
      meaning === 'SignatureData' &&
      (numberIn(partOf(parameters, Tag.PaddingMethod)) === enumerationNumber('PaddingMethod', 'PSS') ||
        randomSignatures.has(numberIn(partOf(parameters, Tag.DigitalSignatureAlgorithm))) ||
        randomSigners.has(used))
    );
  }
  if (operation !== 'Encrypt') return false;
  const has = (items: readonly Item[]): boolean => items.some(({ tag }) => tag === Tag.IVCounterNonce);
  return used === enumerationNumber('CryptographicAlgorithm', 'RSA') || (has(answered) && !has(asked));
}

/**
 * "The wrapping contains variable output for each wrap operation" (§4.7.1, 7b): a PKCS#12 container has salts, and its
 * length varies.
 */
export const isContainer = ({ meaning, scene }: Spot): boolean =>
  meaning === 'KeyMaterial' &&
  scene.asked.some(
    (item) => item.tag === Tag.KeyFormatType && numberIn(item) === enumerationNumber('KeyFormatType', 'PKCS_12'),
  );

/** The operation used a key that the client does not know. */
export const usesUnknownKey = ({ operation, ledger, asked, answered }: Scene): boolean =>
  keyed.has(operation) && !allGiven(ledger, [...asked, ...answered]);
