/** Makes requests out of seeds, in the encoding of a lane, and damages most of them. */
import { Tag } from '#protocol/tags';
import { names } from '#protocol/names';
import { operationName } from '#protocol/message';
import type { Bindings, Bound } from '#conformance/variables';
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { writeJson } from '#ttlv/json';
import { writeXml } from '#ttlv/xml';
import type { Chance } from '#test/fixtures/chance';
import type { LaneKind } from './lanes.ts';
import { mutatePlain } from '#test/fixtures/mutate-der';
import { mutateItem, reheaded, type Surroundings } from '#test/fuzz/mutate/mutate-items';
import { mutateText } from '#test/fuzz/mutate/mutate-text';
import type { Pool } from './pool.ts';
import { filled, type Seeds } from '#test/fuzz/mutate/seeds';

export interface Shot {
  readonly body: Buffer;
  /** The message, when the body is one as a whole. */
  readonly item?: Item;
}

export interface World {
  readonly seeds: Seeds;
  readonly pool: Pool;
  /** Identifiers of another client's objects. */
  readonly others: readonly string[];
}

/** Kinds of objects that an operation does something with. */
const kindsFor: Readonly<Record<string, string>> = {
  Encrypt: 'aes',
  Decrypt: 'aes',
  MAC: 'hmac',
  MACVerify: 'hmac',
  DeriveKey: 'aes',
  Sign: 'pair',
  SignatureVerify: 'pair',
  ReKeyKeyPair: 'pair',
  Certify: 'pair ec',
  ReCertify: 'certificate',
  Validate: 'certificate',
  JoinSplitKey: 'split',
  ReKey: 'aes',
  GetUsageAllocation: 'aes limited',
};

/** @returns nothing when what came out is no message of the encoding, which its writer refuses. */
export function shotFrom(
  request: Item,
  bindings: Bindings,
  kind: LaneKind,
  chance: Chance,
  { seeds, pool, others }: World,
): Shot | undefined {
  const around: Surroundings = {
    part: (more) => seeds.part(more),
    identifier: (more) => (more.oneIn(12) ? more.pick(others) : more.oneIn(12) ? 'unknown' : pool.any(more).id),
  };
  const wanted = kindsFor[operationIn(request)] ?? '';
  const inPlace = (): Bound => (chance.oneIn(4) ? around.identifier(chance) : pool.like(wanted, chance).id);
  let item = filled(request, bindings, inPlace);
  item = withObjects(item, chance, inPlace);
  if (chance.oneIn(3)) {
    const more = chance.oneIn(3)
      ? seeds
          .conversation(chance)
          .slice(0, chance.below(4))
          .flatMap((step) => itemsOf(step.request))
      : [];
    item = reheaded(
      item,
      more.map((each) => filled(each, bindings, inPlace)),
      chance,
    );
  }
  if (!chance.oneIn(3)) {
    for (let left = chance.pick([1, 1, 1, 2, 4]); left > 0; left--) item = mutateItem(item, chance, around);
  }
  try {
    return written(item, kind, chance);
  } catch {
    return undefined;
  }
}

function written(item: Item, kind: LaneKind, chance: Chance): Shot {
  const isBroken = chance.oneIn(7);
  if (kind === 'xml' || kind === 'json') {
    const text = kind === 'xml' ? writeXml(item, names) : writeJson(item, names);
    if (!isBroken) return { body: Buffer.from(text), item };
    const body = Buffer.from(mutateText(text, kind, chance));
    return { body: chance.oneIn(10) ? mutatePlain(body, chance) : body };
  }
  const bytes = Buffer.from(encode(item));
  if (!isBroken) return { body: bytes, item };
  const body = Buffer.from(mutatePlain(bytes, chance));
  // Mostly a whole message as far as its length goes, so that more than the framing is tried.
  const fits = body.length - (body.length % 8);
  if (!chance.oneIn(6) && fits >= 8) {
    bytes.copy(body, 0, 0, 4);
    body.writeUInt32BE(fits - 8, 4);
    return { body: body.subarray(0, fits) };
  }
  return { body };
}

const itemsOf = (request: Item): readonly Item[] =>
  request.type === ItemType.Structure ? request.value.filter(({ tag }) => tag === Tag.BatchItem) : [];

export function operationIn(request: Item): string {
  for (const each of itemsOf(request)) {
    const operation =
      each.type === ItemType.Structure ? each.value.find(({ tag }) => tag === Tag.Operation) : undefined;
    if (operation?.type === ItemType.Enumeration) return String(operationName(operation.value));
  }
  return '';
}

const identifiers: ReadonlySet<number> = new Set([
  Tag.UniqueIdentifier,
  Tag.PrivateKeyUniqueIdentifier,
  Tag.PublicKeyUniqueIdentifier,
  Tag.LinkedObjectIdentifier,
]);

/** Requests that stand alone name objects that may be long gone: now and then they name others. */
function withObjects(item: Item, chance: Chance, inPlace: () => Bound): Item {
  if (item.type === ItemType.Structure) {
    return { ...item, value: item.value.map((each) => withObjects(each, chance, inPlace)) };
  }
  if (item.type !== ItemType.TextString || !identifiers.has(item.tag) || !chance.oneIn(3)) return item;
  return { ...item, value: inPlace() as string };
}
