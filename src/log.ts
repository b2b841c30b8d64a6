/**
 * The log: winston on stderr, one child per component, connection and request. A record is bounded whatever is handed
 * in, stays on one line, and shows bytes only as their number, so that no key material gets in by accident.
 */
import { isUint8Array } from 'node:util/types';
import winston from 'winston';
import { escapeUnit } from '#ttlv/escape-unit';

export type Log = winston.Logger;

export interface LogOptions {
  readonly level: string;
  readonly format: 'text' | 'json';
  /** stderr when absent. */
  readonly stream?: NodeJS.WritableStream;
}

/** Hand the children on: `log.child({ component: 'listener' })`. */
export function createLog({ level, format, stream = process.stderr }: LogOptions): Log {
  const line = format === 'json' ? jsonLine : textLine;
  return winston.createLogger({
    level,
    format: winston.format.printf(({ level: severity, message, ...fields }) =>
      line(new Date().toISOString(), severity, String(bounded(message)), bounded(fields) as Fields),
    ),
    transports: [new winston.transports.Stream({ stream })],
  });
}

type Fields = Readonly<Record<string, unknown>>;

function jsonLine(time: string, level: string, message: string, fields: Fields): string {
  return escaped(JSON.stringify({ time, level, message, ...fields }));
}

function textLine(time: string, level: string, message: string, { component, ...fields }: Fields): string {
  const place = component === undefined ? '' : `${plain(component)}: `;
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  const tail = present.map(([name, value]) => ` ${name}=${plain(value)}`);
  return `${time} ${level.padEnd(5)} ${place}${escaped(message)}${tail.join('')}`;
}

/** A bare word as it is, all else as JSON, so that fields can be distinguished. */
function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : escaped(JSON.stringify(value));
}

/** Control characters, which could forge lines or drive a terminal. */
function escaped(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    character === '\n' ? '\\n' : escapeUnit(character),
  );
}

const maximumText = 1000;
const maximumStack = 4000;
const maximumEntries = 20;
const maximumDepth = 3;

function bounded(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cut(value, maximumText);
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return value;
  if (value instanceof Error) return cut(value.stack ?? String(value), maximumStack);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString();
  if (value instanceof ArrayBuffer || isUint8Array(value)) return `<${value.byteLength} bytes>`;
  if (typeof value !== 'object') return cut(String(value), maximumText);
  if (depth === maximumDepth) return '...';
  if (Array.isArray(value)) return value.slice(0, maximumEntries).map((element) => bounded(element, depth + 1));
  const entries = Object.entries(value).slice(0, maximumEntries);
  return Object.fromEntries(entries.map(([name, held]) => [name, bounded(held, depth + 1)]));
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}...`;
}
