/** Replays case files against a server, as one client. */
import { encode } from '#ttlv/encode';
import { decodeAnswer, type Transport } from '#client/transport';
import { readCase, type CaseFile } from './cases.ts';
import { compareAnswer, type Difference, type Knowledge } from './compare.ts';
import { readConversation } from './conversation.ts';
import type { Ledger } from './ledger.ts';
import { fill, latestOf, type Bound } from './variables.ts';

export interface CaseResult {
  readonly file: CaseFile;
  /** The number of answers that were as expected. */
  readonly passedExchanges: number;
  readonly exchanges: number;
  readonly milliseconds: number;
  readonly failure?: CaseFailure;
}

export interface CaseFailure {
  /** The line of the request in the case file, 0 when the file could not be read. */
  readonly line: number;
  readonly reason: string;
  /** Absent when there was no answer to compare. */
  readonly difference?: Difference;
}

export interface RunOptions {
  readonly files: readonly CaseFile[];
  /** Opens a connection; called again after a connection has failed. */
  readonly open: () => Promise<Transport>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onResult?: (result: CaseResult) => void;
}

/** Clocks of client and server may differ by this many seconds. */
const clockTolerance = 60n;

/** Runs the cases in the order given. Rejects only when no connection can be opened. */
export async function runConformance({ files, open, now, onResult }: RunOptions): Promise<CaseResult[]> {
  const earliest = BigInt(Math.floor(now() / 1000)) - clockTolerance;
  const results: CaseResult[] = [];
  let ledger: Ledger = new Map();
  let transport = await open();
  try {
    for (const file of files) {
      const begun = now();
      const { isBroken, ledger: learned, ...outcome } = await runCase(file, transport, { ledger, earliest, now });
      ledger = learned;
      const result = { file, ...outcome, milliseconds: now() - begun };
      results.push(result);
      onResult?.(result);
      if (!isBroken) continue;
      await transport.close();
      transport = await open();
    }
  } finally {
    await transport.close();
  }
  return results;
}

interface CaseOutcome extends Omit<CaseResult, 'file' | 'milliseconds'> {
  readonly ledger: Ledger;
  /** The connection cannot be used any more. */
  readonly isBroken: boolean;
}

async function runCase(
  file: CaseFile,
  transport: Transport,
  { ledger, earliest, now }: { ledger: Ledger; earliest: bigint; now: () => number },
): Promise<CaseOutcome> {
  const seconds = (): number => Math.floor(now() / 1000);
  const begun = seconds();
  let exchanges = 0;
  let passedExchanges = 0;
  let line = 0;
  let isBroken = false;
  let known: Omit<Knowledge, 'latest' | 'elapsed'> = { bindings: new Map(), ledger, earliest };
  const latest = new Map<number, Bound>();
  const ended = (failure?: CaseFailure): CaseOutcome => ({
    ...{ exchanges, passedExchanges, ledger: known.ledger, isBroken },
    ...(failure === undefined ? {} : { failure }),
  });

  try {
    const conversation = readConversation(await readCase(file), begun);
    exchanges = conversation.length;
    for (const exchange of conversation) {
      line = exchange.line;
      const request = fill(exchange.request, known.bindings, latest);
      const bytes = encode(request);
      isBroken = true;
      const answer = decodeAnswer(await transport.exchange(bytes));
      isBroken = false;
      const verdict = compareAnswer(request, exchange.expected, answer, {
        ...known,
        latest: BigInt(seconds()) + clockTolerance,
        elapsed: BigInt(seconds() - begun),
      });
      known = { ...known, bindings: verdict.bindings, ledger: verdict.ledger };
      if (verdict.difference !== undefined) {
        const { path, expected, actual } = verdict.difference;
        return ended({
          line,
          reason: `${path}: expected ${expected}, got ${actual}`,
          difference: verdict.difference,
        });
      }
      passedExchanges++;
      latestOf(answer, latest);
    }
    return ended();
  } catch (error) {
    return ended({ line, reason: (error as Error).message });
  }
}
