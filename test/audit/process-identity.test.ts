import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { isRunning, thisProcess } from '#audit/chain/process-identity';
import type { ProcessIdentity } from '#audit/entry';

describe('the identity of a process', () => {
  const HOUR = 3_600_000;

  it('tells that this one runs', () => {
    expect(isRunning(thisProcess(), 0)).to.equal(true);
  });

  it('tells that a process that ended does not', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const identity = { ...thisProcess(), pid: child.pid ?? 0 };
    await once(child, 'close');
    expect(isRunning(identity, 0)).to.equal(false);
  });

  const others: readonly (readonly [what: string, changed: Partial<ProcessIdentity>, silent: number, runs: boolean])[] =
    [
      ['in another place, that touched its chain lately', { place: 'elsewhere' }, 5_000, true],
      ['in another place, silent for an hour', { place: 'elsewhere' }, HOUR, false],
      ['of unknown start, that touched its chain lately', { started: '' }, 5_000, true],
      ['of unknown start, silent for an hour', { started: '' }, HOUR, false],
    ];
  for (const [what, changed, silent, runs] of others) {
    it(`takes a process ${what}, for ${runs ? 'running' : 'dead'}`, () => {
      expect(isRunning({ ...thisProcess(), ...changed }, silent)).to.equal(runs);
    });
  }

  it('is not fooled by another process of the same number, where the system tells its start', function () {
    if (thisProcess().started === '') this.skip();
    expect(isRunning({ ...thisProcess(), started: '1' }, 0)).to.equal(false);
    expect(isRunning(thisProcess(), HOUR)).to.equal(true);
  });
});
