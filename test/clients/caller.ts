/**
 * A client that shares no code with ours: it builds requests item by item, sends bytes, and looks hard at every answer,
 * as the clients of old that break over one field too many.
 */
import { expect } from 'chai';
import { tagText } from '#protocol/codecs';
import { enumerationValue, isEnumeration } from '#protocol/enumerations';
import { Tag, tagName, tags, type TagRow } from '#protocol/tags';
import { inRange, versionOf } from '#protocol/versions';
import type { Handler, Session } from '#test/fixtures/handler';
import { decode, encode, ItemType, itemTypeName, type Item } from '#ttlv/index';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import {
  all,
  at,
  attribute,
  enumerated,
  int,
  request,
  struct,
  text,
  type HeaderFields,
  versions,
  isOld,
  type OperationName,
  item,
} from '#test/fixtures/items';
import { answersOf, type Answer } from '#test/fixtures/batches';

export const olderVersions = versions.filter(isOld);

export interface Caller {
  readonly version: string;
  /** The whole answer, looked at but not taken apart. */
  exchange(message: Item): Promise<Item>;
  send(items: readonly Item[], header?: HeaderFields): Promise<readonly Answer[]>;
  /** One operation that must succeed: its payload. */
  call(operation: OperationName, ...payload: Item[]): Promise<Item>;
  /** One operation that must fail. */
  refused(operation: OperationName, ...payload: Item[]): Promise<Answer>;
  /** Creates an AES-256 key for encryption, with more attributes: its identifier. */
  create(...more: Item[]): Promise<string>;
  locate(...filters: Item[]): Promise<string[]>;
  /** The attributes of an object by their names in the text; all when none is named. */
  attributes(id: string, ...names: Item[]): Promise<Item[]>;
}

const numbersOf = (version: string): [number, number] => version.split('.').map(Number) as [number, number];

/** What every client here demands of an answer: nothing that its version does not have, and ASCII where we speak. */
export function demand(item: Item, version: string): void {
  const key = tagName(item.tag);
  if (key === undefined) throw new Error(`the answer holds ${tagText(item.tag)}`);
  const row: TagRow = tags[key];
  const [major, minor] = numbersOf(version);
  expect(inRange(row, versionOf(major, minor)), `${row.name} is no tag of ${version}`).to.equal(true);
  if (row.types.length > 0) expect(row.types, row.name).to.include(itemTypeName(item.type));
  if (item.type === ItemType.Structure) {
    // The operation is echoed even when the version does not have it.
    const said = key === 'BatchItem' ? item.value.filter(({ tag }) => tag !== Tag.Operation) : item.value;
    for (const child of said) demand(child, version);
  }
  if (item.type === ItemType.Enumeration && isEnumeration(key)) {
    const known = enumerationValue(key, item.value, versionOf(major, minor));
    expect(known, `${row.name} ${item.value} in ${version}`).to.not.equal(undefined);
  }
  if (key === 'ResultMessage') expect(item.value).to.match(/^[\x20-\x7e]+$/);
  if (key === 'AttributeName' && isOld(version) && !/^[xy]-/.test(item.value as string)) {
    const named = Object.values<TagRow>(tags).find(({ name }) => name === item.value);
    expect(
      named !== undefined && inRange(named, versionOf(major, minor)),
      `${item.value as string} in ${version}`,
    ).to.equal(true);
  }
}

export const id = (value: string): Item => text('UniqueIdentifier', value);
export const name = (value: string): Item =>
  struct('Name', text('NameValue', value), enumerated('NameType', 'UninterpretedTextString'));

/** Attributes under their own tags, wrapped as the version has it. */
export const named = (each: Item): Item =>
  at(each, 'AttributeName') === undefined ? attribute(tagText(each.tag), each) : each;
export const given = (version: string, ...attributes: Item[]): Item =>
  isOld(version) ? struct('TemplateAttribute', ...attributes.map(named)) : struct('Attributes', ...attributes);

/** One of the three sets of Create Key Pair and Re-key Key Pair, as the version has it. */
export const pairSet = (
  version: string,
  whose: 'Common' | 'PrivateKey' | 'PublicKey',
  ...attributes: Item[]
): Item => ({
  ...given(version, ...attributes),
  tag: isOld(version) ? Tag[`${whose}TemplateAttribute`] : Tag[`${whose}Attributes`],
});

/** A custom attribute, `x-` in 1.x. */
export function custom(version: string, label: string, value: Item): Item {
  if (isOld(version)) return attribute(`x-${label}`, value);
  const { tag } = text('AttributeValue', '');
  return struct('Attribute', text('VendorIdentification', 'x'), text('AttributeName', label), {
    ...value,
    tag,
  });
}

/** AES, 256 bits, for encryption and decryption. */
export const aes = (mask = 12): Item[] => [
  enumerated('CryptographicAlgorithm', 'AES'),
  int('CryptographicLength', 256),
  int('CryptographicUsageMask', mask),
];

export function callerOf(handler: Handler, session: Session, version: string): Caller {
  const caller: Caller = {
    version,

    async exchange(message) {
      const sent = encode(message);
      const answer = decode(await handler.handle(sent, session));
      // As a connection does: what is kept of a request must be a copy.
      sent.fill(0);
      demand(answer, version);
      const batchItems = all(answer, 'BatchItem');
      expect(at(answer, 'ResponseHeader', 'BatchCount')?.value).to.equal(batchItems.length);
      const [major, minor] = numbersOf(version);
      expect(at(answer, 'ResponseHeader', 'ProtocolVersion', 'ProtocolVersionMajor')?.value).to.equal(major);
      expect(at(answer, 'ResponseHeader', 'ProtocolVersion', 'ProtocolVersionMinor')?.value).to.equal(minor);
      return answer;
    },

    async send(items, header) {
      return answersOf(await caller.exchange(request(version, items, header)));
    },

    async call(operation, ...payload) {
      const [answer] = await caller.send([item(operation, payload)]);
      expect(answer?.status, `${operation} in ${version}: ${answer?.message}`).to.equal('Success');
      return (answer as Answer).payload;
    },

    async refused(operation, ...payload) {
      const [answer] = await caller.send([item(operation, payload)]);
      expect(answer?.status, `${operation} in ${version}`).to.equal('OperationFailed');
      return answer as Answer;
    },

    async create(...more) {
      const payload = await caller.call(
        'Create',
        enumerated('ObjectType', 'SymmetricKey'),
        given(version, ...aes(), ...more),
      );
      return at(payload, 'UniqueIdentifier')?.value as string;
    },

    async locate(...filters) {
      const asked = isOld(version) ? filters.map(named) : [struct('Attributes', ...filters)];
      return all(await caller.call('Locate', ...asked), 'UniqueIdentifier').map(({ value }) => value as string);
    },

    async attributes(which, ...names) {
      const payload = await caller.call('GetAttributes', id(which), ...names);
      return isOld(version) ? all(payload, 'Attribute') : [...((at(payload, 'Attributes')?.value ?? []) as Item[])];
    },
  };
  return caller;
}

/** For the tests of one `describe`: each has a server of its own, and callers of it that are all one client. */
export function serverForEach(): {
  readonly fixture: Fixture;
  readonly caller: (version: string) => Caller;
  /** Of another client. */
  readonly callerAs: (client: string, version: string) => Caller;
} {
  let fixture: Fixture;
  let session: Session;
  beforeEach(async () => {
    fixture = await openFixture();
    session = fixture.session();
  });
  afterEach(() => fixture.close());
  return {
    get fixture() {
      return fixture;
    },
    caller: (version) => callerOf(fixture.handler, session, version),
    callerAs: (client, version) => callerOf(fixture.handler, fixture.session(client), version),
  };
}
