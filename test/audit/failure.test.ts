import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { fileName } from '#audit/chain/chain';
import { AuditError } from '#audit/trail-writing';
import type { AuditTrail } from '#audit/trail';
import { dataDirectory, get } from './trail-fixture.ts';
import type { Fixture } from './trail-fixture.ts';
import { until } from '#test/fixtures/timing';

describe('an audit trail that cannot be written', () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await dataDirectory();
  });

  afterEach(() => fixture.end());

  async function appendUntilRefused(trail: AuditTrail): Promise<number> {
    for (let accepted = 0; ; accepted += 1) {
      try {
        await trail.append(get);
      } catch (error) {
        expect(error).to.be.instanceOf(AuditError);
        return accepted;
      }
    }
  }

  async function untilHealthy(trail: AuditTrail): Promise<void> {
    await until('the trail can be written', () => trail.healthy);
  }

  async function untilUnhealthy(trail: AuditTrail): Promise<void> {
    await until('the trail cannot be written', () => !trail.healthy);
  }

  it('refuses, resumes by itself and says so, in the same chain', async () => {
    const trail = await fixture.open({ fileSize: 2_000 });
    const obstacle = join(fixture.directory, fileName(1, 2));
    writeFileSync(obstacle, 'not ours');
    const accepted = await appendUntilRefused(trail);
    expect(trail.healthy).to.equal(false);
    expect(await trail.append(get).catch((error: unknown) => error)).to.be.instanceOf(AuditError);
    rmSync(obstacle);
    await untilHealthy(trail);
    await trail.append(get);
    await trail.close();
    const kinds = fixture.records().map(({ kind }) => kind);
    const before = Array.from({ length: accepted }, () => 'operation');
    expect(kinds).to.deep.equal(['open', ...before, 'continue', 'resumed', 'operation', 'close']);
    expect(fixture.records().find(({ kind }) => kind === 'resumed')).to.include({ refused: 2 });
    expect(await fixture.check()).to.deep.equal({ records: accepted + 5, chains: 1, open: [], old: 0 });
  });

  it('writes the record of a change that was committed meanwhile as soon as it can', async () => {
    const trail = await fixture.open({ fileSize: 1_000 });
    const obstacle = join(fixture.directory, fileName(1, 2));
    writeFileSync(obstacle, 'not ours');
    await appendUntilRefused(trail);
    const { change, entryId } = trail.pending({ ...get, operation: 'Destroy' });
    await fixture.store.commit([change]);
    expect(await trail.append({ ...get, operation: 'Destroy' }, entryId).catch((e: unknown) => e)).to.be.an('error');
    rmSync(obstacle);
    await untilHealthy(trail);
    expect(fixture.records().at(-1)).to.include({ entry: entryId, operation: 'Destroy' });
    await trail.close();
    expect(await fixture.leftovers()).to.deep.equal([]);
  });

  it('begins a new chain when its directory was removed, and verify names what is missing', async () => {
    const trail = await fixture.open();
    const { change, entryId } = trail.pending(get);
    await fixture.store.commit([change]);
    rmSync(fixture.directory, { recursive: true });
    writeFileSync(fixture.directory, 'in the way');
    await trail.append(get, entryId);
    await untilUnhealthy(trail);
    await delay(600);
    expect(trail.healthy).to.equal(false);
    rmSync(fixture.directory);
    await untilHealthy(trail);
    const [opening, resumed, change1] = fixture.records();
    expect(opening?.ended).to.deep.equal([{ ...opening?.predecessor, torn: 0 }]);
    expect(resumed?.kind).to.equal('resumed');
    expect(change1).to.include({ entry: entryId, seq: 3, chain: trail.chain });
    const { broken } = await fixture.check();
    expect(broken).to.deep.equal({ file: fileName(1, 1), line: 0, why: 'the file is missing' });
  });

  it('does not write on in a file that was moved away', async () => {
    const trail = await fixture.open();
    await trail.append(get);
    mkdirSync(join(fixture.data, 'elsewhere'));
    const [from, to] = [join(fixture.directory, fileName(1, 1)), join(fixture.data, 'elsewhere', 'moved')];
    renameSync(from, to);
    await untilUnhealthy(trail);
    await untilHealthy(trail);
    await trail.append(get);
    renameSync(to, from);
    expect(await fixture.check()).to.deep.include({ records: 5, chains: 2 });
  });

  it('begins a new chain after a sleep so long that others may have taken it for dead', async () => {
    let slept = 0;
    const trail = await fixture.open({ now: () => Date.now() + slept });
    const first = trail.chain;
    await trail.append(get);
    slept = 60_000;
    await trail.append(get);
    expect(trail.chain).to.not.equal(first);
    expect(trail.healthy).to.equal(true);
    await trail.close();
    expect(fixture.records().find(({ seq, chain }) => seq === 1 && chain === trail.chain)?.ended).to.have.length(1);
    expect(await fixture.check()).to.deep.equal({ records: 5, chains: 2, open: [], old: 0 });
  });

  it('does not open where it cannot write', async () => {
    writeFileSync(fixture.directory, 'in the way');
    expect(await fixture.open().catch((error: unknown) => error)).to.have.property('code');
  });
});
