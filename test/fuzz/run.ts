/**
 * Sends damaged requests to a server over several connections for a while, and says what was wrong: an answer that did
 * not come or is not right, General Failure, a fault in the log, a pause of the event loop, growth of memory, another
 * client's object touched or seen, a trail or store that does not verify.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Bound } from '#conformance/variables';
import type { Item } from '#ttlv/item';
import { objectsIn, writeCase, type Case } from './cases.ts';
import { chanceOf, type Chance } from '#test/fixtures/chance';
import { openLane, type Heard, type Lane, type LaneKind } from './lanes.ts';
import { watchMemory } from './memory.ts';
import { minimised } from '#test/fuzz/mutate/minimise';
import { readAnswer, wrongIn } from './oracle.ts';
import type { Pool } from './pool.ts';
import { prepare } from './prepare.ts';
import { operationIn, shotFrom } from './requests.ts';
import { bind } from '#test/fuzz/mutate/seeds';
import { createTally, type Tally } from './tally.ts';
import { startFuzzed, type FuzzedServer, type Pause } from './server.ts';
import { longestPause } from './said.ts';

export interface RunOptions {
  readonly seed: number;
  /** In milliseconds. */
  readonly time: number;
  /** Where cases of failures are written. */
  readonly out: string;
  readonly say: (line: string) => void;
}

export interface Found {
  readonly why: string;
  readonly file?: string;
  /** How often. */
  times: number;
}

export interface Report {
  readonly requests: number;
  readonly found: readonly Found[];
  readonly tally: Tally;
  /** Of the event loop, above the bound, whatever came of them. */
  readonly pauses: number;
}

const laneKinds: readonly LaneKind[] = ['tls', 'tls', 'tls', 'ttlv', 'xml', 'json'];

/**
 * After so long the server is stopped, what it leaves is checked, and another begins: what is kept does not grow
 * without end.
 */
const epoch = 15 * 60_000;

/** A request under way, or over. */
interface Sent {
  readonly lane: Lane;
  readonly laneNumber: number;
  readonly number: number;
  readonly body: Buffer;
  readonly at: number;
  until?: number;
}

/** Requests that are remembered, to find the one that held the event loop. */
const remembered = 300;

export async function run({ seed, time, out, say }: RunOptions): Promise<Report> {
  const found = new Map<string, Found>();
  const tally = createTally();
  const end = Date.now() + time;
  let requests = 0;
  let pauses = 0;

  let isBroken = false;
  for (let round = 0; Date.now() < end && !isBroken; round++) {
    await oneServer(round, Math.min(end, Date.now() + epoch));
  }
  return { requests, found: [...found.values()], tally, pauses };

  function note(why: string, file?: () => string): boolean {
    const known = found.get(kindOf(why));
    if (known !== undefined) {
      known.times++;
      return false;
    }
    const path = file?.();
    found.set(kindOf(why), { why, times: 1, ...(path === undefined ? {} : { file: path }) });
    say(`FOUND ${why}${path === undefined ? '' : `\n  npm run fuzz -- --replay ${path}`}`);
    return true;
  }

  async function oneServer(round: number, until: number): Promise<void> {
    const server = await startFuzzed();
    try {
      await fuzz(server, round, until);
    } catch (error) {
      isBroken = true;
      note(
        `the run broke off: ${server.ended ?? (error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
      );
    } finally {
      for (const fault of await server.close()) note(fault);
    }
  }

  async function fuzz(server: FuzzedServer, round: number, until: number): Promise<void> {
    const { victim, pool, world, close } = await prepare(server);
    const lanes = laneKinds.map((kind) =>
      openLane(kind, server.peer('hostile', kind === 'tls' ? server.port : server.https)),
    );
    const history: Sent[] = [];
    const memory = watchMemory(() => server.memory(), until - Date.now());
    /** Nobody sends while this is pending. */
    let gate: Promise<void> = Promise.resolve();
    const isOver = (): boolean => Date.now() >= until || server.ended !== undefined;

    async function drive(lane: Lane, laneNumber: number): Promise<void> {
      for (let number = 0; !isOver();) {
        const bindings = new Map<string, Bound>();
        for (const step of world.seeds.conversation(chanceOf(seed, round, laneNumber, number, 1))) {
          if (isOver()) return;
          const chance = chanceOf(seed, round, laneNumber, number++);
          const shot = shotFrom(step.request, bindings, lane.kind, chance, world);
          if (shot === undefined) continue;
          await gate;
          const sent: Sent = { lane, laneNumber, number, body: shot.body, at: Date.now() };
          history.push(sent);
          if (history.length > remembered) history.shift();
          const heard = await lane.send(shot.body);
          sent.until = Date.now();
          requests++;
          const { why, answer } = judged(lane.kind, heard, shot.item);
          if (why !== undefined) await failed(sent, why, shot.item);
          else if (answer !== undefined && shot.item !== undefined) {
            tally.count(answer, shot.item);
            if (step.expected !== undefined) bind(step.expected, answer, bindings);
          }
        }
      }
    }

    function judged(kind: LaneKind, heard: Heard, item: Item | undefined): { why?: string; answer?: Item } {
      if ('none' in heard) return heard.none === '' ? {} : { why: heard.none };
      if (victim.isIn(heard.answer)) return { why: 'the answer holds what another client keeps' };
      try {
        const answer = readAnswer(kind, heard.answer);
        const why = wrongIn(answer, item);
        return why === undefined ? { answer } : { why };
      } catch (error) {
        return { why: `the answer cannot be read: ${(error as Error).message}` };
      }
    }

    async function failed(sent: Sent, why: string, item: Item | undefined): Promise<void> {
      // What the server logs of it comes on another way.
      await wait(50);
      const logged = server.heard().faults[0] ?? '';
      const operation = item === undefined ? '' : `${operationIn(item)}: `;
      const isNew = note(`${operation}${why} ${logged.slice(0, 1500)}`.trim(), () => writeCase(out, caseOf(sent, why)));
      if (!isNew || server.ended !== undefined) return;
      const still = async (body: Buffer): Promise<boolean> => {
        const again = judged(sent.lane.kind, await sent.lane.send(body), undefined).why;
        server.heard();
        return again !== undefined && kindOf(again) === kindOf(why);
      };
      const body = await minimised(sent.body, sent.lane.kind, still, 5000);
      writeCase(out, { ...caseOf(sent, why), body });
    }

    function caseOf({ lane, laneNumber, number, body }: Sent, why: string): Case {
      return { why, kind: lane.kind, seed, lane: laneNumber, number, objects: objectsIn(body, pool.objects), body };
    }

    /**
     * Sends what was under way in a pause again, alone: it was the request only when it holds the event loop each time.
     */
    async function retry({ milliseconds, at }: Pause): Promise<void> {
      pauses++;
      const open = history.filter((sent) => sent.at <= at + 5 && (sent.until ?? at) >= at - milliseconds - 30);
      const suspects = open.sort((a, b) => b.body.length - a.body.length).slice(0, 8);
      for (const sent of suspects) {
        const alone: number[] = [];
        while (alone.length < 3 && server.ended === undefined) {
          await server.pause();
          await sent.lane.send(sent.body);
          alone.push(await server.pause());
          if ((alone.at(-1) as number) <= longestPause) break;
        }
        if (alone.length < 3 || Math.min(...alone) <= longestPause) continue;
        const why = `the event loop was held for ${Math.round(Math.min(...alone))} ms, each time, by ${sent.lane.kind} of ${sent.body.length} bytes`;
        note(`${describe(sent)} ${why}`, () => writeCase(out, caseOf(sent, why)));
        return;
      }
      const operations = open.map(describe).join(', ');
      say(`a pause of ${Math.round(milliseconds)} ms did not come again, under way: ${operations.slice(0, 300)}`);
    }

    const describe = ({ lane, body }: Sent): string => {
      try {
        return operationIn(readAnswer(lane.kind, body)) || 'no message';
      } catch {
        return 'no message';
      }
    };

    /** Looks after everything that goes on beside the requests. */
    async function watch(): Promise<void> {
      const chance = chanceOf(seed, round, 1000);
      let looked = Date.now();
      for (let turn = 0; !isOver(); turn++) {
        await wait(250);
        const { pauses: held, faults } = server.heard();
        for (const fault of faults) note(`the log says: ${fault}`);
        const [worst] = [...held].sort((a, b) => b.milliseconds - a.milliseconds);
        if (worst !== undefined) await alone(() => retry(worst));
        if (turn % 2 === 0) await renewed(pool, chance);
        if (turn % 40 === 39) {
          const grown = await memory.look();
          if (grown !== undefined) note(grown);
          const changed = await victim.changed();
          if (changed !== undefined) note(changed);
          const now = Date.now();
          say(
            `${requests} requests, ${pauses} pauses, ${memory.said()}, turn of ${Math.round((now - looked) / 1000)} s`,
          );
          looked = now;
        }
      }
    }

    /** While nobody else sends. Heavy requests that take long are not waited for. */
    async function alone(work: () => Promise<void>): Promise<void> {
      let open = (): void => undefined;
      gate = new Promise((resolve) => (open = resolve));
      try {
        for (let tries = 0; tries < 100 && history.some(({ until: over }) => over === undefined); tries++)
          await wait(50);
        await work();
      } finally {
        open();
      }
    }

    async function renewed(objects: Pool, chance: Chance): Promise<void> {
      try {
        await objects.renew(chance);
      } catch (error) {
        note(`the pool cannot be renewed: ${(error as Error).message}`);
      }
    }

    try {
      await Promise.all([watch(), ...lanes.map(drive)]);
      const changed = server.ended === undefined ? await victim.changed() : server.ended;
      if (changed !== undefined) note(changed);
    } finally {
      for (const lane of lanes) lane.close();
      await close();
    }
  }
}

/** Failures of one kind come from one place, and differ in numbers and identifiers alone. */
function kindOf(why: string): string {
  const [, place] = /error="?(.{0,300}?\\n +at [^\\]{0,200})/.exec(why) ?? [];
  return (place ?? why)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '')
    .replace(/\d+/g, '#')
    .slice(0, 400);
}
