import { decode } from '#ttlv/decode';
import type { Item } from '#ttlv/item';

/** What carries messages to a server and back: a TLS socket, or a function in this process. */
export interface Transport {
  /** One request and its answer. Several may be under way; answers come in the order of the requests. */
  exchange(message: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The transport has bounded the bytes already; a search answers with as many items as they hold, of eight bytes at least. */
export const decodeAnswer = (bytes: Uint8Array): Item =>
  decode(bytes, { maximumBytes: bytes.length, maximumItems: bytes.length / 8 });

/** @param handle bytes of a request to bytes of its answer, as a session of one client. */
export const inProcess = (handle: (message: Uint8Array) => Promise<Uint8Array>): Transport => ({
  exchange: handle,
  close: async () => {},
});
