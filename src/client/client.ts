/**
 * A KMIP client over the operations' own values: `client.call(create, {...})` takes the request of `create` and returns
 * its response. One connection, one version; many requests may be under way.
 */
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { childrenOf, type Fields } from '#protocol/fields';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import {
  readResponse,
  usernameAndPassword,
  writeRequest,
  type RequestHeader,
  type ResponseBatchItem,
} from '#protocol/message';
import { Tag } from '#protocol/tags';
import { newestVersion, type WireVersion } from '#protocol/versions';
import { openTlsTransport, type Peer } from './tls-transport.ts';
import { decodeAnswer, type Transport } from './transport.ts';

/** The part of an operation that a client needs; every operation of `#operations` has it. */
export interface Callable<Q, A> {
  readonly code: number;
  readonly requestFields: Fields<Q>;
  readonly responseFields: Fields<A>;
}

/** One item of a batch. */
export interface Call<A> {
  readonly code: number;
  readonly payload: (version: WireVersion) => Item;
  readonly read: (payload: Item | undefined, version: WireVersion) => A;
}

/** The result of one item of a batch. An item that was undone has an error too: its effect is gone. */
export type Outcome<A> =
  { readonly value: A; readonly error?: never } | { readonly value?: never; readonly error: KmipError };

export type Outcomes<C extends readonly Call<unknown>[]> = {
  [K in keyof C]: C[K] extends Call<infer A> ? Outcome<A> : never;
};

/** Fields of the header besides version and count, for one request. */
export type HeaderFields = Partial<Omit<RequestHeader, 'protocolVersion' | 'batchCount'>>;

export interface Client {
  readonly version: WireVersion;
  /** @throws KmipError with the server's reason and message when the operation failed. */
  call<Q, A>(operation: Callable<Q, A>, request: Q, header?: HeaderFields): Promise<A>;
  /**
   * Several items in one message, as `batch([item(create, {...}), item(get, {})])`. Items that the
   * server left out count as failed.
   */
  batch<const C extends readonly Call<unknown>[]>(calls: C, header?: HeaderFields): Promise<Outcomes<C>>;
  /** Any message and its answer, as they are. */
  exchange(message: Item): Promise<Item>;
  exchangeBytes(message: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly version?: WireVersion;
  /** Sent with every request, in addition to the certificate (KMIP 2.1 §9.11). */
  readonly credential?: { readonly username: string; readonly password: string };
}

/** Rejects when the connection fails. The caller must close the client. */
export const connect = async (options: Peer & ClientOptions): Promise<Client> =>
  createClient(await openTlsTransport(options), options);

export function createClient(
  transport: Transport,
  { version = newestVersion, credential }: ClientOptions = {},
): Client {
  const exchangeBytes = (message: Uint8Array): Promise<Uint8Array> => transport.exchange(message);
  const exchange = async (message: Item): Promise<Item> => decodeAnswer(await exchangeBytes(encode(message)));

  async function send(calls: readonly Call<unknown>[], fields: HeaderFields): Promise<readonly ResponseBatchItem[]> {
    const header: RequestHeader = {
      protocolVersion: version,
      ...(credential === undefined ? {} : { authentication: authenticationOf(credential, version) }),
      ...fields,
      batchCount: calls.length,
    };
    const items = calls.map(({ code, payload }, index) => ({
      operation: code,
      // "REQUIRED if Batch Count > 1" (1.4 §7.2).
      ...(calls.length === 1 ? {} : { uniqueBatchItemID: Buffer.of(index + 1) }),
      requestPayload: payload(version),
    }));
    return readResponse(await exchange(writeRequest(header, items))).batchItems;
  }

  return {
    version,
    async call(operation, request, header = {}) {
      const call = item(operation, request);
      const outcome = outcomeOf(call, (await send([call], header))[0], version);
      if (outcome.error !== undefined) throw outcome.error;
      return outcome.value;
    },
    async batch(calls, header = {}) {
      const answers = await send(calls, header);
      return calls.map((call, index) => outcomeOf(call, answers[index], version)) as Outcomes<typeof calls>;
    },
    exchange,
    exchangeBytes,
    close: () => transport.close(),
  };
}

/** An operation with its request, for a batch. */
export const item = <Q, A>({ code, requestFields, responseFields }: Callable<Q, A>, request: Q): Call<A> => ({
  code,
  payload: (version) => ({
    tag: Tag.RequestPayload,
    type: ItemType.Structure,
    value: requestFields.write(request, version),
  }),
  read: (payload, version) => responseFields.read(payload === undefined ? [] : childrenOf(payload), version),
});

function outcomeOf<A>(call: Call<A>, answer: ResponseBatchItem | undefined, version: WireVersion): Outcome<A> {
  if (answer === undefined) return { error: new KmipError('GeneralFailure', 'the server did not answer this item') };
  const { resultStatus, resultReason = 'GeneralFailure', resultMessage, responsePayload } = answer;
  if (resultStatus === 'Success') return { value: call.read(responsePayload, version) };
  const message = resultMessage ?? `the server answered ${resultStatus} without a message`;
  const reason: ResultReason = isOfVendor(resultReason) ? 'GeneralFailure' : resultReason;
  return { error: new KmipError(reason, message) };
}

const isOfVendor = (reason: string): reason is `0x${string}` => reason.startsWith('0x');

const authenticationOf = (given: { username: string; password: string }, version: WireVersion) => ({
  credential: [
    {
      credentialType: 'UsernameAndPassword' as const,
      credentialValue: usernameAndPassword.write(Tag.CredentialValue, given, version),
    },
  ],
});
