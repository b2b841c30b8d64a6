import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fileName } from '#audit/chain/chain';
import type { AuditEntry, AuditRecord } from '#audit/entry';
import { show } from '#audit/show';
import type { Filters } from '#audit/show';
import { dataDirectory, get } from './trail-fixture.ts';
import type { Fixture } from './trail-fixture.ts';

describe('show', () => {
  let fixture: Fixture;
  let now: number;

  beforeEach(async () => {
    fixture = await dataDirectory();
    now = 1_000;
  });

  afterEach(() => fixture.end());

  async function shown(filters?: Filters): Promise<AuditRecord[]> {
    const records: AuditRecord[] = [];
    for await (const record of show(fixture.directory, filters)) records.push(record);
    return records;
  }

  /** Two chains at once over several files, an entry every second in one after the other; then a third chain. */
  async function fill(): Promise<void> {
    const clock = { now: () => now, fileSize: 1_000 };
    const [first, second] = [await fixture.open(clock), await fixture.open(clock)];
    const entries: readonly AuditEntry[] = [
      { ...get, objects: ['a'] },
      { ...get, client: 'client-2', objects: ['a', 'b'], status: 'OperationFailed', reason: 'ItemNotFound' },
      { ...get, operation: 'Locate', objects: [] },
      { kind: 'administration', operation: 'client add', objects: ['client-3'], status: 'Success' },
      { kind: 'connection', certificate: 'cd', subject: 'CN=who', reason: 'UnknownCertificate' },
      { ...get, client: 'client-3', objects: ['c'] },
    ];
    for (const [index, entry] of entries.entries()) {
      now += 1_000;
      await (index % 2 === 0 ? first : second).append({ ...entry, connection: index });
    }
    await first.close();
    now += 1_000;
    const third = await fixture.open(clock);
    await third.append({ ...get, connection: 6 });
  }

  it('merges all chains by time', async () => {
    await fill();
    const records = await shown();
    expect(records).to.have.length(fixture.records().length);
    expect(records.flatMap(({ connection }) => connection ?? [])).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    const times = records.map(({ time }) => time);
    expect(times).to.deep.equal([...times].sort());
  });

  const filters: readonly (readonly [filters: Filters, connections: readonly number[]])[] = [
    [{ client: 'client-1' }, [0, 2, 6]],
    [{ client: 'client-2' }, [1]],
    [{ object: 'a' }, [0, 1]],
    [{ object: 'client-3' }, [3]],
    [{ operation: 'Get' }, [0, 1, 5, 6]],
    [{ operation: 'client add' }, [3]],
    [{ result: 'OperationFailed' }, [1]],
    [{ result: 'ItemNotFound' }, [1]],
    [{ result: 'UnknownCertificate' }, [4]],
    [{ operation: 'Get', result: 'Success', client: 'client-3' }, [5]],
    [{ operation: 'Get', client: 'client-9' }, []],
    [{ since: 4_000, until: 6_000, operation: 'Locate' }, [2]],
    [{ since: 5_000, until: 6_000 }, [3, 4]],
    [{ since: 6_001, operation: 'Get' }, [5, 6]],
  ];

  for (const [filter, connections] of filters) {
    it(`shows what agrees with ${JSON.stringify(filter)}`, async () => {
      await fill();
      const found = await shown(filter);
      expect(found.flatMap(({ connection }) => connection ?? [])).to.deep.equal(connections);
    });
  }

  it('leaves out what is no record', async () => {
    await fill();
    const before = await shown();
    appendFileSync(join(fixture.directory, fileName(3, 1)), 'rubbish\n{"time":"20');
    expect(await shown()).to.deep.equal(before);
  });

  it('can be left early', async () => {
    await fill();
    for await (const record of show(fixture.directory)) {
      expect(record.kind).to.equal('open');
      break;
    }
  });
});
