import { writeKey } from '#crypto/keys/key-formats';
import { primeFor, type Part, type Sharing } from '#crypto/sharing/secret-sharing';
import { symmetricKeyBytes } from '#crypto/keys/symmetric-keys';
import { attributeSet } from '#objects/attributes/attribute-groups';
import { valuesIn, type Attributes } from '#objects/attributes/attributes';
import { objectTypeOf } from '#objects/managed-object';
import type { MadeObject } from '#objects/new-object';
import { isWrapped } from '#objects/object-structure';
import { keyLengthNotSupported, keyTypeMissing, keyValueNotPresent } from '#objects/object-errors';
import { asAnswered } from '#protocol/bounds';
import { bigInteger, enumeration, integer } from '#protocol/codecs';
import { many, optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { atRest, V1_2, V2_0 } from '#protocol/versions';
import { formatAsked, withoutFormat } from '#operations/new-object/requested-key-format';
import { keyIn } from '#operations/key-material/asymmetric-keys';
import type { Context, Loaded } from '#operations/context';
import { attributesToMake } from '#operations/new-object/requested-attributes';
import { guardedBy } from '#operations/new-object/inherited-guards';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { defineOperation } from '#operations/operation';
import { checkProtectionStorage, protectionStorageMasks } from '#operations/new-object/protection-storage';
import {
  checkWork,
  isDerFormat,
  isSplitType,
  loadToTake,
  maximumParts,
  ownOf,
  polynomialOf,
  sharingOf,
} from './split-keys.ts';
import { openBytes } from '#operations/key-material/usable-key';

/** KMIP 2.1 §6.1.10 (1.4 §4.38). Splits an existing key, or a new one that no client ever gets as a whole. */
export const createSplitKey = defineOperation('CreateSplitKey', {
  rights: ['create', 'fetch', 'read'],
  served: 'withinQuotas',
  request: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType')),
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    splitKeyParts: required(Tag.SplitKeyParts, integer),
    splitKeyThreshold: required(Tag.SplitKeyThreshold, integer),
    splitKeyMethod: required(Tag.SplitKeyMethod, enumeration('SplitKeyMethod')),
    primeFieldSize: optional(Tag.PrimeFieldSize, bigInteger),
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'required'),
    protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: {
    objectType: required(Tag.ObjectType, enumeration('ObjectType'), { until: V1_2 }),
    uniqueIdentifier: many(Tag.UniqueIdentifier, uniqueIdentifier, asAnswered),
  },

  async run(request, context) {
    const { attributes, uniqueIdentifier: named, objectType } = request;
    checkProtectionStorage(request.protectionStorageMasks);
    const format = formatAsked(attributes) ?? 'Raw';
    if (format !== 'Raw')
      throw new KmipError('KeyFormatTypeNotSupported', 'Key Format Type must be Raw for the parts of a Split Key');
    const given = await attributesToMake('SplitKey', [withoutFormat(attributes)], context);
    const source = named === undefined ? undefined : await loadToTake(named, context);
    // "Determines the type of object to be created": Split Key, but clients may also send the type of the key.
    const splitType = source === undefined ? 'SymmetricKey' : objectTypeOf(source.object);
    if (!isSplitType(splitType) || (objectType !== 'SplitKey' && objectType !== splitType)) {
      throw new KmipError(
        'InvalidObjectType',
        `Object Type ${objectType} is not valid for the parts of a ${splitType}`,
      );
    }
    if (request.splitKeyParts > maximumParts) {
      throw new KmipError('ServerLimitExceeded', `Split Key Parts must be at most ${maximumParts}`);
    }
    if (request.splitKeyParts * valuesIn(given) > maximumValuesOfParts) {
      throw new KmipError(
        'ServerLimitExceeded',
        `the parts must have at most ${maximumValuesOfParts} attribute values in all: give fewer attributes or make fewer parts`,
      );
    }
    const secret = source === undefined ? newSecret(given, context) : secretOf(source);
    try {
      const primeFieldSize = primeAbove(secret, request);
      const sharing = await sharingOf(
        { ...request, primeFieldSize, ...polynomialOf(request.splitKeyMethod, context.rules) },
        context,
      );
      checkWork(secret.length, sharing.threshold, sharing.parts);
      checkBytes(secret.length * sharing.parts);
      const parts = await context.heavily('splitSecret', { secret, sharing });
      const attributesOfParts = source === undefined ? given : ofSource(source, secret, given);
      const made = await asObjects(parts, sharing, attributesOfParts, context);
      await commitNewObjects(made, context);
      const ids = made.map(({ object }) => object.id);
      return { objectType: 'SplitKey' as const, uniqueIdentifier: ids };
    } finally {
      secret.fill(0);
    }
  },
});

/** Every part has all given attributes. The bound is far above what clients give to the maximum of parts. */
const maximumValuesOfParts = 25_000;

/** In bytes: all parts are made and written at once. */
const maximumBytesOfParts = 4 * 1024 * 1024;

function checkBytes(bytes: number): void {
  if (bytes <= maximumBytesOfParts) return;
  throw new KmipError(
    'ServerLimitExceeded',
    `the parts must be at most ${maximumBytesOfParts} bytes in all, not ${bytes}: make fewer parts`,
  );
}

/** "Requests the server to generate a new split key": only symmetric keys consist of random bytes alone. */
function newSecret({ cryptographicAlgorithm, cryptographicLength }: Attributes, context: Context): Uint8Array {
  if (cryptographicAlgorithm === undefined || cryptographicLength === undefined) {
    throw keyTypeMissing();
  }
  const length = symmetricKeyBytes(cryptographicAlgorithm, cryptographicLength);
  if (length !== undefined) return context.random(length);
  throw keyLengthNotSupported(cryptographicAlgorithm, cryptographicLength);
}

/** The bytes of the key; a private key that is not stored as DER is written as PKCS#8. The caller wipes them. */
function secretOf(source: Loaded): Uint8Array {
  const { object } = source;
  if (objectTypeOf(object) !== 'PrivateKey') return openBytes(source);
  const structure = source.openStructure();
  const keyBlock = 'keyBlock' in structure ? structure.keyBlock : undefined;
  if (keyBlock?.keyValue === undefined) throw keyValueNotPresent();
  if (!isWrapped(keyBlock.keyValue)) {
    const { keyMaterial } = keyBlock.keyValue;
    if (keyMaterial instanceof Uint8Array && isDerFormat(keyBlock.keyFormatType)) return keyMaterial;
    const key = keyIn('private', keyBlock, object.attributes, atRest);
    const written = key && writeKey(key, 'PKCS_8', atRest);
    if (written instanceof Uint8Array) return written;
  }
  throw new KmipError('InvalidField', 'the key cannot be split: it is wrapped or incomplete');
}

/** For a prime field: a "prime bigger than 2^L", chosen by the server unless the client gives one. */
function primeAbove(
  secret: Uint8Array,
  { splitKeyMethod: method, primeFieldSize: asked }: { splitKeyMethod: string; primeFieldSize?: bigint | undefined },
): bigint | undefined {
  if (method !== 'PolynomialSharingPrimeField') return undefined;
  const bits = secret.length * 8;
  const prime = asked ?? primeFor(bits);
  if (prime === undefined)
    throw new KmipError('InvalidField', 'the key is too long for Split Key Method PolynomialSharingPrimeField');
  if (prime > 2n ** BigInt(bits)) return prime;
  throw new KmipError('InvalidField', `Prime Field Size must be above 2^${bits}`);
}

/** "The attributes of the key take precedence." The length of Secret Data may be known only from its bytes. */
const ofSource = ({ object: { attributes } }: Loaded, secret: Uint8Array, given: Attributes): Attributes => ({
  ...given,
  cryptographicLength: secret.length * 8,
  ...ownOf(attributes),
  ...guardedBy([attributes], given),
});

/** The work of making one object, and the bytes that cost as much as one comparison. */
const workOfPart = 20;
const bytesPerWork = 200;

async function asObjects(
  parts: readonly Part[],
  { method, threshold, prime }: Sharing,
  given: Attributes,
  context: Context,
): Promise<MadeObject[]> {
  const ids = parts.map(() => context.newIdentifier());
  const { cryptographicAlgorithm, cryptographicLength } = given;
  const said = cryptographicAlgorithm === undefined ? {} : { cryptographicAlgorithm, cryptographicLength };
  const made: MadeObject[] = [];
  for (const [place, { identifier, bytes }] of parts.entries()) {
    // Each part is copied and hashed.
    const turn = context.pace(workOfPart + bytes.length / bytesPerWork);
    if (turn !== undefined) await turn;
    const one = context.newObject({
      id: ids[place] as string,
      structure: {
        objectType: 'SplitKey',
        splitKeyParts: parts.length,
        keyPartIdentifier: identifier,
        splitKeyThreshold: threshold,
        splitKeyMethod: method,
        ...(prime === undefined ? {} : { primeFieldSize: prime }),
        splitOf: ids[0],
        ...polynomialOf(method, context.rules),
        keyBlock: { keyFormatType: 'Raw', keyValue: { keyMaterial: bytes }, ...said },
      },
      given,
      found: { cryptographicUsageMask: 0 },
      generated: false,
    });
    bytes.fill(0);
    made.push(one);
  }
  return made;
}
