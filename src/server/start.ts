/** Puts the parts together: a handler over the store, and the listener that serves it. */
import { createCountedLog } from './counted-log.ts';
import { createHandler, type Handler } from '#server/message/handler';
import { listen, type Listener, type ListenerLimits, type ListenerOptions } from '#server/network/listener';
import { watchRotations } from '#server/rotation/rotations';
import type { HandlerLimits, Services } from './services.ts';

export interface ServerOptions
  extends Omit<Services, 'limits'>, Pick<ListenerOptions, 'admission' | 'identity' | 'host' | 'port' | 'https'> {
  readonly limits: HandlerLimits & ListenerLimits;
}

export interface Server extends Listener {
  /** The same server without a socket, for front ends that bring their own. */
  readonly handler: Handler;
}

/** Resolves when it listens. The caller owns store, audit, workers and admission, and closes them after the server. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const counted = createCountedLog(options.log);
  const handler = createHandler(options, counted);
  const listener = await listen({ ...options, handler, counted });
  handler.usage.start();
  const stopRotating = watchRotations(handler.rotateDue, options.log);
  return {
    ...listener,
    handler,
    async close() {
      await Promise.all([listener.close(), stopRotating()]);
      handler.settle();
      await handler.usage.stop();
    },
  };
}
