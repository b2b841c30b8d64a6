import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ItemType, type Item } from '#ttlv/item';
import { findCases, readCase, type CaseFile } from '#conformance/cases';
import { compareAnswer, type Knowledge } from '#conformance/compare';
import { readConversation, type Exchange } from '#conformance/conversation';
import { attributeIn, operationIn, type Ledger } from '#conformance/ledger';
import { all, numberIn, partOf, partsOf, partsWith } from '#conformance/tree';
import { fill, latestOf, variableIn, type Bound } from '#conformance/variables';
import { Tag } from '#protocol/tags';
import { mutationsOf } from './mutate.ts';
import { isPermitted, type Circumstances } from './permitted.ts';

const now = 1_700_000_000;

/** Objects that a case finds again, which the one before has left. */
const leftBy: Readonly<Record<string, string>> = {
  'SASED-M-3-10 $UNIQUE_IDENTIFIER_0': 'SASED-M-2-10 $UNIQUE_IDENTIFIER_1',
  'SASED-M-3-10 $UNIQUE_IDENTIFIER_1': 'SASED-M-2-10 $UNIQUE_IDENTIFIER_0',
  'SASED-M-3-14 $UNIQUE_IDENTIFIER_0': 'SASED-M-2-14 $UNIQUE_IDENTIFIER_0',
  'SASED-M-3-21 $UNIQUE_IDENTIFIER_0': 'SASED-M-2-21 $UNIQUE_IDENTIFIER_0',
  'TL-M-3-10 $UNIQUE_IDENTIFIER_0': 'TL-M-2-10 $UNIQUE_IDENTIFIER_0',
  'TL-M-3-14 $UNIQUE_IDENTIFIER_0': 'TL-M-2-14 $UNIQUE_IDENTIFIER_0',
  'TL-M-3-21 $UNIQUE_IDENTIFIER_0': 'TL-M-2-21 $UNIQUE_IDENTIFIER_0',
};

/** A value for each variable that an answer brings, such as a server might choose. */
function invent(answer: Item, file: CaseFile, values: Map<string, Bound>): void {
  for (const item of all(answer)) {
    const name = variableIn(item);
    if (name === undefined || values.has(name)) continue;
    const key = `${file.name} ${name}`;
    const chosen = leftBy[key] ?? key;
    values.set(name, item.type === ItemType.TextString ? chosen : Buffer.from(chosen.padStart(40, '*')));
  }
}

const succeeded = (item: Item | undefined): boolean => numberIn(partOf(item, Tag.ResultStatus)) === 0;

/** The dates of a request, `name seconds` each. */
function datesSet(request: Item): string[] {
  const dates: string[] = [];
  for (const item of all(request)) {
    const attribute = attributeIn(item);
    if (attribute?.value.type === ItemType.DateTime) dates.push(`${attribute.name} ${attribute.value.value}`);
  }
  return dates;
}

/** Old files print the dates of the day they were made on: a server's own dates are those of the run. */
function asOfNow(item: Item, set: ReadonlySet<bigint>): Item {
  if (item.type === ItemType.Structure) return { ...item, value: item.value.map((part) => asOfNow(part, set)) };
  return item.type === ItemType.DateTime && !set.has(item.value) ? { ...item, value: BigInt(now) } : item;
}

interface Played {
  readonly exchange: Exchange;
  readonly request: Item;
  readonly answer: Item;
  readonly before: Knowledge;
  /** Dates that the client has set by then, `name seconds` each. */
  readonly dates: ReadonlySet<string>;
  readonly isRegistered: boolean;
}

/** Plays a case with its own answers, and fails when one of them is refused. */
async function play(file: CaseFile, ledger: Ledger, dates: Set<string>): Promise<{ played: Played[]; ledger: Ledger }> {
  let known: Knowledge = {
    bindings: new Map(),
    ledger,
    earliest: BigInt(now - 60),
    latest: BigInt(now + 60),
    elapsed: 0n,
  };
  const values = new Map<string, Bound>();
  const latest = new Map<number, Bound>();
  const played: Played[] = [];
  const everSet = new Set([...dates].map((date) => BigInt(date.slice(date.lastIndexOf(' ') + 1))));
  let isRegistered = file.name.startsWith('SASED-M-3');
  for (const exchange of readConversation(await readCase(file), now)) {
    const request = fill(exchange.request, values, latest);
    invent(exchange.expected, file, values);
    for (const item of all(request)) if (item.type === ItemType.DateTime) everSet.add(item.value);
    const answer = asOfNow(fill(exchange.expected, values, latest), everSet);
    partsWith(request, Tag.BatchItem).forEach((item, index) => {
      if (!succeeded(partsWith(answer, Tag.BatchItem)[index])) return;
      for (const date of datesSet(item)) dates.add(date);
      if (operationIn(item) === 'Register') isRegistered = true;
    });
    const verdict = compareAnswer(request, exchange.expected, answer, known);
    expect(verdict.difference, `${file.name}, line ${exchange.line}`).to.equal(undefined);
    played.push({ exchange, request, answer, before: known, dates: new Set(dates), isRegistered });
    known = { ...known, bindings: verdict.bindings, ledger: verdict.ledger };
    latestOf(answer, latest);
  }
  return { played, ledger: known.ledger };
}

function circumstancesOf(
  step: Played,
  file: CaseFile,
  mutation: { expected: Item; path: string; batchItem: number | undefined },
): Circumstances {
  const item = mutation.batchItem === undefined ? undefined : partsOf(step.request)[mutation.batchItem];
  const payload = partsOf(partOf(item, Tag.RequestPayload));
  const { expected } = mutation;
  const name = variableIn(expected);
  const inAnswer = [...all(step.exchange.expected)].filter((each) => variableIn(each) === name).length;
  const attribute = /\[([^\]]*)\]\/AttributeValue$/.exec(mutation.path)?.[1] ?? /\w+$/.exec(mutation.path)?.[0] ?? '';
  return {
    caseName: file.name,
    operation: operationIn(item),
    isNarrow: payload.some(({ tag }) => [Tag.AttributeName, Tag.AttributeReference, Tag.ProtocolVersion].includes(tag)),
    isRegistered: step.isRegistered,
    isFirstSight: name !== undefined && !step.before.bindings.has(name) && inAnswer === 1,
    isSetByClient: expected.type === ItemType.DateTime && step.dates.has(`${attribute} ${expected.value}`),
  };
}

/**
 * Of our own cases those whose fields the second account speaks of. The others have identifiers that the client chose,
 * several objects in one answer, results that are random: they are replayed against the server alone.
 */
const own = /^(?:BATCH|CONTINUE|COUNT|CUSTOM|INDEX|LOCATE|RULES|SIZE|STATE|STOP|TEMPLATE|UNDO|VERSION)-/;
const roots: readonly (readonly [root: string, judged: RegExp])[] = [
  [join('..', 'shared', 'kmip', 'cases'), /./],
  [join('profiles', 'cases'), own],
];

/** Plays the cases of a folder, and spoils every answer in every way. */
async function spoilAll(root: string, judged: RegExp): Promise<{ refused: number; permitted: number }> {
  const counts = { refused: 0, permitted: 0 };
  const wrong: string[] = [];
  let ledger: Ledger = new Map();
  const dates = new Map<string, Set<string>>();
  for (const file of await findCases(root)) {
    if (!judged.test(file.name)) continue;
    const family = `${file.folder} ${file.family === 'TL' ? 'TL' : file.name}`;
    const ofFamily = dates.get(family) ?? new Set();
    dates.set(family, ofFamily);
    const { played, ledger: after } = await play(file, ledger, ofFamily);
    ledger = after;
    for (const step of played) {
      for (const mutation of mutationsOf(step.answer, step.exchange.expected)) {
        const { difference } = compareAnswer(step.request, step.exchange.expected, mutation.answer, step.before);
        const permitted = isPermitted(mutation, circumstancesOf(step, file, mutation));
        if (permitted === (difference !== undefined)) {
          wrong.push(
            `${file.name} line ${step.exchange.line}: ${mutation.path} ${mutation.kind} was ${permitted ? 'refused' : 'let through'}`,
          );
        }
        counts[permitted ? 'permitted' : 'refused']++;
      }
    }
  }
  expect(wrong.slice(0, 40), `${wrong.length} verdicts are wrong`).to.deep.equal([]);
  return counts;
}

describe('the comparer of answers', () => {
  for (const [root, judged] of roots) {
    it(`accepts every expected answer under ${root}, and refuses each mutation that no rule permits`, async function () {
      if (!existsSync(root)) return this.skip();
      const { refused, permitted } = await spoilAll(root, judged);
      console.log(`      ${refused} mutations refused, ${permitted} permitted`);
      expect(refused).to.be.greaterThan(permitted);
    });
  }
});
