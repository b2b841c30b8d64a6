/**
 * Work that is done again and again. One scheduler of a process runs all of it, so that each job has a name in the log,
 * never runs twice at once, and ends with the process.
 */
import { jobChannel, microsecondsSince, startOf } from '#observer';

export interface Job {
  /** For the log: what is done. */
  readonly name: string;
  /** Milliseconds. A tick that finds the run before it still under way is passed over. */
  readonly interval: number;
  /** 'one': of all servers on a store one at a time. 'each', also when absent: every process. */
  readonly where?: 'each' | 'one';
  /** Whether it runs when it is scheduled, too, and not only after the first interval. */
  readonly atOnce?: true;
  /** @param signal aborts when the job is stopped. */
  run(signal: AbortSignal): Promise<unknown> | void;
}

/** Begins a job and gives what stops it, which resolves when a run under way has ended. */
export type Schedule = (job: Job) => () => Promise<void>;

export interface Scheduler {
  readonly schedule: Schedule;
  /** Stops every job, the last one first. */
  stop(): Promise<void>;
}

export interface SchedulerOptions {
  readonly log?: { warn(message: string, details?: object): unknown } | undefined;
  /**
   * Whether this server is the one that runs a job now, for some time from now on. When that cannot be found out the
   * job is passed over. Without it every job runs in every process.
   */
  readonly isChosen?: (job: Job) => Promise<boolean>;
}

export function createScheduler({ log, isChosen }: SchedulerOptions = {}): Scheduler {
  const stops = new Set<() => Promise<void>>();

  const schedule: Schedule = (job) => {
    const stopping = new AbortController();
    let running: Promise<void> | undefined;
    let trouble = '';

    async function run(): Promise<void> {
      if (job.where === 'one' && isChosen !== undefined && !(await isChosen(job))) return;
      if (!stopping.signal.aborted) await job.run(stopping.signal);
    }

    async function attempt(): Promise<void> {
      const begun = startOf(jobChannel);
      let outcome: 'done' | 'failed' = 'done';
      try {
        await run();
        trouble = '';
      } catch (error) {
        outcome = 'failed';
        const isNews = String(error) !== trouble;
        trouble = String(error);
        // A job that is being stopped may find its tools closed.
        if (isNews && !stopping.signal.aborted) log?.warn(`job failed: ${job.name}`, { error });
      }
      if (begun > 0) jobChannel.publish({ job: job.name, outcome, microseconds: microsecondsSince(begun) });
    }

    const tick = (): void => {
      running ??= attempt().finally(() => (running = undefined));
    };
    const timer = setInterval(tick, job.interval).unref();
    if (job.atOnce === true) tick();

    const stop = async (): Promise<void> => {
      stops.delete(stop);
      clearInterval(timer);
      stopping.abort();
      await running;
    };
    stops.add(stop);
    return stop;
  };

  return {
    schedule,
    async stop() {
      for (const stop of [...stops].reverse()) await stop();
    },
  };
}
