/** Puts the parts together: the message core over the store, the doors that lead to it, and what runs by itself. */
import { createCountedLog } from './counted-log.ts';
import { createMessageCore, type MessageCore } from '#server/message/message-core';
import { createScheduler, type Schedule } from '#scheduler';
import { listen, type Listener, type ListenerLimits, type ListenerOptions } from '#server/network/listener';
import { rotations, watchRotations } from '#server/rotation/rotations';
import { createServerState, type ServerState } from './server-state.ts';
import type { ServiceLimits, Services } from './services.ts';

export interface ServerOptions
  extends Omit<Services, 'limits'>, Pick<ListenerOptions, 'admission' | 'identity' | 'host' | 'port' | 'https'> {
  readonly limits: ServiceLimits & ListenerLimits;
  /** Who runs what is done again and again; a scheduler of the server's own when absent. */
  readonly schedule?: Schedule;
}

export interface Server extends Listener {
  /** The same server without a socket, for doors of another kind. */
  readonly core: MessageCore;
  readonly state: ServerState;
}

/** Resolves when it listens. The caller owns store, audit, workers and admission, and closes them after the server. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const counted = createCountedLog(options.log);
  const state = createServerState(options, counted);
  const core = createMessageCore(state);
  const listener = await listen({ ...options, core, counted, rate: state.rate });
  const { schedule = createScheduler({ log: options.log }).schedule } = options;
  state.usage.start(schedule);
  const stopRotating = watchRotations(rotations(state), options.log, schedule);
  return {
    ...listener,
    ...{ core, state },
    async close() {
      await Promise.all([listener.close(), stopRotating()]);
      state.countedEntries.close();
      await state.usage.stop();
    },
  };
}
