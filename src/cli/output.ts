/** What a person or a script gets to see: results on stdout, all else on stderr, every error with a hint when it has one. */
export interface Output {
  /** One line of the result. */
  line(text: string): void;
  json(value: unknown): void;
  /** Columns under their headings; the headings alone say that there is nothing. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void;
  /** For the person at the terminal, not part of the result. */
  note(text: string): void;
  /** Shows how far a long work is, on a terminal only. */
  progress(label: string): Progress;
}

export interface Progress {
  update(done: number, total: number): void;
  end(): void;
}

/** A command cannot do what it was asked to. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export function createOutput(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Output {
  return {
    line: (text) => void stdout.write(`${printable(text)}\n`),
    json: (value) => void stdout.write(`${JSON.stringify(value, undefined, 2)}\n`),
    table(headings, rows) {
      for (const line of columns([headings, ...rows])) stdout.write(`${printable(line)}\n`);
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

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
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
