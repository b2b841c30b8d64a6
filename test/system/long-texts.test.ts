/**
 * Requests and answers in XML and JSON as long as the bounds allow, against a server process: reading and writing them
 * holds up nobody, and takes a bounded share of memory.
 */
import { expect } from 'chai';
import { openTlsTransport } from '#client/tls-transport';
import { names } from '#protocol/names';
import { openLane, type Lane } from '#test/fuzz/lanes';
import { readAnswer } from '#test/fuzz/oracle';
import { callerOver } from '#test/fuzz/pool';
import { startFuzzed, type FuzzedServer } from '#test/fuzz/server';
import { given, id } from '#test/clients/caller';
import { all, enumerated, int, request, struct, text, value, item } from '#test/fixtures/items';
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import { writeJson } from '#ttlv/json';
import { writeXml } from '#ttlv/xml';

/** Milliseconds, of the thread's own work. */
const bound = 20;
/** What was measured is measured again when the machine was busy with others' work. */
const tries = 3;

const many = (make: (place: number) => Item): Item[] => Array.from({ length: 19_000 }, (_, place) => make(place));
const shapes: Readonly<Record<string, () => readonly Item[]>> = {
  integers: () => many((place) => int('CryptographicLength', place)),
  masks: () => many((place) => int('CryptographicUsageMask', place & 0xff)),
  enumerations: () => many((place) => enumerated('KeyFormatType', 1 + (place % 8))),
  'values of one attribute': () => [struct('Attribute', ...many(() => enumerated('AttributeValue', 3)))],
  texts: () => many((place) => text('NameValue', `name ${place}`)),
  'a million bytes': () => [{ tag: Tag.Data, type: ItemType.ByteString, value: Buffer.alloc(1_000_000, 7) }],
  'markup to escape': () => [text('Comment', '<'.repeat(500_000))],
};
const writers = { xml: writeXml, json: writeJson } as const;

describe('long texts', () => {
  let server: FuzzedServer;
  const lanes = new Map<'xml' | 'json', Lane>();

  before(async () => {
    server = await startFuzzed();
    for (const kind of ['xml', 'json'] as const) lanes.set(kind, openLane(kind, server.peer('hostile', server.https)));
    // What is done for the first time takes longer: code is compiled, threads start.
    for (const lane of lanes.values()) await lane.send(bodyOf(lane.kind as 'xml', 'integers'));
  });
  after(async () => {
    for (const lane of lanes.values()) lane.close();
    expect(await server.close()).to.deep.equal([]);
  });

  const bodyOf = (kind: keyof typeof writers, shape: string): Buffer =>
    Buffer.from(writers[kind](request('1.4', [item('Create', (shapes[shape] as () => readonly Item[])())]), names));

  /** The least of the longest pauses. */
  async function pauseOf(
    kind: 'xml' | 'json',
    body: Buffer,
  ): Promise<{ readonly pause: number; readonly answer: Item }> {
    let pause = Infinity;
    let answer: Item | undefined;
    for (let left = tries; left > 0 && pause > bound; left--) {
      await server.pause();
      const heard = await (lanes.get(kind) as Lane).send(body);
      pause = Math.min(pause, await server.pause());
      if ('none' in heard) throw new Error(heard.none);
      answer = readAnswer(kind, heard.answer);
    }
    return { pause, answer: answer as Item };
  }

  for (const kind of ['xml', 'json'] as const) {
    for (const shape of Object.keys(shapes)) {
      it(`of ${shape} in ${kind} hold up nobody while they are read`, async () => {
        const body = bodyOf(kind, shape);
        const { pause, answer } = await pauseOf(kind, body);
        expect(all(answer, 'BatchItem')).to.have.lengthOf(1);
        expect(pause, `${body.length} bytes`).to.be.below(bound);
      });
    }

    it(`hold up nobody while they are written in ${kind}, and leave no memory behind`, async () => {
      const mine = await openTlsTransport(server.peer('hostile', server.port));
      const here = callerOver((sent) => mine.exchange(sent), '1.4');
      const value900 = { tag: Tag.OpaqueDataValue, type: ItemType.ByteString, value: Buffer.alloc(900_000, 7) } as Item;
      const opaque = struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), value900);
      const registered = await here.call('Register', enumerated('ObjectType', 'OpaqueObject'), given('1.4'), opaque);
      const identifier = id(value(registered, 'UniqueIdentifier') as string);
      await mine.close();
      const asked = request(
        '1.4',
        Array.from({ length: 6 }, (_, place) => item('Get', [identifier], `0${place}`)),
      );
      const before = await server.memory();
      const { pause, answer } = await pauseOf(kind, Buffer.from(writers[kind](asked, names)));
      expect(all(answer, 'BatchItem')).to.have.lengthOf(6);
      expect(pause).to.be.below(bound);
      const after = await server.memory();
      expect(after.heap + after.outside - before.heap - before.outside).to.be.below(64 * 1024 * 1024);
    });
  }
});
