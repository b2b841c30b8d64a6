/**
 * The lines of the level debug about the traffic: each admitted connection and each answered item, with names,
 * identifiers and times, never values. They come from subscribers of the channels, which exist at this level only.
 */
import type { Log } from '#log';
import { connectionChannel, observe, requestChannel } from '#observer';

/** Returns the function that ends it. */
export function logEvents(log: Log): () => void {
  if (!log.isDebugEnabled()) return () => undefined;
  /** By connection, as long as it is open. */
  const children = new Map<number | undefined, Log>();
  const failed = (error: unknown): void => void log.warn('an event cannot be logged', { error });
  const stops = [
    observe(
      connectionChannel,
      ({ state, connection, client, ...details }) => {
        const child = children.get(connection) ?? log.child({ connection, client });
        children.set(connection, child);
        child.debug(`connection ${state}`, details);
        if (state === 'closed') children.delete(connection);
      },
      failed,
    ),
    observe(
      requestChannel,
      ({ connection, client, ...details }) => {
        const child = children.get(connection) ?? log.child({ connection, client });
        child.debug('request answered', details);
      },
      failed,
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
