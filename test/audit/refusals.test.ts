/** However many strangers come: each is in a record or in a count, and there are only so many records. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { AuditEntry } from '#audit/entry';
import { createRefusals, type RefusalBounds, type Refusals } from '#audit/refusals';

describe('refused connections', () => {
  const bounds: RefusalBounds = { window: 60_000, kinds: 6, kindsOfPeer: 3 };
  let written: AuditEntry[];
  let refusals: Refusals;
  const open = (changed: Partial<RefusalBounds> = {}): void => {
    written = [];
    refusals = createRefusals((entry) => void written.push(entry), { ...bounds, ...changed });
  };
  const refused = { kind: 'connection', status: 'refused' } as const;
  let connection = 0;
  const come = (reason: string, peer: string, certificate?: string): boolean =>
    refusals.note({
      ...{ reason, peer, connection: ++connection },
      ...(certificate === undefined ? {} : { certificate, subject: () => `CN=${certificate}` }),
    });

  beforeEach(() => {
    open();
    connection = 0;
  });

  it('are written at once when they are the first of their kind', () => {
    expect([come('unknown', '::1', 'a'), come('expired', '::1', 'a'), come('unknown', '::2', 'a')]).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(written[0]).to.deep.equal({
      ...refused,
      ...{ reason: 'unknown', peer: '::1', certificate: 'a', connection: 1, subject: 'CN=a' },
    });
    refusals.close();
    expect(written).to.have.length(3);
  });

  it('are counted after that, and the count is written', () => {
    for (let n = 0; n < 100; n++) come('no certificate', '::1');
    expect(written).to.have.length(1);
    refusals.close();
    expect(written.slice(1)).to.deep.equal([{ ...refused, reason: 'no certificate', peer: '::1', count: 99 }]);
  });

  it('have their count written at the end of the window, and are new in the next', async () => {
    open({ window: 30 });
    for (let n = 0; n < 3; n++) come('no certificate', '::1');
    await wait(100);
    expect(written.map(({ count }) => count)).to.deep.equal([undefined, 2]);
    expect(come('no certificate', '::1')).to.equal(true);
    refusals.close();
    expect(written).to.have.length(3);
  });

  it('make no more records than there are kinds, for one peer with ever new certificates', () => {
    for (let n = 0; n < 1000; n++) come('unknown', '::1', `certificate ${n}`);
    expect(come('unknown', '::2', 'a')).to.equal(true);
    refusals.close();
    expect(written).to.have.length(5);
    expect(written.at(-1)).to.deep.equal({ ...refused, reason: 'several reasons', peer: '::1', count: 997 });
  });

  it('make no more records than there are kinds, for ever new peers', () => {
    for (let n = 0; n < 1000; n++) come('no certificate', `192.0.2.${n}`);
    refusals.close();
    expect(written).to.have.length(7);
    expect(written.at(-1)).to.deep.equal({ ...refused, reason: 'several reasons', count: 994 });
  });

  it('are all in a record or in a count, of every peer', () => {
    for (let n = 0; n < 5000; n++)
      come(`reason ${n % 7}`, `192.0.2.${(n * n) % 11}`, n % 3 === 0 ? undefined : `${n % 5}`);
    refusals.close();
    expect(written.reduce((sum, { count = 1 }) => sum + count, 0)).to.equal(5000);
  });
});
