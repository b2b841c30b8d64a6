/**
 * How Import and Get unwrap wrapped objects (KMIP 2.1 §3.3, §6.1.25; 1.4 §2.1.5, §4.41): the inverse of
 * key-wrapping.ts.
 */
import {
  decodeKeyValue,
  encodeKeyValue,
  isWrapped,
  type KeyValue,
  type ObjectStructure,
} from '#objects/object-structure';
import { KmipError } from '#protocol/kmip-error';
import type { KeyWrappingData } from '#protocol/structures';
import type { Version } from '#protocol/versions';
import type { Context } from '#operations/context';
import { unwrappingKeys } from './wrapping-keys.ts';
import { encodingOptionNotSupported, type WrappedSoFar } from './wrapping-steps.ts';

/**
 * The object with its unwrapped Key Value; the same object when it is not wrapped. `id` is its future identifier.
 * @throws KmipError WrappingObjectNotFound and the like when a key cannot be used, CryptographicFailure when the Key
 * Value cannot be unwrapped, whatever the cause.
 */
export async function unwrapped(structure: ObjectStructure, id: string, context: Context): Promise<ObjectStructure> {
  if (!('keyBlock' in structure)) return structure;
  const { keyWrappingData: wrapping, ...keyBlock } = structure.keyBlock;
  const { keyValue } = keyBlock;
  if (wrapping === undefined || keyValue === undefined) return structure;
  checkEncoding(wrapping);
  const keys = await unwrappingKeys(wrapping, id, context);
  // A Key Value with only a MAC or a signature may be readable.
  const given = isWrapped(keyValue) ? keyValue : encodeKeyValue(keyValue, context.version);
  const { ivCounterNonce, macSignature } = wrapping;
  let made: WrappedSoFar = { bytes: given, ivCounterNonce, macSignature };
  try {
    for (const key of keys) made = await key.apply(made);
  } catch (error) {
    throw error instanceof KmipError && error.reason === 'CryptographicFailure' ? sealed() : error;
  }
  // The bytes of the request are needed if the item runs again.
  if (made.bytes !== keyValue) context.wipeLater(made.bytes);
  const opened = isWrapped(keyValue) ? keyValueIn(made.bytes, wrapping, context.version) : keyValue;
  return { ...structure, keyBlock: { ...keyBlock, keyValue: opened } };
}

/** The same error for every failure, so that it does not reveal which step failed. */
const sealed = (): KmipError =>
  new KmipError(
    'CryptographicFailure',
    'the wrapped Key Value cannot be unwrapped with the keys that Key Wrapping Data names',
  );

/** Checked before unwrapping: afterwards the error would reveal that unwrapping succeeded. */
function checkEncoding({ encodingOption }: KeyWrappingData): void {
  if (encodingOption === undefined || encodingOption === 'NoEncoding' || encodingOption === 'TTLVEncoding') return;
  throw encodingOptionNotSupported(encodingOption);
}

function keyValueIn(bytes: Uint8Array, { encodingOption }: KeyWrappingData, version: Version): KeyValue {
  if (encodingOption === 'NoEncoding') return { keyMaterial: bytes };
  try {
    return decodeKeyValue(bytes, version);
  } catch {
    throw sealed();
  }
}
