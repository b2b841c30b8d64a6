/** Derivation: the roles of the objects, the parameters, and the run of a method. */
import {
  checkDataCount,
  derivationMethods,
  type DerivationMethod,
  type KeyedMethod,
} from '#crypto/derivation/derivation-methods';
import type { Attributes } from '#objects/attributes/attributes';
import { objectTypeOf } from '#objects/managed-object';
import { fieldsMatch } from '#objects/matching';
import { atMost } from '#protocol/bounds';
import { bytes, integer } from '#protocol/codecs';
import type { OpenValue } from '#protocol/enumerations';
import { many, optional, structure } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { cryptographicParameters, type CryptographicParameters } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { Context, Loaded } from '#operations/context';
import { keyObjectIn, openBytes } from '#operations/key-material/usable-key';
import { chargeUse } from '#operations/cryptography/usage-charge';

/** KMIP 2.1 §7.12 (1.4 §4.6). Each method checks the fields that it needs. */
export const derivationParameters = structure('Derivation Parameters', {
  cryptographicParameters: optional(Tag.CryptographicParameters, cryptographicParameters),
  initializationVector: optional(Tag.InitializationVector, bytes),
  derivationData: many(Tag.DerivationData, bytes, atMost(16)),
  salt: optional(Tag.Salt, bytes),
  iterationCount: optional(Tag.IterationCount, integer),
});
type DerivationParameters = ReturnType<typeof derivationParameters.read>;

const methodNamed = (name: string): DerivationMethod | undefined =>
  (derivationMethods as { readonly [name: string]: DerivationMethod })[name];

export interface Derived {
  readonly bytes: Uint8Array;
  /**
   * The attributes of keys after charges to their Usage Limits: a derivation by encryption or authentication counts as
   * use of the key.
   */
  readonly charged: ReadonlyMap<Loaded, Attributes>;
}

/**
 * The result of the method for one or two objects: `length` bytes, or as many as the method returns.
 * @throws KmipError with the reasons of 2.1 §6.1.14.1, and UsageLimitExceeded.
 */
export async function derive(
  name: OpenValue<'DerivationMethod'>,
  bases: readonly Loaded[],
  given: DerivationParameters,
  length: number,
  context: Context,
): Promise<Derived> {
  const charge = (keys: readonly Loaded[], used: number): Derived['charged'] =>
    new Map(keys.map((each) => [each, chargeUse(each.object.attributes, { bytes: used }, context)]));
  if (name === 'AsymmetricKey') {
    const charged = charge(bases, length);
    return { bytes: await agreed(bases, context), charged };
  }
  const method = methodNamed(name);
  if (method === undefined) throw new KmipError('InvalidField', `Derivation Method ${name} is not supported`);
  const { ofKey, ofData } = rolesOf(bases);
  const { derivationData = [], initializationVector: iv, salt, iterationCount } = given;
  // For methods that need a key or data, a single Secret Data object is the data: "If both are provided, then an error
  // SHALL be returned."
  const standsForData = ofData ?? (method.data === 'orKey' && isSecretData(ofKey) ? ofKey : undefined);
  if (standsForData !== undefined && derivationData.length > 0) {
    throw new KmipError('InvalidMessage', 'Derivation Data must not be given with Secret Data that takes its place');
  }
  checkDataCount(name, method, ofData === undefined ? derivationData.length : 1);
  const parameters = parametersFor(ofKey, method, given.cryptographicParameters, context);
  const { cryptographicAlgorithm: algorithm } = ofKey.object.attributes;
  const key = openBytes(ofKey);
  const secretData = ofData && openBytes(ofData);
  const data = secretData === undefined ? derivationData : [secretData];
  const input = { key: { algorithm, bytes: key }, data, parameters, iv, salt, iterationCount, length };
  try {
    const fed = data.reduce((sum, each) => sum + each.length, 0);
    const charged = charge([ofKey], fed === 0 ? length : fed);
    return { bytes: await context.heavily('derive', { method: name as KeyedMethod, ...input }), charged };
  } finally {
    key.fill(0);
    secretData?.fill(0);
  }
}

/** In bits; a DH key agreement of this size takes a tenth of a second. */
const maximumAgreement = 8192;

/** 2.1 §11.14: "key agreement between a private and public key". */
async function agreed(bases: readonly Loaded[], context: Context): Promise<Uint8Array> {
  const [ofPrivate, ofPublic] = (['PrivateKey', 'PublicKey'] as const).map((type) =>
    bases.find(({ object }) => objectTypeOf(object) === type),
  );
  if (ofPrivate === undefined || ofPublic === undefined) {
    throw new KmipError(
      'InvalidObjectType',
      'Derivation Method Asymmetric Key requires a Private Key and a Public Key',
    );
  }
  const { cryptographicLength: bits = 0 } = ofPrivate.object.attributes;
  if (bits > maximumAgreement) {
    throw new KmipError(
      'UnsupportedCryptographicParameters',
      `key agreement is limited to keys of at most ${maximumAgreement} bits`,
    );
  }
  return await context.heavily('agree', {
    privateKey: keyObjectIn('private', ofPrivate),
    publicKey: keyObjectIn('public', ofPublic),
  });
}

const isSecretData = ({ object }: Loaded): boolean => objectTypeOf(object) === 'SecretData';

/**
 * "One for the derivation key and another for the secret data" (1.0 table 120), in any order; of two Secret Data
 * objects the first is the key.
 */
function rolesOf([first, second]: readonly Loaded[]): { readonly ofKey: Loaded; readonly ofData?: Loaded } {
  for (const base of [first, second]) {
    if (base === undefined || isSecretData(base) || objectTypeOf(base.object) === 'SymmetricKey') continue;
    throw new KmipError(
      'InvalidObjectType',
      `Object Type ${objectTypeOf(base.object)} is not supported by this Derivation Method`,
    );
  }
  if (first === undefined) throw new Error('no object to derive from');
  if (second === undefined) return { ofKey: first };
  if (isSecretData(second)) return { ofKey: first, ofData: second };
  if (isSecretData(first)) return { ofKey: second, ofData: first };
  throw new KmipError('InvalidField', 'one of the two objects must be Secret Data');
}

/**
 * A key without Cryptographic Parameters may be used with any, because clients create keys without them, although 1.4
 * §4.6 has an error for this case.
 */
function parametersFor(
  { object }: Loaded,
  { usesRequestParameters }: DerivationMethod,
  asked: CryptographicParameters | undefined,
  { rules }: Context,
): CryptographicParameters {
  const { cryptographicParameters: own = [] } = object.attributes;
  if (!usesRequestParameters) return own[0] ?? asked ?? {};
  const isBound = rules.derivesByOwnParameters && own.length > 0 && asked !== undefined;
  if (isBound && !own.some((each) => fieldsMatch([each], [asked]))) {
    throw new KmipError('BadCryptographicParameters', 'Cryptographic Parameters do not match those of the key');
  }
  return asked ?? own[0] ?? {};
}
