import { decode } from '#ttlv/decode';
import type { Item } from '#ttlv/item';

/** What carries messages to a server and back: a TLS socket, or a function in this process. */
export interface Transport {
  /** One request and its answer. Several may be under way; answers come in the order of the requests. */
  exchange(message: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * The transport has already bounded the bytes. A search may return as many items as they hold, of at least eight bytes
 * each.
 */
export const decodeAnswer = (bytes: Uint8Array): Item =>
  decode(bytes, { maximumBytes: bytes.length, maximumItems: bytes.length / 8 });
