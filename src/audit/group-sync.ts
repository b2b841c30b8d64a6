/**
 * Makes one asynchronous flush serve everybody who waits. What was written while a flush runs may not be covered by
 * it, so those who ask meanwhile share the next one.
 */
export function groupSync(flush: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function sync(): Promise<void> {
    if (running === undefined) {
      running = flush().finally(() => (running = undefined));
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return sync();
      });
    return next;
  }

  return sync;
}
