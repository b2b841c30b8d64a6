/**
 * One request's way from bytes to bytes, without a socket: decode, header, batch, encode. TCP, HTTPS and tests share
 * it. It answers everything that can be answered; what cannot even be told from noise closes the connection.
 */
import { setImmediate } from 'node:timers/promises';
import { createCountedEntries } from '#audit/counted-entries';
import { decode } from '#ttlv/decode';
import { encode, encodedLength, encodeInTurns, lengthInTurns } from '#ttlv/encode';
import { TtlvError, type Item } from '#ttlv/item';
import type { Pace } from '#objects/pace';
import { quoted } from '#protocol/codecs';
import { KmipError } from '#protocol/kmip-error';
import {
  hasCriticalExtension,
  readRequest,
  versionAtStart,
  versionIn,
  writeResponse,
  type RequestMessage,
  type ResponseBatchItem,
} from '#protocol/message';
import { reasonFor } from '#protocol/reasons';
import { answerVersion, rulesOf, type Version } from '#protocol/versions';
import { createFairQueue } from '#workers/fair-queue';
import { createAuthenticator } from './authentication.ts';
import { explained } from './batch-item.ts';
import { refuseBatch, runBatch } from './batch.ts';
import { createCountedLog, ownLines } from '#server/counted-log';
import { identifiers } from '#server/run/identifier';
import { Opened } from '#server/run/opened';
import { areLong, fitting } from './response-size.ts';
import { createPace, workOfBytes } from '#server/run/pace';
import { Quotas } from '#server/limits/quotas';
import { RequestRate } from '#server/admission/request-rate';
import { RotationSchedule, secondsOf } from '#server/rotation/rotation-schedule';
import { rotations } from '#server/rotation/rotations';
import type { Services } from '#server/services';
import type { ServerState } from '#server/server-state';
import type { Session } from '#server/session';
import { createStreamTable } from '#server/run/stream-table';
import { UsageKeeper } from '#server/limits/usage-count';
import { directView } from '#repository/object-repository';
import { WaitingLines } from './conflict-queue.ts';

export interface Handler {
  /**
   * For how many milliseconds the client has to wait before its next request is taken: mostly 0. To be asked once for
   * each.
   */
  pauseBefore(session: Session): number;
  /** The answer to one request, whatever happens. */
  handle(bytes: Uint8Array, session: Session): Promise<Uint8Array>;
  /** The answer when something failed that must not: the log has it all, the client a fixed sentence. */
  fail(error: unknown, version: Version | undefined, session: Session): Promise<Uint8Array>;
  /** The answer to what is no message, in the version that it names as far as can be told. */
  refuse(error: TtlvError, version: Version | undefined, session: Session): Promise<Uint8Array>;
  /** What each client keeps: to be started, and stopped at the end. */
  readonly usage: UsageKeeper;
  /** Rotates the objects whose time has come, until it is told to stop. */
  rotateDue(signal?: AbortSignal): Promise<void>;
  /** Writes down what was only counted so far. */
  settle(): void;
  /** The connection is over: what it has begun ends with it. */
  end(session: Session): void;
}

export function createHandler(services: Services, counted = createCountedLog(services.log)): Handler {
  const { limits, log } = services;
  const authenticate = createAuthenticator(services.credentials);
  const { store, clients, now } = services;
  const usage = new UsageKeeper({ ...{ store, log, now }, clients: () => clients.ids() });
  const quotas = new Quotas({ usage: usage.usage, clients, log, now });
  const rate = new RequestRate(clients);
  const rotating = new RotationSchedule(secondsOf(limits.rotateMinimumInterval));
  const countedEntries = createCountedEntries((entry) => {
    // The trail itself tells the log when it cannot write.
    void services.audit.append(entry).catch(() => undefined);
  });
  const lines = new WaitingLines();
  const running: ServerState = {
    ...services,
    quotas,
    rotating,
    counted,
    countedEntries,
    newIdentifier: identifiers(services.random),
    objects: directView({ ...services, quotas, rotating, lines }),
    lines,
    rate,
    interopBegun: new Map(),
    streams: createStreamTable(services),
    turns: createFairQueue(1),
  };

  return {
    usage,

    // One token here, before anything is read; the others, if any, when their number is known.
    pauseBefore: ({ clientId }) => rate.take(clientId, 1),

    async handle(bytes, session) {
      let item: Item | undefined;
      const opened = new Opened();
      try {
        const pace = createPace(session.between);
        item = decode(bytes, { maximumBytes: limits.maximumMessageSize });
        const turn = pace(workOfBytes(bytes.length));
        if (turn !== undefined) await turn;
        const request = readRequest(item);
        checkHeader(request);
        const { protocolVersion: version, maximumResponseSize } = request.header;
        if (request.batchItems.length > 1) rate.take(session.clientId, request.batchItems.length - 1);
        logCorrelation(request, session);
        const effort = { isHeavy: false };
        const asking = { version, session, services: running, opened, effort, pace, size: bytes.length };
        const refusal = await refusalOf(request, session);
        if (refusal === undefined) {
          const answers = await runBatch(request, asking);
          // One item may have stood for many objects.
          const more = answers.length - request.batchItems.length;
          if (more > 0) rate.take(session.clientId, more);
          if (areLong(answers)) {
            const turn = (): Promise<void> => session.between?.(0) ?? setImmediate();
            return await longAnswer(answers, version, maximumResponseSize, pace, turn);
          }
          const written = answer(answers, version, maximumResponseSize, pace);
          // Mostly it is there: only what does not fit is waited for.
          return written instanceof Uint8Array ? written : await written;
        }
        logRefusal(refusal, session);
        return await answer(await refuseBatch(request, refusal, asking), version, maximumResponseSize, pace);
      } catch (error) {
        const version = item === undefined ? versionAtStart(bytes) : versionIn(item);
        if (error instanceof TtlvError) return await this.refuse(error, version, session);
        if (error instanceof KmipError) return await refused(error, answerVersion(version), session);
        return await this.fail(error, version, session);
      } finally {
        const wiping = opened.end();
        if (wiping !== undefined) await wiping;
      }
    },

    refuse: (error, version, session) =>
      refused(new KmipError('InvalidMessage', error.message), answerVersion(version), session),

    fail: (error, version, session) =>
      refused(explained(error, running, session.clientId), answerVersion(version), session),

    rotateDue: rotations(running),
    settle: () => countedEntries.close(),
    end: (session) => running.streams.end(session),
  };

  function checkHeader({ header, batchItems }: RequestMessage): void {
    if (rulesOf(header.protocolVersion).batchesAreCounted && header.batchCount !== batchItems.length) {
      throw new KmipError(
        'InvalidMessage',
        `Batch Count is ${header.batchCount}, but the message has ${batchItems.length} items`,
      );
    }
    if (batchItems.length === 0) throw new KmipError('InvalidMessage', 'the message has no batch item');
    if (batchItems.length > limits.maximumBatchCount) {
      throw new KmipError('ServerLimitExceeded', `Batch Count is above ${limits.maximumBatchCount}`);
    }
  }

  /** Why a message that could be read is refused as a whole. */
  async function refusalOf(request: RequestMessage, session: Session): Promise<KmipError | undefined> {
    try {
      checkWhole(request);
      await authenticate(request, session);
      return undefined;
    } catch (error) {
      if (!(error instanceof KmipError)) throw error;
      return error;
    }
  }

  function checkWhole({ header, batchItems }: RequestMessage): void {
    if (header.asynchronousIndicator === 'Mandatory') {
      throw new KmipError(
        'FeatureNotSupported',
        'Asynchronous Indicator is Mandatory, but this server answers synchronously',
      );
    }
    // "The receiver SHALL reject the entire message" (2.1 §9.13; 1.4 §6.16). No extension is known here.
    if (batchItems.some(hasCriticalExtension)) {
      throw new KmipError(
        'UnknownMessageExtension',
        'the message has a critical extension that this server does not know',
      );
    }
  }

  /** "The server SHOULD log this information" (2.1 §9.9; 1.4 §6.18). It is the client's own, so no answer has it. */
  function logCorrelation({ header: { clientCorrelationValue } }: RequestMessage, session: Session): void {
    if (clientCorrelationValue === undefined) return;
    const { connection, clientId } = session;
    const correlation = quoted(clientCorrelationValue);
    counted.note('info', 'a request names itself', { client: clientId }, { connection, correlation }, ownLines);
  }

  function logRefusal({ message }: KmipError, { connection, clientId }: Session): void {
    counted.note('warn', 'a message was refused', { client: clientId }, { connection, why: message });
  }

  /** "Response message containing a header and a Batch Item without Operation" (1.4 §11.1), and its audit record. */
  async function refused(error: KmipError, version: Version, session: Session): Promise<Uint8Array> {
    const { connection, clientId, fingerprint } = session;
    logRefusal(error, session);
    const entry = {
      kind: 'operation',
      client: clientId,
      certificate: fingerprint,
      connection,
      status: 'OperationFailed',
      reason: error.reason,
    } as const;
    // Refused it is whether or not this can be written; the trail itself tells the log.
    if (countedEntries.note(entry)) await services.audit.append(entry).catch(() => undefined);
    const resultReason = reasonFor(error.reason, version);
    return await answer([{ resultStatus: 'OperationFailed', resultReason, resultMessage: error.message }], version);
  }

  function message(batchItems: readonly ResponseBatchItem[], version: Version): Item {
    const timeStamp = Math.floor(services.now() / 1000);
    return writeResponse({
      header: { protocolVersion: version, timeStamp, batchCount: batchItems.length },
      batchItems,
    });
  }

  function answer(
    batchItems: readonly ResponseBatchItem[],
    version: Version,
    maximumResponseSize?: number,
    pace: Pace = createPace(),
  ): Uint8Array | Promise<Uint8Array> {
    const bytes = encode(message(batchItems, version));
    if (maximumResponseSize === undefined || bytes.length <= maximumResponseSize) return bytes;
    const less = fitted(batchItems, version, maximumResponseSize, pace);
    return less.then((items) => encode(message(items, version)));
  }

  /** The same, in turns: some megabytes of small items. */
  async function longAnswer(
    batchItems: readonly ResponseBatchItem[],
    version: Version,
    maximumResponseSize: number | undefined,
    pace: Pace,
    turn: () => Promise<void>,
  ): Promise<Uint8Array> {
    const whole = message(batchItems, version);
    if (maximumResponseSize === undefined || (await lengthInTurns(whole, turn)) <= maximumResponseSize) {
      return await encodeInTurns(whole, turn);
    }
    const less = message(await fitted(batchItems, version, maximumResponseSize, pace), version);
    return await encodeInTurns(less, turn);
  }

  function fitted(
    items: readonly ResponseBatchItem[],
    version: Version,
    maximumBytes: number,
    pace: Pace,
  ): Promise<readonly ResponseBatchItem[]> {
    return fitting(items, version, maximumBytes, (some) => encodedLength(message(some, version)), pace);
  }
}
