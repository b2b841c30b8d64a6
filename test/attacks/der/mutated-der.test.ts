/**
 * Broken encodings of everything that is registered, certified, validated, signed or bound end in a reason, and soon.
 */
import { expect } from 'chai';
import { generateKeys } from '#certs/keys';
import { useOpenSsl } from '#test/certs/openssl';
import type { Caller } from '#test/clients/caller';
import { chanceOf } from '#test/fixtures/chance';
import { mutateDer, withBrokenTimes } from '#test/fixtures/mutate-der';
import { openCertifying, type Certifying } from '#test/operations/certificates/authority';
import { feed } from './der-feeding.ts';
import { derSeeds, type Seed } from './der-seeds.ts';

/** Mutants of each seed; a run of its own takes as many as KMIPD_TEST_MUTANTS says. */
const mutants = Number(process.env['KMIPD_TEST_MUTANTS'] ?? 10);
const firstSeed = Number(process.env['KMIPD_TEST_SEED'] ?? 1);
/**
 * Milliseconds for all that one encoding is handed to: a hundred times what it takes, since the machine may be busy.
 */
const longest = 2000;

describe('broken encodings', function () {
  this.timeout(30_000 * Math.max(10, mutants));
  const ssl = useOpenSsl();
  let server: Certifying;
  let seeds: readonly Seed[];

  before(async () => {
    server = await openCertifying();
    seeds = await derSeeds(ssl, (await generateKeys('P-256')).publicKey);
  });
  after(() => server.fixture.close());

  async function complaintsAbout(made: (der: Buffer, place: number) => readonly Buffer[]): Promise<string[]> {
    const callers = ['1.4', '2.1'].map((version) => server.caller(version));
    const complaints: string[] = [];
    for (const [place, seed] of seeds.entries()) {
      for (const [number, der] of made(seed.der, place).entries()) {
        const caller = callers[number % callers.length] as Caller;
        const [complaint, took] = await measured(() => feed(seed, der, caller));
        if (complaint !== undefined)
          complaints.push(`${seed.kind} ${place}.${number}: ${complaint}\n${der.toString('hex').slice(0, 3000)}`);
        if (took > longest) complaints.push(`${seed.kind} ${place}.${number}: took ${Math.round(took)} ms`);
      }
    }
    return complaints;
  }
  /** What it answers, and how long it takes: the shortest of up to three times. */
  async function measured<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
    let shortest = Infinity;
    for (let tries = 1; ; tries++) {
      const begun = performance.now();
      const answer = await work();
      shortest = Math.min(shortest, performance.now() - begun);
      if (shortest <= longest || tries === 3) return [answer, shortest];
    }
  }
  const failures = (): string[] => server.fixture.logged.filter((line) => line.includes('failed unexpectedly'));

  it('with times that are none get a reason, never a General Failure', async () => {
    expect(await complaintsAbout(withBrokenTimes)).to.deep.equal([]);
    expect(failures()).to.deep.equal([]);
  });

  it('with bytes, lengths, tags and parts changed by chance get a reason, never a General Failure', async () => {
    const some = (der: Buffer, place: number): Buffer[] => {
      const chance = chanceOf(firstSeed * 1000 + place);
      return Array.from({ length: mutants }, () => mutateDer(der, chance));
    };
    expect(await complaintsAbout(some)).to.deep.equal([]);
    expect(failures()).to.deep.equal([]);
  });

  it('that nobody changed are taken: the seeds are whole', async () => {
    const caller = server.caller('2.1');
    const taken = seeds.filter((seed) => !('refused' in seed));
    for (const seed of taken) expect(await feed(seed, seed.der, caller, true), seed.kind).to.equal(undefined);
  });
});
