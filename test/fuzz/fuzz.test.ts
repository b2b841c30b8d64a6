/** A short run of the fuzzer, for every change; `npm run fuzz` is the long one. */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { run } from './run.ts';

/** Milliseconds. */
const time = 75_000;

describe('the fuzzer', () => {
  const out = mkdtempSync(join(tmpdir(), 'kmipd-fuzz-'));

  it('finds no failure, pause or growth in a minute', async () => {
    const seed = randomInt(2 ** 31);
    const said: string[] = [];
    const { found, requests, tally } = await run({ seed, time, out, say: (line) => void said.push(line) });
    const account = `seed ${seed}, cases in ${out}\n${said.join('\n')}`;
    console.log(`      seed ${seed}, ${requests} requests`);
    expect(
      found.map(({ why }) => why),
      account,
    ).to.deep.equal([]);
    expect(requests).to.be.above(200);
    expect(tally.successes.size, 'operations that succeeded').to.be.above(15);
    rmSync(out, { recursive: true });
  });
});
