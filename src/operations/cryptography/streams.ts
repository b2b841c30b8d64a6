/**
 * Cryptographic services whose data comes in parts (KMIP 2.1 §6.1, "multi-part"; §7.8, §7.14, §7.17): which part a
 * request is, and how it continues a stream. A stream belongs to its connection, operation, key and parameters. A
 * failure ends it, because the client cannot know how much of the failed part was processed.
 */
import { isDeepStrictEqual } from 'node:util';
import { boolean, bytes } from '#protocol/codecs';
import { optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_3 } from '#protocol/versions';
import type { Context, Initial, Stream, Work } from '#operations/context';
import type { OperationName } from '#operations/operation';

/** Three rows that the request of every such operation has together. */
export const partFields = {
  correlationValue: optional(Tag.CorrelationValue, bytes, { since: V1_3 }),
  initIndicator: optional(Tag.InitIndicator, boolean, { since: V1_3 }),
  finalIndicator: optional(Tag.FinalIndicator, boolean, { since: V1_3 }),
};
/** Of every answer. */
export const correlationValue = optional(Tag.CorrelationValue, bytes, { since: V1_3 });

export interface PartRequest {
  readonly data?: Uint8Array | undefined;
  /** A signature or MAC to be verified, which any part may contain. */
  readonly proof?: Uint8Array | undefined;
  readonly cryptographicParameters?: CryptographicParameters | undefined;
  readonly correlationValue?: Uint8Array | undefined;
  readonly initIndicator?: boolean | undefined;
  readonly finalIndicator?: boolean | undefined;
}

/** The place of a part in its stream; a single request is both the first and the last part. */
export interface Part {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** The result of an operation's checks of one part; every check has passed. */
export interface Service<A extends object> {
  readonly key?: string;
  /** The parameters of the first part. */
  readonly parameters: CryptographicParameters;
  readonly initial?: Initial;
  /** Called for the first part only. */
  begin(part: Part): Work<A>;
  /** Charges the part to the Usage Limits; absent where nothing is limited. */
  charge?(part: Part): Promise<void>;
}

/**
 * The part that the request is. For a single request, "do not provide an Init Indicator, Final Indicator or Correlation
 * Value or provide an Init indicator and Final Indicator but no Correlation Value".
 */
function partOf({ correlationValue: value, initIndicator = false, finalIndicator = false }: PartRequest): Part {
  if (value === undefined) {
    if (finalIndicator && !initIndicator) {
      throw new KmipError('InvalidCorrelationValue', 'Correlation Value is required to end a stream');
    }
    return { isFirst: true, isLast: finalIndicator || !initIndicator };
  }
  if (initIndicator) throw new KmipError('InvalidField', 'Correlation Value must not be given with Init Indicator');
  return { isFirst: false, isLast: finalIndicator };
}

/**
 * "Data is always required in cryptographic operations except when either Init Indicator or Final Indicator is true"
 * (2.1 §6.1).
 */
function dataOf({ data, initIndicator, finalIndicator }: PartRequest): Uint8Array {
  if (data !== undefined) return data;
  if (initIndicator === true || finalIndicator === true) return new Uint8Array(0);
  throw new KmipError('InvalidMessage', 'the request lacks Data');
}

/**
 * Answers one part, or the whole data. `prepare` is called for each part, so that a key whose use is no longer
 * permitted stops its stream. Usage is charged before a running stream changes, because the item may be run again after
 * the charge.
 * @throws KmipError InvalidCorrelationValue for a stream of another connection, operation, key or other parameters.
 */
export async function inParts<A extends object>(
  operation: OperationName,
  request: PartRequest,
  context: Context,
  prepare: (begun: Stream | undefined) => Promise<Service<A>>,
): Promise<A & { readonly correlationValue?: Uint8Array }> {
  const part = partOf(request);
  if (!part.isFirst) return await goOn(operation, request, part, context, prepare);
  const data = dataOf(request);
  const { key, parameters, initial, begin, charge } = await prepare(undefined);
  const work = begin(part);
  let value: Uint8Array | undefined;
  const end = (): void => (value === undefined ? work.end?.() : context.streams.end(value));
  try {
    const answer = await work.take(data, part.isLast, request.proof, context);
    // The stream starts first, so that a stream without room is not charged.
    if (!part.isLast) value = context.streams.begin({ operation, key, parameters, initial: copied(initial), work });
    await charge?.(part);
    if (value !== undefined) return { ...answer, correlationValue: value };
    end();
    return answer;
  } catch (error) {
    end();
    throw error;
  }
}

async function goOn<A extends object>(
  operation: OperationName,
  request: PartRequest,
  part: Part,
  context: Context,
  prepare: (begun: Stream) => Promise<Service<A>>,
): Promise<A & { readonly correlationValue?: Uint8Array }> {
  const { streams } = context;
  const value = request.correlationValue as Uint8Array;
  const stream = streams.find(value);
  let hasMoved = false;
  try {
    const data = dataOf(request);
    if (stream.operation !== operation) throw foreign(operation);
    const { key, initial = {}, charge } = await prepare(stream);
    const { cryptographicParameters: parameters = stream.parameters } = request;
    if (key !== stream.key || !isDeepStrictEqual(parameters, stream.parameters)) throw foreign('key and parameters');
    if (!repeats(initial, stream.initial)) {
      throw new KmipError('InvalidField', 'a field of the first part of a stream must not be changed by a later part');
    }
    await charge?.(part);
    // It may have ended with its connection in the meantime.
    streams.renew(value);
    hasMoved = true;
    const answer = await (stream.work as Work<A>).take(data, part.isLast, request.proof, context);
    if (!part.isLast) return { ...answer, correlationValue: value };
    streams.end(value);
    return answer;
  } catch (error) {
    // An error other than KmipError before the stream has changed comes from the store: the item is run again.
    if (hasMoved || error instanceof KmipError) streams.end(value);
    throw error;
  }
}

/** A copy, because the bytes of the request are wiped after its answer. */
const copied = (initial: Initial = {}): Initial =>
  Object.fromEntries(Object.entries(initial).map(([field, value]) => [field, value && Buffer.from(value)]));

const repeats = (later: Initial, first: Initial): boolean =>
  Object.entries(later).every(([field, value]) => {
    const before = first[field];
    return value === undefined || (before !== undefined && Buffer.compare(value, before) === 0);
  });

const foreign = (what: string): KmipError =>
  new KmipError('InvalidCorrelationValue', `Correlation Value belongs to a stream with a different ${what}`);
