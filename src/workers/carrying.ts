/**
 * Values on their way between threads. Bytes travel in buffers of their own, which are handed over: what the runtime
 * copies by itself cannot be wiped. Errors travel by name.
 */
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import { TtlvError } from '#ttlv/item';

export interface Parcel {
  readonly value: unknown;
  /** What is handed over: the other side has it then, and this one no more. */
  readonly transfer: ArrayBuffer[];
}

/** A copy of all bytes within; the value stays as it is. */
export function packed(value: unknown): Parcel {
  const transfer: ArrayBuffer[] = [];
  return {
    value: mapped(value, (bytes) => {
      const copy = new Uint8Array(bytes);
      transfer.push(copy.buffer);
      return copy;
    }),
    transfer,
  };
}

/** Wipes all bytes within. */
export function wipe(value: unknown): void {
  mapped(value, (bytes) => bytes.fill(0));
}

/** Other objects than plain ones, such as a KeyObject, which shares its key with its copy, are taken as they are. */
function mapped(value: unknown, ofBytes: (bytes: Uint8Array) => Uint8Array): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return ofBytes(value);
  if (Array.isArray(value)) return value.map((each) => mapped(each, ofBytes));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapped(each, ofBytes)]));
}

/** An error without its prototype, which no thread hands over. */
export type PackedError =
  | { readonly name: 'KmipError'; readonly reason: ResultReason; readonly message: string }
  | { readonly name: 'TtlvError'; readonly message: string; readonly offset: number; readonly tooLarge: boolean }
  | { readonly name: 'RangeError'; readonly message: string }
  | { readonly name: 'Error'; readonly message: string; readonly stack: string };

export function packedError(error: unknown): PackedError {
  if (error instanceof KmipError) return { name: 'KmipError', reason: error.reason, message: error.message };
  if (error instanceof TtlvError) {
    const { message, offset, tooLarge } = error;
    return { name: 'TtlvError', message, offset, tooLarge };
  }
  if (error instanceof RangeError) return { name: 'RangeError', message: error.message };
  const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
  return { name: 'Error', message, stack };
}

export function unpackedError(parcel: PackedError): Error {
  switch (parcel.name) {
    case 'KmipError':
      return new KmipError(parcel.reason, parcel.message);
    case 'TtlvError':
      return Object.assign(new TtlvError('', parcel.offset, parcel.tooLarge), { message: parcel.message });
    case 'RangeError':
      return new RangeError(parcel.message);
    case 'Error':
      return Object.assign(new Error(parcel.message), { stack: parcel.stack });
  }
}
