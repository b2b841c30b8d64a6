/**
 * One request's way from bytes to bytes, without a socket: decode, header, batch, encode. TCP, HTTPS and tests share it. It answers
 * everything that can be answered; what cannot even be told from noise closes the connection.
 */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { TtlvError, type Item } from '#ttlv/item';
import { KmipError } from '#protocol/kmip-error';
import {
  echoOf,
  hasCriticalExtension,
  readRequest,
  versionAtStart,
  versionIn,
  writeResponse,
  type RequestMessage,
  type ResponseBatchItem,
} from '#protocol/message';
import { reasonFor } from '#protocol/reasons';
import { answerVersion, type Version } from '#protocol/versions';
import { createAuthenticator } from './authentication.ts';
import { runBatch } from './batch.ts';
import { fitting } from './response-size.ts';
import type { Running, Services } from './services.ts';
import type { Session } from './session.ts';

export interface Handler {
  /** The answer to one request. Rejects only when the answer itself cannot be made. */
  handle(bytes: Uint8Array, session: Session): Promise<Uint8Array>;
  /** The answer to a stream that stopped being messages, in the version that `beginning`, what there is of the faulty one, names. */
  refuse(error: TtlvError, beginning: Uint8Array, session: Session): Promise<Uint8Array>;
}

export function createHandler(services: Services): Handler {
  const { limits, log } = services;
  const authenticate = createAuthenticator(services.credentials);
  const running: Running = { ...services, interopBegun: new Map() };

  return {
    async handle(bytes, session) {
      let item: Item;
      try {
        item = decode(bytes, { maximumBytes: limits.maximumMessageSize });
      } catch (error) {
        if (!(error instanceof TtlvError)) throw error;
        return await this.refuse(error, bytes, session);
      }
      let request: RequestMessage;
      try {
        request = readRequest(item);
        checkHeader(request);
      } catch (error) {
        if (!(error instanceof KmipError)) throw error;
        return await refused(error, answerVersion(versionIn(item)), session);
      }
      const { protocolVersion, maximumResponseSize } = request.header;
      try {
        await authenticate(request.header, session);
        checkExtensions(request.batchItems);
      } catch (error) {
        if (!(error instanceof KmipError)) throw error;
        return await refused(error, protocolVersion, session, request.batchItems.map(echoOf));
      }
      const batchItems = await runBatch(request, session, running);
      return answer(batchItems, protocolVersion, maximumResponseSize);
    },

    refuse: (error, beginning, session) =>
      refused(new KmipError('InvalidMessage', error.message), answerVersion(versionAtStart(beginning)), session),
  };

  function checkHeader({ header, batchItems }: RequestMessage): void {
    if (header.batchCount !== batchItems.length) {
      throw new KmipError(
        'InvalidMessage',
        `Batch Count is ${header.batchCount}, but the message has ${batchItems.length} items`,
      );
    }
    if (batchItems.length === 0) throw new KmipError('InvalidMessage', 'the message has no batch item');
    if (batchItems.length > limits.maximumBatchCount) {
      throw new KmipError('ServerLimitExceeded', `Batch Count is above ${limits.maximumBatchCount}`);
    }
    if (header.asynchronousIndicator === 'Mandatory') {
      throw new KmipError(
        'FeatureNotSupported',
        'Asynchronous Indicator is Mandatory, but this server answers synchronously',
      );
    }
  }

  function checkExtensions(batchItems: readonly Item[]): void {
    if (batchItems.some(hasCriticalExtension)) {
      throw new KmipError(
        'UnknownMessageExtension',
        'the message has a critical extension that this server does not know',
      );
    }
  }

  /**
   * "Response message containing a header and a Batch Item without Operation" (1.4 §11.1), and its audit record; or an
   * answer for each item that could be read.
   */
  async function refused(
    error: KmipError,
    version: Version,
    session: Session,
    items: readonly Pick<ResponseBatchItem, 'operation' | 'uniqueBatchItemID'>[] = [{}],
  ): Promise<Uint8Array> {
    const { connection, clientId, fingerprint } = session;
    log.warn('a message was refused', { connection, client: clientId, why: error.message });
    const entry = { client: clientId, certificate: fingerprint, connection, reason: error.reason } as const;
    // A refusal goes out whether or not this can be written; the trail itself tells the log.
    await services.audit.append({ kind: 'operation', ...entry, status: 'OperationFailed' }).catch(() => undefined);
    const resultReason = reasonFor(error.reason, version);
    const result = { resultStatus: 'OperationFailed', resultReason, resultMessage: error.message } as const;
    return answer(
      items.map((item) => ({ ...item, ...result })),
      version,
    );
  }

  function answer(
    batchItems: readonly ResponseBatchItem[],
    version: Version,
    maximumResponseSize?: number,
  ): Uint8Array {
    const write = (items: readonly ResponseBatchItem[]): Uint8Array =>
      encode(
        writeResponse({
          header: {
            protocolVersion: version,
            timeStamp: Math.floor(services.now() / 1000),
            batchCount: items.length,
          },
          batchItems: items,
        }),
      );
    const bytes = write(batchItems);
    if (maximumResponseSize === undefined || bytes.length <= maximumResponseSize) return bytes;
    return write(fitting(batchItems, version, maximumResponseSize, write));
  }
}
