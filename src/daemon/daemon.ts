/** The whole process: what it works on, the server, and one scheduler for all that is done again and again. */
import { openInstallation, type InstallationOptions } from '#administration/installation';
import { createScheduler } from '#scheduler';

import { explained } from './listen-error.ts';
import { startServing, type Serving } from './serving.ts';

export interface Daemon extends Serving {
  /** Whether there was no store before. */
  readonly isNew: boolean;
}

/** Makes what is not there. Throws OperatorError when it cannot listen. */
export async function startDaemon({ config, log }: InstallationOptions): Promise<Daemon> {
  const scheduler = createScheduler({ log: log.child({ component: 'jobs' }) });
  const installation = await openInstallation({ config, log, schedule: scheduler.schedule, isServer: true }, true);
  try {
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
