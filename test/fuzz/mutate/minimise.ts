/** Makes a failing message smaller, as long as it goes on to fail in the same way. */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { names } from '#protocol/names';
import { writeJson, readJson } from '#ttlv/json';
import { writeXml, readXml } from '#ttlv/xml';
import type { LaneKind } from '#test/fuzz/lanes';

const readers: { readonly [K in LaneKind]: (body: Buffer) => Item } = {
  tls: (body) => decode(body),
  ttlv: (body) => decode(body),
  xml: (body) => readXml(body.toString(), names),
  json: (body) => readJson(body.toString(), names),
};
const writers: { readonly [K in LaneKind]: (item: Item) => Buffer } = {
  tls: (item) => Buffer.from(encode(item)),
  ttlv: (item) => Buffer.from(encode(item)),
  xml: (item) => Buffer.from(writeXml(item, names)),
  json: (item) => Buffer.from(writeJson(item, names)),
};

/**
 * @param fails whether this body fails as the first one did.
 * @param milliseconds to take at most, but for a try that is under way.
 */
export async function minimised(
  body: Buffer,
  kind: LaneKind,
  fails: (body: Buffer) => Promise<boolean>,
  milliseconds: number,
): Promise<Buffer> {
  let smallest: Item;
  try {
    smallest = readers[kind](body);
  } catch {
    return body;
  }
  const end = Date.now() + milliseconds;
  if (!(await fails(writers[kind](smallest)))) return body;
  for (let wasSmaller = true; wasSmaller;) {
    wasSmaller = false;
    for (const smaller of smallerThan(smallest)) {
      if (Date.now() > end) return writers[kind](smallest);
      if (!(await fails(writers[kind](smaller)))) continue;
      smallest = smaller;
      wasSmaller = true;
      break;
    }
  }
  return writers[kind](smallest);
}

/** The item with some children left out, at each depth: halves first, then one by one. */
function* smallerThan(item: Item): Generator<Item> {
  if (item.type !== ItemType.Structure) {
    if (item.type === ItemType.ByteString && item.value.length > 8) {
      yield { ...item, value: item.value.subarray(0, item.value.length / 2) };
    }
    return;
  }
  const { value } = item;
  for (let size = Math.floor(value.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < value.length; at += size) {
      yield { ...item, value: [...value.slice(0, at), ...value.slice(at + size)] };
    }
  }
  for (const [place, child] of value.entries()) {
    for (const smaller of smallerThan(child)) yield { ...item, value: value.with(place, smaller) };
  }
}
