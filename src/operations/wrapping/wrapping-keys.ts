/** The keys that wrap and unwrap, found and permitted (KMIP 2.1 §3.3, §7.18; 1.4 §2.1.5, §2.1.6). */
import { objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { fieldsMatch } from '#objects/matching';
import { permitUse } from '#objects/use';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import type { Context, Loaded } from '#operations/context';
import { stepsOf, type WrappedSoFar, type Step, type StepMethod, type Wrapping } from './wrapping-steps.ts';

export interface WrappingKey {
  /** The field that names it, in the request and in the answer. */
  readonly information: Step['information'];
  readonly loaded: Loaded;
  /** Performs the step; the key is open only during the step. */
  apply(made: WrappedSoFar): Promise<WrappedSoFar>;
}

/**
 * The keys that wrap the object with this identifier, in the order of their steps; a key for two steps is loaded once.
 * @throws KmipError with the reasons of 2.1 §6.1.19.1.
 */
export async function wrappingKeys(asked: Wrapping, id: string, context: Context): Promise<readonly WrappingKey[]> {
  const held = new Map<string, Loaded>();
  const keys: WrappingKey[] = [];
  for (const step of stepsOf(asked)) {
    const { loaded: found, method, given } = await loadKey(asked, step, 'wrapping', id, context);
    const loaded = held.get(found.object.id) ?? found;
    held.set(found.object.id, loaded);
    const parameters = parametersOf(loaded.object, given, step);
    const { information } = step;
    keys.push({ information, loaded, apply: (made) => method.apply(made, loaded, parameters, context) });
  }
  return keys;
}

/**
 * The keys that unwrap such an object, the last step first.
 * @throws KmipError as `wrappingKeys` does.
 */
export async function unwrappingKeys(
  wrapping: Wrapping,
  id: string,
  context: Context,
): Promise<readonly Pick<WrappingKey, 'apply'>[]> {
  const keys: Pick<WrappingKey, 'apply'>[] = [];
  for (const step of stepsOf(wrapping).toReversed()) {
    const { loaded, named, method, given } = await loadKey(wrapping, step, 'unwrapping', id, context);
    // The parameters of the wrapping key, which is the named one.
    const parameters = parametersOf(named.object, given, step);
    keys.push({ apply: (made) => method.apply(made, loaded, parameters, context) });
  }
  return keys;
}

/** The reasons of failed loads and uses, for a wrapping key (2.1 §6.1.19.1). */
const wrappingReasons: { readonly [R in ResultReason]?: ResultReason } = {
  ObjectNotFound: 'WrappingObjectNotFound',
  ItemNotFound: 'WrappingObjectNotFound',
  ObjectArchived: 'WrappingObjectArchived',
  ObjectDestroyed: 'WrappingObjectDestroyed',
};

interface KeyForStep {
  readonly named: Loaded;
  /** The key that is used: the other half of the pair, where the text allows naming that one. */
  readonly loaded: Loaded;
  readonly method: StepMethod;
  readonly given: CryptographicParameters | undefined;
}

async function loadKey(
  wrapping: Wrapping,
  step: Step,
  direction: 'wrapping' | 'unwrapping',
  wrappedId: string,
  context: Context,
): Promise<KeyForStep> {
  const { uniqueIdentifier, cryptographicParameters: given } = wrapping[step.information] ?? {};
  const { by, namedBy } = step[direction];
  try {
    const named = await context.load(uniqueIdentifier, 'use');
    const loaded = objectTypeOf(named.object) === namedBy ? await otherHalf(named, context) : named;
    const type = objectTypeOf(loaded.object);
    const method = by[type];
    if (method === undefined)
      throw new KmipError(
        'InvalidObjectType',
        `Object Type ${type} is not supported for ${direction} by this Wrapping Method`,
      );
    permitUse(loaded.object, method.purpose, context.now());
    if (loaded.object.id === wrappedId) throw new KmipError('InvalidField', 'a key cannot be wrapped with itself');
    return { named, loaded, method, given };
  } catch (error) {
    if (!(error instanceof KmipError)) throw error;
    throw new KmipError(wrappingReasons[error.reason] ?? error.reason, `${step.called}: ${error.message}`);
  }
}

async function otherHalf(named: Loaded, context: Context): Promise<Loaded> {
  const wanted = objectTypeOf(named.object) === 'PublicKey' ? 'PrivateKeyLink' : 'PublicKeyLink';
  const link = named.object.attributes.link?.find(({ linkType }) => linkType === wanted);
  return link === undefined ? named : await context.load(link.linkedObjectIdentifier, 'use');
}

/**
 * 2.1 §7.18: "the server SHALL verify that they match one of the instances"; when omitted, the first one applies (1.4
 * §2.1.6). A key without Cryptographic Parameters accepts the requested ones, because clients create keys without them;
 * an AES key then uses NIST key wrap by default.
 */
function parametersOf(
  { attributes }: ManagedObject,
  asked: CryptographicParameters | undefined,
  { called }: Step,
): CryptographicParameters {
  const held = attributes.cryptographicParameters ?? [];
  if (held.length === 0) {
    return asked ?? (attributes.cryptographicAlgorithm === 'AES' ? { blockCipherMode: 'NISTKeyWrap' } : {});
  }
  const found = held.find((each) => asked === undefined || fieldsMatch([each], [asked]));
  if (found !== undefined) return found;
  throw new KmipError(
    'BadCryptographicParameters',
    `${called}: Cryptographic Parameters do not match those of the key`,
  );
}
