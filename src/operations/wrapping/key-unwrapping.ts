/** How Import, and Get where it is asked to, open what was wrapped (KMIP 2.1 §3.3, §6.1.25; 1.4 §2.1.5, §4.41): the undoing of key-wrapping.ts. */
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
import type { WrappedSoFar } from './wrapping-steps.ts';

/**
 * The object with its Key Value as it was before it was wrapped; the same one when it is not wrapped. `id` is what it will be called.
 * @throws KmipError WrappingObjectNotFound and its like when a key is not there to be used, CryptographicFailure when what is given does not open, whatever the cause.
 */
export async function unwrapped(structure: ObjectStructure, id: string, context: Context): Promise<ObjectStructure> {
  if (!('keyBlock' in structure)) return structure;
  const { keyWrappingData: wrapping, ...keyBlock } = structure.keyBlock;
  const { keyValue } = keyBlock;
  if (wrapping === undefined || keyValue === undefined) return structure;
  checkEncoding(wrapping);
  const keys = await unwrappingKeys(wrapping, id, context);
  // A Key Value that is only MACed or signed may be there to be read.
  const given = isWrapped(keyValue) ? keyValue : encodeKeyValue(keyValue, context.version);
  const { ivCounterNonce, macSignature } = wrapping;
  let made: WrappedSoFar = { bytes: given, ivCounterNonce, macSignature };
  try {
    for (const key of keys) made = await key.apply(made);
  } catch (error) {
    throw error instanceof KmipError && error.reason === 'CryptographicFailure' ? sealed() : error;
  }
  // What the request holds stays for another run.
  if (made.bytes !== keyValue) context.wipeLater(made.bytes);
  const opened = isWrapped(keyValue) ? keyValueIn(made.bytes, wrapping, context.version) : keyValue;
  return { ...structure, keyBlock: { ...keyBlock, keyValue: opened } };
}

/** One answer to every failure: which step it was is nobody's business. */
const sealed = (): KmipError =>
  new KmipError(
    'CryptographicFailure',
    'the wrapped Key Value cannot be unwrapped with the keys that Key Wrapping Data names',
  );

/** Before anything is opened: afterwards the refusal would tell that it did open. */
function checkEncoding({ encodingOption }: KeyWrappingData): void {
  if (encodingOption === undefined || encodingOption === 'NoEncoding' || encodingOption === 'TTLVEncoding') return;
  throw new KmipError('EncodingOptionError', `Encoding Option ${encodingOption} is not supported`);
}

function keyValueIn(bytes: Uint8Array, { encodingOption }: KeyWrappingData, version: Version): KeyValue {
  if (encodingOption === 'NoEncoding') return { keyMaterial: bytes };
  try {
    return decodeKeyValue(bytes, version);
  } catch {
    throw sealed();
  }
}
