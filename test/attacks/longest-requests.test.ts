/**
 * The longest request of every operation in every version that has it, against objects that hold all that they may:
 * while it is answered, nobody waits for longer than `longestPause`. And for every list one request in which it is
 * longer than its bound: it is refused, and at once.
 */
import { expect } from 'chai';
import { isIn } from '#operations/operation';
import { operations, type ServedOperation } from '#operations/registry/served';
import { versionOf } from '#protocol/versions';
import { name, named, type Caller } from '#test/clients/caller';
import { Tag } from '#protocol/tags';
import { objectKind } from '#repository/object-record';
import { openCertifying, type Certifying } from '#test/operations/certificates/authority';
import { everyRequest } from '#test/operations/every-request';
import { answersOf, type Answer } from '#test/fixtures/batches';
import { attribute, enumerated, isOld, request, struct, text, versions, item } from '#test/fixtures/items';
import { decode, encode, type Item } from '#ttlv/index';
import { fill } from './full-objects.ts';
import { beyond, lengthened, longest, type Longest } from './longest.ts';
import { many, mixed, mostOfObject } from './many-attributes.ts';
import { longestPause, pauseOf } from './pauses.ts';

/** What each operation's longest requests took at the most, in milliseconds. */
const worst = new Map<string, { readonly pause: number; readonly version: string; readonly status: string }>();

const templates = Array.from({ length: 20 }, (_, place) => name(`template ${place}`));

async function registerTemplates(here: Caller): Promise<void> {
  for (const each of templates) {
    const more = [...many('group', here.version, 400), ...many('parameters', here.version, 590)].map(named);
    await here.call(
      'Register',
      enumerated('ObjectType', 'Template'),
      struct('TemplateAttribute'),
      struct('Template', attribute('Name', each), ...more),
    );
  }
}

/** Refusals that tell of a bound: its own, or that of the objects and rules that the list is for. */
const tellsOfBound = /at most \d+|must be given once|with one value/;

describe('the longest request of', () => {
  let server: Certifying;
  let imported = 0;
  before(async () => (server = await openCertifying({ interop: true })));
  after(async () => {
    await server.fixture.close();
    for (const [operation, { pause, version, status }] of [...worst].sort(([, a], [, b]) => b.pause - a.pause)) {
      console.log(`      ${operation.padEnd(20)} ${pause.toFixed(1).padStart(6)} ms in ${version}  ${status}`);
    }
  });

  for (const version of versions) {
    const number = versionOf(Number(version[0]), Number(version[2]));
    const client = `client of ${version}`;

    /**
     * A request that is made of one that succeeds, and the objects that it names filled with all that they may hold.
     */
    async function ready(
      operation: ServedOperation,
      change: (payload: readonly Item[]) => Longest,
    ): Promise<Uint8Array> {
      const { fixture, authority } = server;
      const here = server.caller(version, rulesBy.has(operation) ? `${client}, with rules` : client);
      const made = await everyRequest[operation]({ here, version, authority: authority.certificate.raw });
      // An identifier is taken once.
      const payload =
        operation === 'Import' ? [text('UniqueIdentifier', `imported ${++imported}`), ...made.slice(1)] : made;
      for (const { tag, value } of payload) {
        if (!identifiers.has(tag) || (await fixture.store.get(objectKind, value as string)) === undefined) continue;
        await fill(fixture.store, value as string, mixed('2.1', mostOfObject));
      }
      return encode(request(version, [item(operation, change(payload).payload)]));
    }

    async function answered(operation: ServedOperation, bytes: Uint8Array): Promise<Answer> {
      const { handler, session } = server.fixture;
      const as = session(rulesBy.has(operation) ? `${client}, with rules` : client);
      return onlyAnswer(decode(await handler.handle(bytes, as), { maximumBytes: 2 ** 24, maximumItems: 2 ** 20 }));
    }

    before(async () => {
      if (isOld(version)) await registerTemplates(server.caller(version, client));
    });

    for (const operation of operations.filter((each) => isIn(each, number))) {
      it(`${operation.name} lets others have their turns in ${version}`, async () => {
        let status = '';
        const pause = await pauseOf(
          () => ready(operation.name, (payload) => lengthened(operation, payload, version, longest, templates)),
          async (bytes) => {
            const { status: is, message = '' } = await answered(operation.name, bytes);
            status = `${is} ${message}`;
          },
          longestPause / 2,
        );
        const before = worst.get(operation.name);
        if (before === undefined || before.pause < pause) worst.set(operation.name, { pause, version, status });
        expect(status).to.not.include('the server failed');
        expect(pause, status).to.be.below(longestPause);
      });

      it(`${operation.name} is refused above each bound of a list in ${version}`, async () => {
        const count = (payload: readonly Item[], fill: typeof longest): Longest =>
          lengthened(operation, payload, version, fill, templates);
        const { lists } = count([], longest);
        for (let which = 0; which < lists; which++) {
          let answer: Answer | undefined;
          const pause = await pauseOf(
            () => ready(operation.name, (payload) => count(payload, beyond(which))),
            async (bytes) => (answer = await answered(operation.name, bytes)),
            longestPause / 2,
          );
          expect(answer?.status, `list ${which}`).to.equal('OperationFailed');
          expect(answer?.message, `list ${which}`).to.match(tellsOfBound);
          expect(pause, `list ${which}`).to.be.below(longestPause);
        }
      });
    }
  }
});

function onlyAnswer(message: Item): Answer {
  const [answer] = answersOf(message);
  if (answer === undefined) throw new Error('there is no answer');
  return answer;
}

/** Asked for by a client of its own: what it lays down holds for all that it makes. */
const rulesBy: ReadonlySet<ServedOperation> = new Set<ServedOperation>([
  'SetDefaults',
  'SetConstraints',
  'GetConstraints',
]);

const identifiers: ReadonlySet<number> = new Set([Tag.UniqueIdentifier, Tag.PrivateKeyUniqueIdentifier]);
