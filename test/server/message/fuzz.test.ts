/**
 * Damaged requests of every version, many at once, from two clients: whatever comes, a KMIP answer goes back, nothing
 * fails for reasons of ours, and nobody is answered with an object of another.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { findCases, readCase } from '#conformance/cases';
import { readConversation } from '#conformance/conversation';
import { variableIn } from '#conformance/variables';
import { readResponse, versionIn } from '#protocol/message';
import { Tag } from '#protocol/tags';
import { supportedVersions } from '#protocol/versions';
import type { Session } from '#test/fixtures/handler';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { partsOf, recipes, requestOf, type Corpus } from './mutations.ts';

/**
 * All parts, but for the Key Wrapping Data of a key that was registered wrapped: a client may have it name anything.
 */
const saidByServer = (item: Item): readonly Item[] =>
  item.tag === Tag.KeyWrappingData
    ? []
    : [item, ...(item.type === ItemType.Structure ? item.value.flatMap(saidByServer) : [])];

/** The same requests in every run. */
const seed = 20260101;
const runs = 1000;
/** Requests that go through the handler at the same time. */
const together = 4;

describe('fuzzing the handler', () => {
  let fixture: Fixture;
  let sessions: readonly [Session, Session];
  let corpus: Corpus & { readonly ids: string[] };
  const owners = new Map<string, string>();

  before(async () => {
    fixture = await openFixture({ interop: true });
    sessions = [fixture.session('client-1'), fixture.session('client-2')];
    const now = fixture.clock.now / 1000;
    const files = await findCases('profiles/cases');
    const texts = await Promise.all(files.map(readCase));
    const requests = texts.flatMap((text) => readConversation(text, now)).map(({ request }) => request);
    corpus = { requests, parts: requests.flatMap(partsOf), ids: [] };
  });
  after(() => fixture.close());

  /** In place of variables: identifiers that objects have. */
  function filled(item: Item, choice: number): Item {
    if (item.type === ItemType.Structure)
      return { ...item, value: item.value.map((each, place) => filled(each, choice + place)) };
    if (variableIn(item) === undefined || item.type !== ItemType.TextString) return item;
    return { ...item, value: corpus.ids.at(-1 - (choice % 8)) ?? 'none' };
  }

  const creates: ReadonlySet<unknown> = new Set([1, 3]);

  async function exchange(request: Item, session: Session): Promise<void> {
    const answer = decode(await fixture.handler.handle(encode(request), session), {
      maximumBytes: 2 ** 26,
      maximumItems: 2 ** 20,
    });
    const { header, batchItems } = readResponse(answer);
    const asked = versionIn(request);
    if (asked !== undefined && supportedVersions.includes(asked)) expect(header.protocolVersion).to.equal(asked);
    for (const { operation, resultStatus, resultMessage = '', responsePayload } of batchItems) {
      expect(resultMessage).to.match(/^[ -~]*$/);
      // What was undone is nobody's: another client may import its identifier.
      if (resultStatus === 'OperationUndone') continue;
      for (const { tag, value } of responsePayload === undefined ? [] : saidByServer(responsePayload)) {
        if (tag !== Tag.UniqueIdentifier || typeof value !== 'string') continue;
        if (creates.has(operation) && !owners.has(value)) corpus.ids.push(value);
        if (!owners.has(value)) owners.set(value, session.clientId);
        expect(owners.get(value)).to.equal(session.clientId);
      }
    }
  }

  it('answers every request, with no failure of its own, and gives nobody what is not theirs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(recipes, fc.boolean()), { minLength: 1, maxLength: together }),
        fc.nat(),
        async (several, choice) => {
          fixture.clock.now += 500;
          await Promise.all(
            several.map(([recipe, other]) =>
              exchange(filled(requestOf(recipe, corpus), choice), sessions[other ? 1 : 0]),
            ),
          );
          const faults = fixture.logged.splice(0).filter((line) => line.includes('failed unexpectedly'));
          expect(faults.length, faults.join()).to.equal(0);
        },
      ),
      { seed, numRuns: runs, endOnFailure: true },
    );
    expect(corpus.ids.length).to.be.above(150);
  });
});
