/**
 * What a person or a script gets to see: results on stdout, all else on stderr, every error with a hint when it has
 * one.
 */
import { once } from 'node:events';

export interface Output {
  /** One line of the result. */
  line(text: string): void;
  json(value: unknown): void;
  /** Columns under their headings; the headings alone say that there is nothing. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void;
  /** The same of rows that come one by one, however many: the first hundreds say how wide the columns are. */
  rows(headings: readonly string[], rows: AsyncIterable<readonly string[]>): Promise<void>;
  /** A JSON array of values that come one by one. */
  jsonItems(values: AsyncIterable<unknown>): Promise<void>;
  /** For the person at the terminal, not part of the result. */
  note(text: string): void;
  /** Shows how far a long work is, on a terminal only. */
  progress(label: string): Progress;
}

export interface Progress {
  update(done: number, total: number): void;
  end(): void;
}

export function createOutput(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Output {
  return {
    line: (text) => void stdout.write(`${printable(text)}\n`),
    json: (value) => void stdout.write(`${JSON.stringify(value, undefined, 2)}\n`),
    table(headings, rows) {
      for (const line of columns([headings, ...rows])) stdout.write(`${printable(line)}\n`);
    },
    async rows(headings, rows) {
      let measured: (readonly string[])[] | undefined = [headings];
      let widths: readonly number[] = [];
      const begin = async (): Promise<void> => {
        widths = widthsOf(measured ?? []);
        for (const row of measured ?? []) await written(stdout, `${printable(lineOf(row, widths))}\n`);
        measured = undefined;
      };
      for await (const row of rows) {
        if (measured === undefined) await written(stdout, `${printable(lineOf(row, widths))}\n`);
        else if (measured.push(row) === rowsMeasured) await begin();
      }
      await begin();
    },
    async jsonItems(values) {
      let before = '[\n';
      for await (const value of values) {
        const text = JSON.stringify(value, undefined, 2).replaceAll('\n', '\n  ');
        await written(stdout, `${before}  ${text}`);
        before = ',\n';
      }
      await written(stdout, before === '[\n' ? '[]\n' : '\n]\n');
    },
    note: (text) => void stderr.write(`${text}\n`),
    progress: (label) => (stderr.isTTY ? progressBar(label, stderr) : { update: () => {}, end: () => {} }),
  };
}

/** What went wrong and what to do about it; where, when it is a fault of ours. */
export function describeError(error: unknown): string {
  if (faults.some((fault) => error instanceof fault)) return `kmipd: ${(error as Error).stack}`;
  const { message, hint } = error as { message?: unknown; hint?: unknown };
  const first = `kmipd: ${printable(typeof message === 'string' ? message : String(error))}`;
  return typeof hint === 'string' ? `${first}\nhint: ${printable(hint)}` : first;
}

/** What the runtime throws when a program is wrong. */
const faults = [TypeError, RangeError, ReferenceError];

/** Milliseconds since 1970, as people and programs read them. */
export function dateText(time: number): string {
  return new Date(time).toISOString().replace(/\.000Z$/, 'Z');
}

/** Names and subjects come from outside; a terminal obeys control characters. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

/** Each value of a list that comes one by one, in another form. */
export async function* mapped<T, R>(values: AsyncIterable<T>, map: (value: T) => R): AsyncGenerator<R> {
  for await (const value of values) yield map(value);
}

/** The same, when a value has several. */
export async function* flatMapped<T, R>(values: AsyncIterable<T>, map: (value: T) => readonly R[]): AsyncGenerator<R> {
  for await (const value of values) yield* map(value);
}

const rowsMeasured = 500;

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = widthsOf(rows);
  return rows.map((row) => lineOf(row, widths));
}

/** In a loop: a call takes a hundred thousand arguments or so. */
function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return widths;
}

const lineOf = (row: readonly string[], widths: readonly number[]): string =>
  row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();

/** Waits when the reader is slower than we are. */
async function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}

const barWidth = 30;

function progressBar(label: string, stream: NodeJS.WriteStream): Progress {
  let shown = '';
  return {
    update(done, total) {
      const part = total === 0 ? 1 : Math.min(1, done / total);
      const bar = '#'.repeat(Math.round(part * barWidth)).padEnd(barWidth, '.');
      const text = `${label} [${bar}] ${Math.floor(part * 100)}% ${done}/${total}`;
      if (text === shown) return;
      shown = text;
      stream.write(`\r${text}\u001b[K`);
    },
    end() {
      if (shown !== '') stream.write('\n');
    },
  };
}
