/**
 * One request's way from Item to Item: header, version, batch. It knows no socket and no encoding: every door shares
 * it. It answers everything that can be answered.
 */
import type { AuditEntry } from '#audit/entry';
import { quoted } from '#protocol/codecs';
import { KmipError } from '#protocol/kmip-error';
import { readRequest, versionIn, writeResponse, type RequestMessage, type ResponseBatchItem } from '#protocol/message';
import { reasonFor } from '#protocol/reasons';
import { answerVersion, type WireVersion } from '#protocol/versions';
import { encodedLength } from '#ttlv/encode';
import { TtlvError, type Item } from '#ttlv/item';
import { ownLines } from '#server/counted-log';
import { explained } from '#server/run/explained';
import type { RequestScope } from '#server/run/request-scope';
import type { ServerState } from '#server/server-state';
import { createAuthenticator } from './authentication.ts';
import { refuseBatch, runBatch } from './batch.ts';
import { checkHeader, checkWhole } from './message-checks.ts';
import { sizeOf } from './message-size.ts';
import { fitting } from './response-size.ts';

export interface MessageCore {
  /**
   * The answer to one request, whatever happens. It may hold the request's own bytes and key material: `scope` keeps
   * them until its door has encoded the answer.
   */
  answer(message: Item, scope: RequestScope): Promise<Item>;
  /**
   * The answer to what could not be read, or whose answer could not be written, in the version that it names, as far as
   * that can be read. The client hears of a TtlvError and of a KmipError; of everything else only that the server
   * failed.
   */
  refuse(error: unknown, version: WireVersion | undefined, scope: RequestScope): Promise<Item>;
}

export function createMessageCore(state: ServerState): MessageCore {
  const { limits, rate, counted } = state;
  const authenticate = createAuthenticator(state.credentials);

  return {
    async answer(message, scope) {
      try {
        const request = readRequest(message);
        checkHeader(request, limits.maximumBatchCount);
        const { clientId } = scope.principal;
        const { batchItems } = request;
        if (batchItems.length > 1) rate.take(clientId, batchItems.length - 1);
        const { protocolVersion: version, maximumResponseSize } = request.header;
        logCorrelation(request, scope);
        const run = { version, scope, state };
        const refusal = await refusalOf(request, scope);
        if (refusal !== undefined) {
          logRefusal(refusal, scope);
          return await written(await refuseBatch(request, refusal, run), version, maximumResponseSize, scope);
        }
        const answers = await runBatch(request, run);
        // One item may have stood for many objects.
        const more = answers.length - batchItems.length;
        if (more > 0) rate.take(clientId, more);
        return await written(answers, version, maximumResponseSize, scope);
      } catch (error) {
        return await refuse(error, versionIn(message), scope);
      }
    },
    refuse,
  };

  /** Why a message that could be read is refused as a whole. */
  async function refusalOf(request: RequestMessage, scope: RequestScope): Promise<KmipError | undefined> {
    try {
      checkWhole(request);
      await authenticate(request, scope);
      return undefined;
    } catch (error) {
      if (!(error instanceof KmipError)) throw error;
      return error;
    }
  }

  /** "The server SHOULD log this information" (2.1 §9.9; 1.4 §6.18). It is the client's own, so no answer has it. */
  function logCorrelation({ header: { clientCorrelationValue } }: RequestMessage, scope: RequestScope): void {
    if (clientCorrelationValue === undefined) return;
    const { connection } = scope.origin;
    const client = scope.principal.clientId;
    const correlation = quoted(clientCorrelationValue);
    counted.note('info', 'a request names itself', { client }, { connection, correlation }, ownLines);
  }

  function logRefusal({ message }: KmipError, { principal, origin }: RequestScope): void {
    const { connection } = origin;
    counted.note('warn', 'a message was refused', { client: principal.clientId }, { connection, why: message });
  }

  /** "Response message containing a header and a Batch Item without Operation" (1.4 §11.1), and its audit record. */
  async function refuse(error: unknown, named: WireVersion | undefined, scope: RequestScope): Promise<Item> {
    const { principal, origin } = scope;
    const version = answerVersion(named);
    const why =
      error instanceof TtlvError
        ? new KmipError('InvalidMessage', error.message)
        : explained(error, state, principal.clientId);
    logRefusal(why, scope);
    const entry: AuditEntry = {
      kind: 'operation',
      client: principal.clientId,
      certificate: principal.fingerprint,
      connection: origin.connection,
      status: 'OperationFailed',
      reason: why.reason,
    };
    // The message is refused even if this cannot be written; the trail itself logs that.
    if (state.countedEntries.note(entry)) await state.audit.append(entry).catch(() => undefined);
    const resultReason = reasonFor(why.reason, version);
    return response([{ resultStatus: 'OperationFailed', resultReason, resultMessage: why.message }], version);
  }

  function response(batchItems: readonly ResponseBatchItem[], version: WireVersion): Item {
    const timeStamp = Math.floor(state.now() / 1000);
    return writeResponse({
      header: { protocolVersion: version, timeStamp, batchCount: batchItems.length },
      batchItems,
    });
  }

  /** The response message, within the Maximum Response Size that the request names, which counts bytes of TTLV. */
  async function written(
    batchItems: readonly ResponseBatchItem[],
    version: WireVersion,
    maximumBytes: number | undefined,
    { pace, turn }: RequestScope,
  ): Promise<Item> {
    const whole = response(batchItems, version);
    if (maximumBytes === undefined || (await sizeOf(whole, turn)) <= maximumBytes) return whole;
    const lengthOf = (some: readonly ResponseBatchItem[]): number => encodedLength(response(some, version));
    return response(await fitting(batchItems, version, maximumBytes, lengthOf, pace), version);
  }
}
