/** What every answer must be, whatever was asked. */
import { Tag } from '#protocol/tags';
import { echoOf, readResponse, versionIn } from '#protocol/message';
import { names } from '#protocol/names';
import { majorOf, minorOf, supportedVersions, versionText } from '#protocol/versions';
import { enumerationNumber } from '#protocol/enumerations';
import { demand } from '#test/clients/caller';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { readJson } from '#ttlv/json';
import { readXml } from '#ttlv/xml';
import type { LaneKind } from './lanes.ts';

const largest = { maximumBytes: 2 ** 28, maximumItems: 2 ** 24, maximumDepth: 100 };

/** An answer in the lane's encoding. @throws Error that says why it is none. */
export function readAnswer(kind: LaneKind, answer: Buffer): Item {
  if (kind === 'xml') return readXml(answer.toString(), names, largest);
  if (kind === 'json') return readJson(answer.toString(), names, largest);
  return decode(answer, largest);
}

const generalFailure = enumerationNumber('ResultReason', 'GeneralFailure');

/**
 * With this the server says that it failed. The older versions have the same reason for bounds and rules of ours, with
 * other words.
 */
const ownFailure = /^(?:the server failed|others change the object|the audit trail cannot)/;

const children = (item: Item | undefined): readonly Item[] => (item?.type === ItemType.Structure ? item.value : []);
const valueOf = (item: Item, tag: number): Item['value'] | undefined =>
  children(item).find((each) => each.tag === tag)?.value;

/** What is wrong with an answer; nothing when it is right. @param request nothing when it was no message. */
export function wrongIn(answer: Item, request: Item | undefined): string | undefined {
  if (answer.tag !== Tag.ResponseMessage) return 'the answer is no Response Message';
  for (const each of children(answer)) {
    const message = String(valueOf(each, Tag.ResultMessage));
    if (valueOf(each, Tag.ResultReason) === generalFailure && ownFailure.test(message))
      return `General Failure: ${message}`;
  }
  const { header, batchItems } = readResponse(answer);
  const version = header.protocolVersion;
  const asked = request === undefined || !isWithinBounds(request) ? undefined : versionIn(request);
  if (asked !== undefined && supportedVersions.includes(asked) && version !== asked) {
    return `asked in ${versionText(asked)}, answered in ${versionText(version)}`;
  }
  if (header.batchCount !== batchItems.length) return 'Batch Count is not the number of items';
  try {
    demand(withoutOthers(answer), `${majorOf(version)}.${minorOf(version)}`);
  } catch (error) {
    return `not in the version: ${(error as Error).message}`;
  }
  return request === undefined ? undefined : wrongEcho(answer, request);
}

/** Of what is beyond them the server may not find the version. */
function isWithinBounds(request: Item): boolean {
  try {
    decode(encode(request));
    return true;
  } catch {
    return false;
  }
}

/** Operation and Unique Batch Item ID come back in the order in which they were sent; an item may stand for several. */
function wrongEcho(answer: Item, request: Item): string | undefined {
  const echo = (item: Item): string => {
    const { operation, uniqueBatchItemID: id } = echoOf(item);
    return `${operation} ${id === undefined ? '' : Buffer.from(id).toString('hex')}`;
  };
  const sent = children(request)
    .filter(({ tag }) => tag === Tag.BatchItem)
    .map(echo);
  const answered = children(answer).filter(({ tag }) => tag === Tag.BatchItem);
  const [only] = answered;
  // What is refused as a whole has one item without Operation.
  if (answered.length === 1 && only !== undefined && valueOf(only, Tag.Operation) === undefined) return undefined;
  let at = 0;
  for (const each of answered.map(echo)) {
    while (at < sent.length && sent[at] !== each) at++;
    if (at === sent.length) return 'an item of the answer answers no item of the request';
  }
  return undefined;
}

/** What clients may fill as they like, and get back. */
const others: ReadonlySet<number> = new Set([
  Tag.KeyWrappingData,
  Tag.AttributeValue,
  Tag.KeyMaterial,
  Tag.OpaqueDataValue,
]);

function withoutOthers(item: Item): Item {
  if (item.type !== ItemType.Structure) return item;
  return { ...item, value: item.value.filter(({ tag }) => !others.has(tag)).map(withoutOthers) };
}
