/**
 * Turns of clients on the event loop. While only one client sends requests, each request is handled as it arrives.
 * While several clients do, a client that has used up its share waits: its requests, and the items of its batches, wait
 * in the client's own line. In each turn of the event loop one line continues for one slice. So a client that has not
 * used up its share waits for at most one slice of another client. #workers/fair-queue cannot be used: it counts
 * running tasks and does not measure time, and it does not start two tasks in one turn of the event loop.
 */

/** The burst of a client in milliseconds, and the length of a slice. */
const slice = 0.5;
/**
 * The same for the only active client. It bounds the wait of a new connection, and it is long enough that turns cost
 * little.
 */
const sliceAlone = 4;
/** Milliseconds of work in one turn of the event loop, after which the only active client waits for the next turn. */
const mostAlone = 8;
/** The part of the elapsed time that is given back to a client's share. */
const regain = 0.5;
/** Milliseconds for which a second client counts as active after its last request. */
const memory = 60_000;
/** Milliseconds after a request in which more requests are expected. */
const busyFor = 1000;

/** One client, while it has connections. */
export interface ClientTurns {
  /** Whether the client's next work may be done now; otherwise call `wait`. Either way call `done` afterwards. */
  begin(): boolean;
  wait(): Promise<void>;
  /** The work is done, or continues without the event loop. */
  done(): void;
  /** Whether work of the client waits already: then no more of it has to be read. */
  isBehind(): boolean;
  /** Charges the client for work that cannot be measured, in milliseconds. */
  spend(milliseconds: number): void;
  /** Lets other clients have their turns, and resolves when the work may continue: `done`, then `wait`. */
  pause(): Promise<void>;
  /** A connection of the client has ended. */
  leave(): void;
}

export interface Turns {
  /** For one connection of the client, which calls `leave` at its end. */
  join(client: string): ClientTurns;
  /** Whether any client sends requests at present. */
  isBusy(): boolean;
}

/** @param now in milliseconds, from a clock that never goes back. */
export function createTurns(now: () => number = () => performance.now()): Turns {
  const clients = new Map<string, Line>();
  /** The clients with waiting work, in the order of their turns. */
  const lines = new Set<Line>();
  /** The client whose work is being done, and since when. */
  let working: Line | undefined;
  let since = -Infinity;
  /** The client that has the slice, and until when. */
  let current: Line | undefined;
  let sliceEnd = 0;
  let isScheduled = false;
  let last: Line | undefined;
  let severalUntil = -Infinity;
  /** Milliseconds of work since the last known turn of the event loop; above a limit the next turn is awaited. */
  let inARow = 0;
  let isLooking = false;

  /** Charges the work since then to the client that did it. */
  function settle(time: number): void {
    if (working !== undefined) {
      working.share = Math.max(-slice, working.share - (time - since));
      inARow += time - since;
      if (inARow >= mostAlone / 2 && !isLooking) {
        isLooking = true;
        setImmediate(hasTurned);
      }
    }
    since = time;
  }

  function hasTurned(): void {
    isLooking = false;
    settle(now());
    inARow = 0;
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(turn);
  }

  function turn(): void {
    isScheduled = false;
    const [line] = lines;
    if (line === undefined) return;
    lines.delete(line);
    if (line.waiting.length > 1) lines.add(line);
    const time = now();
    settle(time);
    inARow = 0;
    current = line;
    sliceEnd = time + (time < severalUntil ? slice : sliceAlone);
    goOn(line, time);
    if (lines.size > 0) schedule();
  }

  /** Does the first waiting work, which may take until `done`. */
  function goOn(line: Line, time: number): void {
    const next = line.waiting.shift();
    if (line.waiting.length === 0) lines.delete(line);
    settle(time);
    working = line;
    next?.();
  }

  class Line implements ClientTurns {
    readonly client: string;
    readonly waiting: (() => void)[] = [];
    connections = 0;
    /** The milliseconds left to the client, as of `regained`. */
    share = slice;
    regained = 0;

    constructor(client: string) {
      this.client = client;
    }

    begin(): boolean {
      const time = now();
      settle(time);
      if (last !== this) {
        if (last !== undefined) severalUntil = time + memory;
        last = this;
      }
      if (time < severalUntil) {
        this.share = Math.min(slice, this.share + (time - this.regained) * regain);
        this.regained = time;
        if (this.waiting.length > 0 || this.share <= 0) {
          working = undefined;
          return false;
        }
      } else if (this.waiting.length > 0 || inARow >= mostAlone) {
        working = undefined;
        return false;
      }
      working = this;
      return true;
    }

    wait(): Promise<void> {
      return new Promise((resolve) => {
        this.waiting.push(resolve);
        lines.add(this);
        schedule();
      });
    }

    done(): void {
      const time = now();
      settle(time);
      working = undefined;
      if (current === this && this.waiting.length > 0 && time < sliceEnd) goOn(this, time);
    }

    isBehind(): boolean {
      return this.waiting.length > 0 && since < severalUntil;
    }

    spend(milliseconds: number): void {
      this.share = Math.max(-slice, this.share - milliseconds);
      if (current === this) sliceEnd -= milliseconds;
    }

    pause(): Promise<void> {
      const waits = this.wait();
      this.done();
      return waits;
    }

    leave(): void {
      this.connections--;
      if (this.connections > 0) return;
      clients.delete(this.client);
      if (last === this) last = undefined;
    }
  }

  return {
    join(client) {
      const line = clients.get(client) ?? new Line(client);
      clients.set(client, line);
      line.connections++;
      return line;
    },
    isBusy: () => now() - since < busyFor,
  };
}
