/**
 * npm run fuzz -- [--for 10m] [--seed N] [--out DIR] [--replay FILE]
 *
 * Sends damaged requests to a server of its own until the time is over, and says what was wrong; each failure is a file
 * in DIR that --replay sends again. Ends with status 1 when anything was wrong.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readCase, withObjects } from './cases.ts';
import { openLane } from './lanes.ts';
import { readAnswer, wrongIn } from './oracle.ts';
import { prepare } from './prepare.ts';
import { run } from './run.ts';
import { startFuzzed } from './server.ts';
import { longestPause } from './said.ts';
import { printText } from '#ttlv/text';
import { names } from '#protocol/names';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

const { values } = parseArgs({
  options: {
    for: { type: 'string', default: '10m' },
    seed: { type: 'string' },
    out: { type: 'string', default: 'fuzz-failures' },
    replay: { type: 'string' },
  },
});

const [, digits, unit = ''] = /^(\d+)([smh])$/.exec(values.for) ?? [];
if (digits === undefined) throw new Error(`--for must be a number with s, m or h, not ${values.for}`);

process.exitCode =
  values.replay === undefined ? await fuzz(Number(digits) * (units[unit] ?? 0)) : await replay(values.replay);

async function fuzz(time: number): Promise<number> {
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  const say = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
  say(`seed ${seed}, for ${values.for}`);
  const { requests, found, tally, pauses } = await run({ seed, time, out: values.out, say });
  const counted = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  say(`succeeded: ${counted(tally.successes)}`);
  say(`refused: ${counted(tally.reasons)}`);
  say(`${requests} requests, ${pauses} pauses above ${longestPause} ms, ${found.length} kinds of failures`);
  for (const { why, file, times } of found) say(`${times} times: ${why}${file === undefined ? '' : ` (${file})`}`);
  return found.length === 0 ? 0 : 1;
}

/** Sends one case three times, and shows what comes. */
async function replay(file: string): Promise<number> {
  const failed = readCase(file);
  const server = await startFuzzed();
  let isWrong = false;
  try {
    const { pool, close } = await prepare(server, Object.values(failed.objects));
    const body = withObjects(failed, pool.objects);
    const lane = openLane(failed.kind, server.peer('hostile', failed.kind === 'tls' ? server.port : server.https));
    for (let time = 0; time < 3; time++) {
      await server.pause();
      const heard = await lane.send(body);
      const pause = await server.pause();
      if ('none' in heard) console.log(heard.none || 'no answer, rightly');
      else console.log(printText(readAnswer(failed.kind, heard.answer), names));
      const wrong = 'none' in heard ? heard.none : wrongIn(readAnswer(failed.kind, heard.answer), undefined);
      console.log(`the event loop was held for ${Math.round(pause)} ms${wrong ? `; ${wrong}` : ''}`);
      isWrong ||= Boolean(wrong) || pause > longestPause;
    }
    lane.close();
    await close();
    for (const fault of server.heard().faults) console.log(fault);
  } finally {
    for (const fault of await server.close()) {
      console.log(fault);
      isWrong = true;
    }
  }
  console.log(isWrong ? `it fails still: ${failed.why}` : `it does not fail any more: ${failed.why}`);
  return isWrong ? 1 : 0;
}
