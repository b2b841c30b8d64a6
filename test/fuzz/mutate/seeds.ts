/** What requests are made of: conversations of the cases, and the request of every operation. */
import { existsSync } from 'node:fs';
import { findCases, readCase } from '#conformance/cases';
import { readConversation } from '#conformance/conversation';
import { variableIn, type Bindings, type Bound } from '#conformance/variables';
import { isIn } from '#operations/operation';
import { operations } from '#operations/registry/served';
import { versionOf } from '#protocol/versions';
import { lengthened, longest } from '#test/attacks/longest';
import { everyRequest } from '#test/operations/every-request';
import { request, versions, item } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import type { Chance } from '#test/fixtures/chance';
import { callerOver, type Exchange } from '#test/fuzz/pool';

export interface Step {
  readonly request: Item;
  /** What a conforming server answers, with variables; nothing for requests that stand alone. */
  readonly expected?: Item;
}
export type Conversation = readonly Step[];

export interface Seeds {
  conversation(chance: Chance): Conversation;
  part(chance: Chance): Item;
}

const inTheCases = ['../shared/kmip/cases', '../../shared/kmip/cases', 'profiles/cases'];

/** A request that stands alone, and the same with every list as long as its bound, which is made when it is needed. */
export interface Alone {
  readonly request: Item;
  readonly longest?: () => Item;
}

export async function readSeeds(more: readonly Alone[]): Promise<Seeds> {
  const now = Math.floor(Date.now() / 1000);
  const conversations: Conversation[] = [];
  for (const root of inTheCases.filter((each) => existsSync(each))) {
    for (const file of await findCases(root)) conversations.push(readConversation(await readCase(file), now));
  }
  const parts = [...conversations.flat(), ...more].flatMap((step) => partsOf(step.request));
  return {
    conversation(chance) {
      if (!chance.oneIn(3)) return chance.pick(conversations);
      const { request: usual, longest: most } = chance.pick(more);
      return [{ request: most !== undefined && chance.oneIn(15) ? most() : usual }];
    },
    part: (chance) => chance.pick(parts),
  };
}

const partsOf = (whole: Item): Item[] => [
  whole,
  ...(whole.type === ItemType.Structure ? whole.value.flatMap(partsOf) : []),
];

/** A request of every operation in every version, with what it needs made. */
export async function requestsOfOperations(exchange: Exchange, authority: Uint8Array): Promise<Alone[]> {
  const requests: Alone[] = [];
  for (const version of versions) {
    const number = versionOf(Number(version[0]), Number(version[2]));
    const here = callerOver(exchange, version);
    for (const operation of operations) {
      if (!isIn(operation, number)) continue;
      const payload = await everyRequest[operation.name]({ here, version, authority });
      requests.push({
        request: request(version, [item(operation.name, payload)]),
        longest: () =>
          request(version, [item(operation.name, lengthened(operation, payload, version, longest).payload)]),
      });
    }
  }
  return requests;
}

/** Puts values in place of variables; `otherwise` gives those that nothing has bound. */
export function filled(item: Item, bindings: Bindings, otherwise: (item: Item) => Bound): Item {
  if (item.type === ItemType.Structure) {
    return { ...item, value: item.value.map((each) => filled(each, bindings, otherwise)) };
  }
  const variable = variableIn(item);
  if (variable === undefined) return item;
  const bound = bindings.get(variable) ?? otherwise(item);
  const isRight = (typeof bound === 'string') === (item.type === ItemType.TextString);
  return isRight ? ({ ...item, value: bound } as Item) : item;
}

/** Notes what an answer has in place of the variables that were expected. */
export function bind(expected: Item, answer: Item, bindings: Map<string, Bound>): void {
  if (expected.type !== ItemType.Structure) {
    const variable = variableIn(expected);
    if (variable !== undefined && answer.type === expected.type) bindings.set(variable, answer.value as Bound);
    return;
  }
  if (answer.type !== ItemType.Structure) return;
  const seen = new Map<number, number>();
  for (const child of expected.value) {
    const before = seen.get(child.tag) ?? 0;
    seen.set(child.tag, before + 1);
    const other = answer.value.filter(({ tag }) => tag === child.tag)[before];
    if (other !== undefined) bind(child, other, bindings);
  }
}
