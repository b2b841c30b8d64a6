/** The channels: what is published on them, when, and that nothing watches by default. */
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { logEvents } from '#daemon/debug-log';
import { createLog } from '#log';
import {
  auditFlushChannel,
  commitChannel,
  connectionChannel,
  jobChannel,
  observe,
  requestChannel,
  type AuditFlushEvent,
  type CommitEvent,
  type ConnectionEvent,
  type JobEvent,
  type Observed,
  type RequestEvent,
} from '#observer';
import { createScheduler } from '#scheduler';
import { aesKey, answersOf, uniqueIdentifier } from '#test/fixtures/batches';
import { item, request } from '#test/fixtures/items';
import { until } from '#test/fixtures/timing';
import { openTlsPlace, type Peer, type TlsPlace } from '#test/server/network/tls-place';
import { decode, encode, type Item } from '#ttlv/index';

const channels = [connectionChannel, requestChannel, commitChannel, auditFlushChannel, jobChannel];

describe('the observer', () => {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  function collect<T>(from: Observed<T>): T[] {
    const events: T[] = [];
    const failed = (error: unknown): void => {
      throw error;
    };
    stops.push(observe(from, (event) => events.push(event), failed));
    return events;
  }

  const send = async (peer: Peer, ...items: Item[]): Promise<ReturnType<typeof answersOf>> => {
    peer.socket.write(encode(request('2.1', items)));
    return answersOf(decode((await peer.next()) as Buffer));
  };

  it('has no subscriber by default', () => {
    expect(channels.filter(({ hasSubscribers }) => hasSubscribers)).to.deep.equal([]);
  });

  it('keeps what a listener throws from those that are watched', () => {
    const errors: unknown[] = [];
    const failure = new Error('of a listener');
    const stop = observe(
      jobChannel,
      () => {
        throw failure;
      },
      (error) => errors.push(error),
    );
    jobChannel.publish({ job: 'a', outcome: 'done', microseconds: 1 });
    stop();
    jobChannel.publish({ job: 'a', outcome: 'done', microseconds: 1 });
    expect(errors).to.deep.equal([failure]);
  });

  it('hears of each run of a job', async () => {
    const events: JobEvent[] = collect(jobChannel);
    const { schedule, stop } = createScheduler();
    schedule({ name: 'good', interval: 60_000, atOnce: true, run: () => undefined });
    schedule({ name: 'bad', interval: 60_000, atOnce: true, run: () => Promise.reject(new Error('no')) });
    await stop();
    expect(events.map(({ job, outcome }) => [job, outcome])).to.have.deep.members([
      ['good', 'done'],
      ['bad', 'failed'],
    ]);
  });

  describe('of a server', () => {
    let place: TlsPlace;
    beforeEach(async () => void (place = await openTlsPlace()));
    afterEach(() => place.close());

    it('hears of connections, items, commits and audit flushes', async () => {
      const connections: ConnectionEvent[] = collect(connectionChannel);
      const requests: RequestEvent[] = collect(requestChannel);
      const commits: CommitEvent[] = collect(commitChannel);
      const flushes: AuditFlushEvent[] = collect(auditFlushChannel);
      const peer = await place.dial(await place.add('array'));
      const [created] = await send(peer, item('Create', aesKey('2.1')));
      const id = created?.object as string;
      await send(peer, item('Get', [uniqueIdentifier(id)]));
      await send(peer, item('Get', [uniqueIdentifier('absent')]));
      peer.socket.end();
      await until('the connection is closed', () => connections.length === 2);
      const [admitted, closed] = connections;
      expect(admitted).to.include({ state: 'admitted', door: 'ttlv', address: '127.0.0.1' });
      expect(closed).to.deep.equal({ ...admitted, state: 'closed' });
      const about = { connection: admitted?.connection, client: admitted?.client, version: '2.1' };
      expect(requests.map(({ microseconds: _microseconds, ...rest }) => rest)).to.deep.equal([
        { ...about, operation: 'Create', identifier: id, status: 'Success', reason: undefined },
        { ...about, operation: 'Get', identifier: id, status: 'Success', reason: undefined },
        { ...about, operation: 'Get', identifier: undefined, status: 'OperationFailed', reason: 'ObjectNotFound' },
      ]);
      for (const { microseconds } of requests) expect(microseconds).to.be.within(1, 60_000_000);
      expect(commits.map(({ outcome }) => outcome)).to.include('committed');
      for (const { changes, microseconds } of commits)
        expect([changes >= 0, microseconds > 0]).to.deep.equal([true, true]);
      await place.fixture.services.audit.close();
      expect(flushes.at(-1)?.outcome).to.equal('durable');
      expect(flushes.reduce((sum, { records }) => sum + records, 0)).to.be.at.least(3);
    });

    it('is what the debug lines are made of, which name no value', async () => {
      const lines: string[] = [];
      const stream = new Writable({ write: (chunk: Buffer, _, done) => (lines.push(chunk.toString()), done()) });
      stops.push(logEvents(createLog({ level: 'debug', format: 'json', stream })));
      const peer = await place.dial(await place.add('array'));
      const [created] = await send(peer, item('Create', aesKey('2.1')));
      peer.socket.end();
      await until('the connection is closed', () => lines.length === 3);
      const about = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
      const [first = '', second = '', third = ''] = lines;
      expect([first, third].map((line) => about(line)['message'])).to.deep.equal([
        'connection admitted',
        'connection closed',
      ]);
      const { connection, client } = about(first);
      expect(about(second)).to.deep.include({
        ...{ level: 'debug', message: 'request answered', connection, client },
        ...{ operation: 'Create', identifier: created?.object, status: 'Success' },
      });
    });

    it('is left alone at other levels', () => {
      stops.push(logEvents(createLog({ level: 'info', format: 'json', stream: new Writable() })));
      expect(channels.filter(({ hasSubscribers }) => hasSubscribers)).to.deep.equal([]);
    });
  });

  it('is documented', () => {
    const page = readFileSync('docs/observing.md', 'utf8');
    const source = readFileSync('src/observer.ts', 'utf8');
    const events = [...source.matchAll(/^export interface \w+Event {[^}]*}/gm)].join('');
    const fields = [...events.matchAll(/^  readonly (\w+): /gm)].map(([, name]) => `\`${name}\``);
    const named = [...channels.map(({ name }) => `\`${String(name)}\``), ...fields];
    expect(fields).to.include('`microseconds`');
    expect(named.filter((each) => !page.includes(each))).to.deep.equal([]);
  });
});
