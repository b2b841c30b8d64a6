/**
 * The server under test, in a process of its own: what `kmipd serve` runs, with a pulse. Arguments are those of the
 * command line. Over IPC it says when the event loop was held, and answers how long at most, and how much memory is in
 * use.
 */
import { main } from '#cli/main';
import { longestPause, type Question, type Said } from './said.ts';
import { watchPulse } from './pulse.ts';

const say = (said: Said): void => void process.send?.(said);
const pulse = watchPulse(longestPause, (held) => say({ held, at: Date.now() }));

process.on('message', (question: Question) => {
  if (question === 'pause') return say({ pause: pulse.longest() });
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  gc?.();
  pulse.skip();
  const { heapUsed, external, rss } = process.memoryUsage();
  say({ heap: heapUsed, outside: external, resident: rss });
});
process.on('disconnect', () => process.exit());

process.exitCode = await main(process.argv.slice(2));
pulse.stop();
process.disconnect();
