/**
 * Cryptographic services whose data comes in parts (KMIP 2.1 §6.1, "multi-part"; §7.8, §7.14, §7.17): which part a request is, and
 * how it goes on with what earlier ones began. A stream belongs to its connection, its operation, its key and its
 * parameters; a failure ends it, since nobody could tell what of the failed part it has taken.
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

/** Three rows that stand together in the request of every such operation. */
export const partFields = {
  correlationValue: optional(Tag.CorrelationValue, bytes, { since: V1_3 }),
  initIndicator: optional(Tag.InitIndicator, boolean, { since: V1_3 }),
  finalIndicator: optional(Tag.FinalIndicator, boolean, { since: V1_3 }),
};
/** Of every answer. */
export const correlationValue = optional(Tag.CorrelationValue, bytes, { since: V1_3 });

export interface PartRequest {
  readonly data?: Uint8Array | undefined;
  /** A signature or MAC to be verified, which may come with any part. */
  readonly proof?: Uint8Array | undefined;
  readonly cryptographicParameters?: CryptographicParameters | undefined;
  readonly correlationValue?: Uint8Array | undefined;
  readonly initIndicator?: boolean | undefined;
  readonly finalIndicator?: boolean | undefined;
}

/** Where in its stream a part stands; what comes in one request is both. */
export interface Part {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** What an operation found out about one part, all of it checked and permitted. */
export interface Service<A extends object> {
  readonly key?: string;
  /** Those that hold for the first part. */
  readonly parameters: CryptographicParameters;
  readonly initial?: Initial;
  /** Asked of the first part only. */
  begin(part: Part): Work<A>;
  /** Takes from the Usage Limits what the part costs; absent where nothing is limited. */
  charge?(part: Part): Promise<void>;
}

/**
 * Which part the request is: "do not provide an Init Indicator, Final Indicator or Correlation Value or provide an Init indicator and
 * Final Indicator but no Correlation Value" for one that is alone.
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

/** "Data is always required in cryptographic operations except when either Init Indicator or Final Indicator is true" (2.1 §6.1). */
function dataOf({ data, initIndicator, finalIndicator }: PartRequest): Uint8Array {
  if (data !== undefined) return data;
  if (initIndicator === true || finalIndicator === true) return new Uint8Array(0);
  throw new KmipError('InvalidMessage', 'the request lacks Data');
}

/**
 * Answers one part, or all of the data at once. `prepare` is asked every time, so that a key that may not be used any more stops its stream.
 * What is charged is charged before anything of a running stream moves: the item may be run again because of it.
 * @throws KmipError InvalidCorrelationValue for a stream that is not this connection's, operation's, key's or of these parameters.
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
    // A stream that finds no room costs nothing.
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
    // It may have ended meanwhile, with its connection.
    streams.renew(value);
    hasMoved = true;
    const answer = await (stream.work as Work<A>).take(data, part.isLast, request.proof, context);
    if (!part.isLast) return { ...answer, correlationValue: value };
    streams.end(value);
    return answer;
  } catch (error) {
    // Before it has moved anything else is the store's: the item is run again.
    if (hasMoved || error instanceof KmipError) streams.end(value);
    throw error;
  }
}

/** The request's own bytes are wiped when it was answered. */
const copied = (initial: Initial = {}): Initial =>
  Object.fromEntries(Object.entries(initial).map(([field, value]) => [field, value && Buffer.from(value)]));

const repeats = (later: Initial, first: Initial): boolean =>
  Object.entries(later).every(([field, value]) => {
    const before = first[field];
    return value === undefined || (before !== undefined && Buffer.compare(value, before) === 0);
  });

const foreign = (what: string): KmipError =>
  new KmipError('InvalidCorrelationValue', `Correlation Value belongs to a stream with a different ${what}`);
