/** Compares an answer with the expected one, item by item, by the rules. */
import { ItemType, type Item } from '#ttlv/item';
import { Tag, tagName } from '#protocol/tags';
import { describe, labelOf } from './describe.ts';
import { attributeIn, learn, operationIn, type Ledger, type ObjectFacts } from './ledger.ts';
import { groupOf, isPresentAtWill, mayBeMore, passes } from './rules.ts';
import type { Scene, Spot } from './scene.ts';
import { all, partOf, partsOf, partsWith, sameValue, textIn } from './tree.ts';
import { variableIn, type Bindings, type Bound } from './variables.ts';

/** The first difference from what was expected. */
export interface Difference {
  /** As in `BatchItem[1]/ResponsePayload/Attribute[State]/AttributeValue`. */
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
}

export interface Knowledge {
  readonly bindings: Bindings;
  readonly ledger: Ledger;
  /** Seconds since 1970 between which the server may have set a date. */
  readonly earliest: bigint;
  readonly latest: bigint;
  /** Seconds since `$NOW`: a date that the server reckons from its clock is later by as many at the most. */
  readonly elapsed: bigint;
}

export interface Verdict {
  readonly difference?: Difference;
  /** What was known before, and what this answer added. */
  readonly bindings: Bindings;
  readonly ledger: Ledger;
}

/** @param request as it was sent. Nothing handed in is changed. */
export function compareAnswer(request: Item, expected: Item, actual: Item, known: Knowledge): Verdict {
  const bindings = new Map(known.bindings);
  const ledger = new Map(known.ledger);
  const scene: Scene = { ...known, operation: undefined, asked: [], answered: [], ledger, bindings };
  const difference = compareMessage(request, expected, actual, scene, ledger);
  return { bindings, ledger, ...(difference === undefined ? {} : { difference }) };
}

function compareMessage(
  request: Item,
  expected: Item,
  actual: Item,
  scene: Scene,
  ledger: Map<string, ObjectFacts>,
): Difference | undefined {
  if (actual.tag !== expected.tag || actual.type !== expected.type) return differs('', expected, actual, []);
  const [header, ...items] = partsOf(expected);
  const [actualHeader, ...actualItems] = partsOf(actual);
  const ofHeader: Scene = {
    ...scene,
    asked: partsOf(partOf(request, Tag.RequestHeader)),
    answered: partsOf(actualHeader),
  };
  const found = compareParts([header], [actualHeader], { path: '', within: [], attribute: undefined, scene: ofHeader });
  if (found !== undefined) return found;
  const requests = partsWith(request, Tag.BatchItem);
  for (let index = 0; index < Math.max(items.length, actualItems.length); index++) {
    const [asked, should, is] = [requests[index], items[index], actualItems[index]];
    const ofItem: Scene = {
      ...scene,
      operation: operationIn(asked),
      asked: partsOf(partOf(asked, Tag.RequestPayload)),
      answered: partsOf(partOf(is, Tag.ResponsePayload)),
    };
    const difference =
      should?.tag === Tag.BatchItem && is?.tag === Tag.BatchItem
        ? compareParts(partsOf(should), partsOf(is), {
            path: `BatchItem[${index + 1}]`,
            within: ['BatchItem'],
            attribute: undefined,
            scene: ofItem,
          })
        : differs(`BatchItem[${index + 1}]`, should, is, []);
    if (difference !== undefined) return withReason(difference, is);
    if (asked !== undefined && is !== undefined) learn(ledger, asked, is);
  }
  return undefined;
}

/** Where the parts of a structure stand. */
interface Inside {
  readonly path: string;
  readonly within: Spot['within'];
  /** In an Attribute of 1.x or of a vendor: what its Attribute Value means. */
  readonly attribute: string | undefined;
  readonly scene: Scene;
}

const attributeOf = (item: Item): string | undefined =>
  item.tag === Tag.Attribute ? attributeIn(item)?.name : undefined;

/** One item, or the neighbours whose order does not matter among themselves. */
interface Unit {
  readonly group: string | undefined;
  readonly items: Item[];
}

function compareParts(
  expected: readonly (Item | undefined)[],
  actual: readonly (Item | undefined)[],
  inside: Inside,
): Difference | undefined {
  const [shoulds, are] = [unitsOf(expected, inside), unitsOf(actual, inside)];
  const isAtWill = (item: Item): boolean =>
    isPresentAtWill(item, spotOf(item, inside)) && isAlone(item, ...shoulds, ...are);
  let [i, j] = [0, 0];
  while (i < shoulds.length || j < are.length) {
    const [should, is] = [shoulds[i], are[j]];
    if (should !== undefined && is !== undefined && belongTogether(should, is)) {
      const found = compareUnits(should.items, is.items, inside);
      if (found !== undefined) return found;
      i++;
      j++;
    } else if (is?.items.every((item) => mayBeMore(item, spotOf(item, inside)) || isAtWill(item)) === true) j++;
    else if (should?.items.every(isAtWill) === true) i++;
    else return differs(pathTo((should ?? is)?.items[0], inside), should?.items[0], is?.items[0], inside.within);
  }
  return undefined;
}

function unitsOf(items: readonly (Item | undefined)[], inside: Inside): Unit[] {
  const units: Unit[] = [];
  for (const item of items) {
    if (item === undefined) continue;
    const group = groupOf(item, spotOf(item, inside));
    const last = units.at(-1);
    if (group !== undefined && last?.group === group) last.items.push(item);
    else units.push({ group, items: [item] });
  }
  return units;
}

const belongTogether = (one: Unit, other: Unit): boolean =>
  one.group === other.group && (one.group !== undefined || one.items[0]?.tag === other.items[0]?.tag);

const maySurprise = (item: Item, inside: Inside): boolean =>
  mayBeMore(item, spotOf(item, inside)) || isPresentAtWill(item, spotOf(item, inside));

/** An optional item occurs at most once. Where both sides have it, it is compared in its place. */
const isAlone = ({ tag }: Item, ...units: readonly Unit[]): boolean =>
  units.filter(({ group, items }) => group === undefined && items[0]?.tag === tag).length === 1;

/**
 * Pairs each expected item with an actual one of its own: an equal one, else one of the same name, to say how it
 * differs.
 */
function compareUnits(expected: readonly Item[], actual: readonly Item[], inside: Inside): Difference | undefined {
  const left = [...actual];
  // Items without open variables are paired first: a variable without a value is equal to anything.
  const certainFirst = [...expected].sort((one, other) => openIn(one, inside.scene) - openIn(other, inside.scene));
  const unmatched: Item[] = [];
  for (const item of certainFirst) {
    const index = left.findIndex((each) => matches(item, each, inside));
    if (index >= 0) left.splice(index, 1);
    else unmatched.push(item);
  }
  for (const item of unmatched) {
    const alike = left.filter((each) => nameOf(each) === nameOf(item));
    if (alike.length === 1) return compareItems(item, alike[0] as Item, inside);
    if (!isPresentAtWill(item, spotOf(item, inside)))
      return differs(pathTo(item, inside), item, undefined, inside.within);
  }
  const extra = left.find((item) => !maySurprise(item, inside));
  return extra === undefined ? undefined : differs(pathTo(extra, inside), undefined, extra, inside.within);
}

const openIn = (item: Item, { bindings }: Scene): number =>
  [...all(item)].filter((each) => {
    const name = variableIn(each);
    return name !== undefined && !bindings.has(name);
  }).length;

/** Compares without commitment: variables are bound only if everything is equal. */
function matches(expected: Item, actual: Item, inside: Inside): boolean {
  const { bindings } = inside.scene;
  const trial = new Map<string, Bound>(bindings);
  const found = compareItems(expected, actual, { ...inside, scene: { ...inside.scene, bindings: trial } });
  if (found !== undefined) return false;
  for (const [name, value] of trial) bindings.set(name, value);
  return true;
}

/** What distinguishes an item from others of its group. */
const nameOf = (item: Item): string => `${item.tag} ${attributeOf(item) ?? ''}`;

function compareItems(expected: Item, actual: Item, inside: Inside): Difference | undefined {
  const path = pathTo(expected, inside);
  const spot = spotOf(expected, inside);
  const within = [...inside.within, spot.meaning];
  if (expected.tag !== actual.tag || expected.type !== actual.type) return differs(path, expected, actual, within);
  if (expected.type !== ItemType.Structure && variableIn(expected) === undefined && sameValue(expected, actual)) {
    return undefined;
  }
  if (passes(expected, actual, spot)) return undefined;
  if (expected.type !== ItemType.Structure) return differs(path, expected, actual, within);
  return compareParts(partsOf(expected), partsOf(actual), {
    ...inside,
    path,
    within,
    attribute: attributeOf(expected),
  });
}

function spotOf({ tag }: Item, { within, attribute, scene }: Inside): Spot {
  const meaning = tag === Tag.AttributeValue && attribute !== undefined ? attribute : tagName(tag);
  return { meaning, within, scene };
}

const pathTo = (item: Item | undefined, { path }: Inside): string =>
  item === undefined ? path : path === '' ? labelOf(item) : `${path}/${labelOf(item)}`;

function differs(
  path: string,
  expected: Item | undefined,
  actual: Item | undefined,
  within: Inside['within'],
): Difference {
  const isOther = expected !== undefined && actual !== undefined && expected.tag !== actual.tag;
  const [should, is] = [expected, actual].map((item) => {
    const text = describe(item, within);
    return item !== undefined && isOther && item.type !== ItemType.Structure ? `${labelOf(item)} ${text}` : text;
  });
  return { path, expected: should ?? '', actual: is ?? '' };
}

/** Adds the server's reason where the difference is that the server refused the request. */
function withReason(difference: Difference, answer: Item | undefined): Difference {
  const message = textIn(partOf(answer, Tag.ResultMessage));
  return message === undefined || !/\/Result\w+$/.test(difference.path)
    ? difference
    : { ...difference, actual: `${difference.actual} (${message})` };
}
