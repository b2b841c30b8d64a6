/** Every case, the standard's and our own, over mutual TLS against a server of ours. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startOwnServer } from '#cli/own-server';
import { openTlsTransport } from '#client/tls-transport';
import { findCases } from '#conformance/cases';
import { runConformance, type CaseResult } from '#conformance/run';
import { resultLine } from '#conformance/summary';
import { operations } from '#operations/registry/served';
import { gaps } from './gaps.ts';

const offered: ReadonlySet<string> = new Set(operations.map(({ name }) => name));
const openGaps = gaps.filter(({ until }) => until === undefined || !offered.has(until));
const isGap = ({ file }: CaseResult): boolean => openGaps.some(({ cases }) => cases.test(file.name));

async function runAll(root: string): Promise<CaseResult[]> {
  const server = await startOwnServer();
  try {
    return await runConformance({
      files: await findCases(root),
      open: () => openTlsTransport(server.peer),
      now: Date.now,
    });
  } finally {
    await server.stop();
  }
}

describe('the cases', () => {
  for (const root of [join('..', 'shared', 'kmip', 'cases'), join('profiles', 'cases')]) {
    it(`under ${root} pass, but for those that are listed with a reason`, async function () {
      if (!existsSync(root)) return this.skip();
      const results = await runAll(root);
      const failed = results.filter(({ failure }) => failure !== undefined);
      console.log(`      ${results.length - failed.length} passed, ${failed.length} failed`);
      expect(failed.filter((result) => !isGap(result)).map(resultLine), 'failed without being listed').to.deep.equal(
        [],
      );
      const passed = results.filter(({ failure }) => failure === undefined);
      expect(passed.filter(isGap).map(resultLine), 'passed: strike them from gaps.ts').to.deep.equal([]);
    });
  }
});
