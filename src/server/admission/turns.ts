/**
 * Turns of clients on the event loop. While one client alone sends requests, each is handled as it comes. While several
 * do, a client that has had its share waits: its requests, and the items of its batches, stand in a line of its own,
 * and in each turn of the event loop one of the lines goes on for as long as a slice. So a client that has not used up
 * its share waits for a slice of another's at most. #workers/fair-queue counts tasks at work instead: it cannot serve
 * this, since it does not measure, and lets no task begin in the same turn of the event loop.
 */

/** Milliseconds that a client has at once, and the length of a slice. */
const slice = 0.5;
/** The same for a client that is alone: new connections wait for no longer than that, and turns cost little. */
const sliceAlone = 4;
/** Milliseconds of work within one turn of the event loop after which a client that is alone waits for the next one. */
const mostAlone = 8;
/** Of the time that passes, so much of it becomes a client's share again. */
const regain = 0.5;
/** Milliseconds that a second client is remembered as one who sends requests. */
const memory = 60_000;
/** Milliseconds after a request in which more are to be expected. */
const busyFor = 1000;

/** A client, as far as its turns are concerned: while it has connections. */
export interface ClientTurns {
  /** Whether its next work may be done now; otherwise `wait` says when. In both cases `done` follows. */
  begin(): boolean;
  wait(): Promise<void>;
  /** The work is done, or goes on by itself. */
  done(): void;
  /** Whether work of the client waits already: then nothing more of it needs to be read. */
  isBehind(): boolean;
  /** So many milliseconds of work are the client's that nobody could measure. */
  spend(milliseconds: number): void;
  /** Work goes on when others had their turns: what `done` and `wait` do. */
  pause(): Promise<void>;
  /** A connection of the client has gone. */
  leave(): void;
}

export interface Turns {
  /** For a connection of the client, which `leave`s when it has gone. */
  join(client: string): ClientTurns;
  /** Whether clients send requests these days. */
  isBusy(): boolean;
}

/** @param now in milliseconds, of a clock that never goes back. */
export function createTurns(now: () => number = () => performance.now()): Turns {
  const clients = new Map<string, Line>();
  /** Those in whose line somebody stands, in the order of their turns. */
  const lines = new Set<Line>();
  /** Whose work is being done, and since when. */
  let working: Line | undefined;
  let since = -Infinity;
  /** Whose slice it is, and until when. */
  let current: Line | undefined;
  let sliceEnd = 0;
  let isScheduled = false;
  let last: Line | undefined;
  let severalUntil = -Infinity;
  /** Milliseconds of work since the event loop last had a turn that we know of: it is looked for when they are many. */
  let inARow = 0;
  let isLooking = false;

  /** What was done since is on the account of who did it. */
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

  /** The head of the line does its work, which may take until `done`. */
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
    /** Milliseconds that it has left, as of `regained`. */
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
