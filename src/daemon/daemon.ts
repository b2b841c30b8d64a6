/** The whole process: what it works on, the server, and one scheduler for all that is done again and again. */
import { openInstallation, type InstallationOptions } from '#administration/installation';
import { createScheduler } from '#scheduler';

import { createLeases, type Leases } from './leases.ts';
import { explained } from './listen-error.ts';
import { startServing, type Serving } from './serving.ts';

export interface Daemon extends Serving {
  /** Whether there was no store before. */
  readonly isNew: boolean;
}

/** Makes what is missing. Throws OperatorError when it cannot listen. */
export async function startDaemon({ config, log }: InstallationOptions): Promise<Daemon> {
  let leases: Leases | undefined;
  const jobsLog = log.child({ component: 'jobs' });
  // Jobs of one server begin when the store is open.
  const scheduler = createScheduler({ log: jobsLog, isChosen: async (job) => (await leases?.isChosen(job)) === true });
  const installation = await openInstallation({ config, log, schedule: scheduler.schedule, isServer: true }, true);
  try {
    leases = createLeases(installation.store, installation.now);
    const { giveBack } = leases;
    const serving = await startServing(installation, scheduler).catch((error: unknown) => {
      throw explained(error);
    });
    return {
      ...serving,
      made: [...installation.made, ...serving.made],
      isNew: installation.made.length > 0,
      async stop() {
        try {
          await serving.stop();
          await giveBack().catch((error: unknown) => jobsLog.warn('leases cannot be given back', { error }));
        } finally {
          await installation.close();
        }
      },
    };
  } catch (error) {
    await installation.close();
    throw error;
  }
}
