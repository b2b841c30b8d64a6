/**
 * Every need that real clients have has a test: `it('NAME: ...')`, or several names with commas, mostly in
 * test/clients. This one fails when a name has no test, so that none gets lost.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const tested = [
  'answers-in-the-version-asked',
  'locate-never-widens',
  'locate-in-template-attribute',
  'locate-by-each-attribute',
  'custom-attributes-round-trip',
  'unknown-attribute-is-named',
  'get-before-activation',
  'mongodb-csfle-register-activate-get',
  'mongodb-csfle-delegated',
  'iv-field-decides',
  'at-rest-wrapping-is-invisible',
  'batch-echoes-item-ids',
  'small-buffers',
  'credential-beside-certificate',
  'idle-session-lives',
  'resumption',
  'discover-versions-intersects',
  'modify-attribute-echo',
  'operation-policy-name',
  'item-not-found-reason',
  'types-of-answers',
  'revoke-then-destroy',
  'state-polling',
  'list-and-fetch-all',
  'texts-are-ascii',
  'failures-echo-the-item',
  'placeholder-without-order',
  'harmless-extras-are-taken',
  'stopped-batch-counts',
  'nothing-invented',
  'mask-zero-and-nameless-pairs',
  'veeam-key-pair',
  'default-key-formats',
  'every-request-is-answered',
  'query-functions',
  'rekey-moves-the-name',
  'https-ttlv',
  'wrap-to-registered-key',
  'wrapped-key-value-is-bytes',
] as const;

/** What each of the others waits for. A name that has its test is moved up. */
const waiting: Readonly<Record<string, string>> = {};

function namesWithTests(): Set<string> {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  const texts = files.map((name) => readFileSync(join('test', name), 'utf8'));
  const lists = texts.flatMap((each) => [...each.matchAll(/\bit\(\s*['`]([a-z0-9-]+(?:, [a-z0-9-]+)*): /g)]);
  return new Set(lists.flatMap((match) => (match[1] ?? '').split(', ')));
}

describe('the needs of real clients', () => {
  it('have a test each, but for those that wait for an operation', () => {
    expect([...namesWithTests()].sort()).to.deep.equal([...tested].sort());
  });

  it('wait for an operation, or have a test', () => {
    expect(Object.keys(waiting).filter((each) => (tested as readonly string[]).includes(each))).to.deep.equal([]);
  });

  it('are all those that were gathered', function () {
    const gathered = join('..', 'shared', 'CLIENTS.md');
    // The gathered facts are no part of the project: without them there is nothing to compare with.
    if (!existsSync(gathered)) this.skip();
    const rows = readFileSync(gathered, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| '));
    const names = rows.flatMap((row) =>
      [...(row.split('|').at(-2) ?? '').matchAll(/`([a-z0-9-]+)`/g)].map((match) => match[1] ?? ''),
    );
    expect([...new Set(names)].sort()).to.deep.equal([...tested, ...Object.keys(waiting)].sort());
  });
});
