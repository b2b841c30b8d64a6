/**
 * The settings, one table. A setting `a-b` is the flag `--a-b`, the variable `KMIPD_A_B` and the key "a-b" of
 * `kmipd.json` in the data directory, in that order of precedence. The CLI's options, the parsing and the documents'
 * table are made from the rows. Paths in `kmipd.json` are relative to the data directory, all others to the working
 * directory.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OperatorError } from '#operator-error';
import { parseStoreUrl, storeUrlRule } from '#store/engines/engine-table';

/** What commands take a setting: those that open the store, serve, issue certificates, print quotas. */
export type Scope = 'store' | 'serve' | 'issue' | 'server-certificate' | 'quota';

/** How a setting is read, from the text of a flag or a variable or from a value of `kmipd.json`. */
interface SettingType<T> {
  /** What the value has to be, for the error: 'must be ...'. */
  readonly rule: string;
  /** How help names the value; absent for a flag that stands alone. */
  readonly placeholder?: string;
  readonly repeatable?: true;
  /** Never shown. */
  readonly isSecret?: true;
  /** undefined when the value breaks the rule. `base` is the directory that relative paths start from. */
  parse(raw: unknown, base: string): T | undefined;
}

interface Setting<T, D> {
  readonly type: SettingType<T>;
  /** Read by the same type, so that documents show what an operator would write; absent when nothing is the default. */
  readonly default: D;
  readonly scopes: readonly Scope[];
  readonly help: string;
}

const text: SettingType<string> = {
  rule: 'a text of 1 to 1000 characters',
  placeholder: 'text',
  parse: (raw) => (typeof raw === 'string' && raw.length > 0 && raw.length <= 1000 ? raw : undefined),
};

const path: SettingType<string> = {
  ...text,
  rule: 'a path',
  placeholder: 'path',
  parse(raw, base) {
    const value = text.parse(raw, base);
    return value === undefined ? undefined : resolve(base, value);
  },
};

const storeUrl: SettingType<string> = {
  rule: storeUrlRule,
  isSecret: true,
  placeholder: 'url',
  parse: (raw, base) => (typeof raw === 'string' && raw.length <= 4000 ? parseStoreUrl(raw, base) : undefined),
};

const texts: SettingType<readonly string[]> = {
  rule: 'one text or several (in a variable with commas between them, in kmipd.json as an array)',
  placeholder: 'text',
  repeatable: true,
  parse(raw, base) {
    const parts: unknown[] = Array.isArray(raw) ? raw : typeof raw === 'string' ? raw.split(',') : [undefined];
    const values = parts.map((part) => text.parse(typeof part === 'string' ? part.trim() : part, base));
    return values.every((value) => value !== undefined) ? values : undefined;
  },
};

const flag: SettingType<boolean> = {
  rule: 'true or false',
  parse: (raw) =>
    raw === true || raw === 'true' || raw === '1'
      ? true
      : raw === false || raw === 'false' || raw === '0'
        ? false
        : undefined,
};

function integer(least: number, most: number, placeholder = 'n'): SettingType<number> {
  return {
    rule: `an integer from ${least} to ${most}`,
    placeholder,
    parse(raw) {
      const value = typeof raw === 'string' && /^[0-9]+$/.test(raw) ? Number(raw) : raw;
      return Number.isInteger(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined;
    },
  };
}

/** A number with a unit; a bare number counts in the unit of factor 1. */
function quantity(units: Readonly<Record<string, number>>, least: string, most: string, name: string) {
  const numberIn = (raw: unknown): number | undefined => {
    const [, digits, unit = ''] = /^([0-9]{1,15}) ?([A-Za-z]*)$/.exec(String(raw)) ?? [];
    const factor = unit === '' ? 1 : Object.hasOwn(units, unit) ? units[unit] : undefined;
    return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
  };
  const [low, high] = [Number(numberIn(least)), Number(numberIn(most))];
  const type: SettingType<number> = {
    rule: `${name} from ${least} to ${most}`,
    placeholder: name.split(' ').at(-1) ?? name,
    parse(raw) {
      const value = numberIn(raw);
      return value !== undefined && value >= low && value <= high ? value : undefined;
    },
  };
  return type;
}

/** Milliseconds. */
const duration = (least: string, most: string) =>
  quantity({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }, least, most, 'a duration');

/** Bytes. */
const size = (least: string, most: string) =>
  quantity({ B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }, least, most, 'a size');

function choice<const V extends readonly string[]>(...values: V): SettingType<V[number]> {
  return {
    rule: `one of ${values.join(', ')}`,
    placeholder: values.join('|'),
    parse: (raw) => values.find((value) => value === raw),
  };
}

function setting<T>(type: SettingType<T>, scopes: readonly Scope[], help: string): Setting<T, undefined>;
function setting<T>(type: SettingType<T>, scopes: readonly Scope[], help: string, byDefault: unknown): Setting<T, {}>;
function setting<T>(type: SettingType<T>, scopes: readonly Scope[], help: string, byDefault?: unknown) {
  return { type, scopes, help, default: byDefault };
}

const every: readonly Scope[] = ['store'];
const serve: readonly Scope[] = ['serve'];
const quota: readonly Scope[] = ['serve', 'quota'];
const serverCertificate: readonly Scope[] = ['serve', 'server-certificate'];

// prettier-ignore
export const settings = {
  data: setting(path, every, 'the data directory', './kmipd-data'),
  store: setting(storeUrl, every, `where keys are kept: ${storeUrlRule}; LMDB in the data directory when absent`),
  'root-key-file': setting(path, every, 'the file that holds the root key; root.key in the data directory when absent'),
  'passphrase-file': setting(path, every, 'the file with the passphrase that the root key is derived from'),
  'log-level': setting(choice('error', 'warn', 'info', 'debug'), every, 'the least grave messages that are logged', 'info'),
  'log-format': setting(choice('text', 'json'), every, 'how messages are logged, on stderr', 'text'),
  'audit-sync': setting(choice('second', 'always'), every, 'when the audit file is synced: once a second, or before every answer', 'second'),
  'audit-file-size': setting(size('64KiB', '1GiB'), every, 'the size at which a new audit file is begun', '64MiB'),

  'disk-reserve': setting(size('0B', '1024GiB'), serve, 'the free disk space below which only reading, Destroy, Revoke and commands go on; 0B turns the watch off', '256MiB'),

  host: setting(text, serve, 'the address to listen on', '127.0.0.1'),
  port: setting(integer(0, 65535), serve, 'the port to listen on; 0 takes a free one', 5696),
  https: setting(integer(0, 65535), serve, 'a port that serves KMIP over HTTPS too, POST /kmip in TTLV, XML and JSON; 0 takes a free one'),
  interop: setting(flag, serve, 'serve the Interop operation too, for test suites only', false),
  health: setting(integer(0, 65535), serve, 'a port that serves /live and /ready over plain HTTP'),
  'health-host': setting(text, serve, 'the address that --health listens on', '127.0.0.1'),
  'tls-cert': setting(path, serve, 'a server certificate from outside (PEM, with its chain)'),
  'tls-key': setting(path, serve, 'the private key of --tls-cert (PEM)'),
  'maximum-message-size': setting(size('1KiB', '64MiB'), serve, 'the largest request', '1MiB'),
  'maximum-batch-count': setting(integer(1, 10_000), serve, 'the most items in a request', 1000),
  'maximum-connections': setting(integer(1, 100_000), serve, 'the most connections in all', 10_000),
  'maximum-connections-per-client': setting(integer(1, 100_000), serve, 'the most connections of one client', 1000),
  'maximum-handshakes-per-address': setting(integer(1, 100_000), serve, 'the most connections of one address (one IPv6 /64) whose client is not let in yet', 200),
  'handshake-timeout': setting(duration('100ms', '5m'), serve, 'how long a connection may take until its client is let in', '10s'),
  'maximum-held-per-client': setting(size('1MiB', '16GiB'), serve, 'the most bytes of one client in requests that have not come whole, and as many in answers that it has not taken', '64MiB'),
  'maximum-held': setting(size('1MiB', '1024GiB'), serve, 'the most such bytes of all clients together', '512MiB'),
  'request-timeout': setting(duration('100ms', '1h'), serve, 'how long a request may take to arrive; for each 64 KiB of it a second more', '30s'),
  'answer-timeout': setting(duration('100ms', '1h'), serve, 'how long a client may leave an answer unread; for each 64 KiB of it a second more', '30s'),
  'idle-timeout': setting(duration('1s', '24h'), serve, 'how long a connection may be silent', '30m'),
  'quota-objects': setting(integer(0, 1_000_000_000), quota, 'the most objects of a client, destroyed ones included; 0 sets no bound', 1_000_000),
  'quota-bytes': setting(size('0B', '1000TiB'), quota, "the most bytes that a client's objects take in the store; 0 sets no bound", '2GiB'),
  'requests-per-second': setting(integer(0, 1_000_000), quota, 'how many batch items a second a client may send after its burst, the rest waits; 0 sets no bound', 2000),
  'requests-burst': setting(integer(0, 1_000_000_000), quota, 'how many batch items a client may send at once before requests-per-second holds; 0 allows those of one second', 1_000_000),
  rotations: setting(choice('on', 'off'), serve, 'whether the server rotates objects by itself, as their Rotate Automatic asks', 'on'),
  'rotate-minimum-interval': setting(duration('0s', '8760h'), serve, 'the least time between two rotations of an object, whatever its Rotate Interval', '1h'),
  'directory-timeout': setting(duration('5s', '24h'), serve, 'how long the list of clients may be unreadable before no client is let in and open sessions are cut', '60s'),
  'shutdown-timeout': setting(duration('100ms', '1h'), serve, 'how long requests in flight may take once the server stops', '10s'),

  'certify-days': setting(integer(1, 3650), serve, 'the longest validity of what clients have certified (Certify, Re-certify), in days', 365),
  'certify-crl-url': setting(text, serve, 'where the second list of kmipd crl is published (Certify, Re-certify); certify-NAME beside crl-url when absent'),
  'server-name': setting(texts, serverCertificate, "one more host name or IP address in the server's certificate"),
  'server-years': setting(integer(1, 30), serverCertificate, "the validity of the server's certificate, in years", 1),
  'ca-years': setting(integer(1, 30), ['serve', 'issue'], "the CA certificate's validity when it is made, in years", 10),
  'client-years': setting(integer(1, 30), ['issue'], "the validity of a client's certificate, in years", 2),
  'crl-url': setting(text, [...serverCertificate, 'issue'], 'where clients fetch the revocation list; named in the certificates'),
} as const;

export type SettingName = keyof typeof settings;
type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
type ValueOf<S> = S extends Setting<infer T, infer D> ? (D extends undefined ? T | undefined : T) : never;

/** Durations in milliseconds, sizes in bytes, validities in years, paths absolute. */
export type Config = { readonly [N in SettingName as Camel<N>]: ValueOf<(typeof settings)[N]> };

/** What a command line gave: by the settings' names, texts as they were typed. */
export type Flags = Readonly<Partial<Record<SettingName, unknown>>>;

/** The default of a setting, as `Config` has it. */
export function defaultOf<N extends SettingName>(name: N): Config[Camel<N>] {
  return read(name, { raw: settings[name].default, base: process.cwd(), origin: 'the default' }) as Config[Camel<N>];
}

export const settingNames = Object.keys(settings) as SettingName[];
export const variableOf = (name: SettingName): string => `KMIPD_${name.toUpperCase().replaceAll('-', '_')}`;
export const propertyOf = (name: SettingName): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** A value with the directory its paths start from and the words that say where it came from. */
interface Given {
  readonly raw: unknown;
  readonly base: string;
  readonly origin: string;
}

/**
 * Reads `kmipd.json` in the data directory when there is one.
 * @throws OperatorError, which names the wrong setting and where it came from.
 */
export function loadConfig(flags: Flags, environment: NodeJS.ProcessEnv = process.env): Config {
  const here = process.cwd();
  const given = (name: SettingName): Given | undefined => {
    const variable = variableOf(name);
    if (flags[name] !== undefined) return { raw: flags[name], base: here, origin: `--${name}` };
    if (environment[variable]) return { raw: environment[variable], base: here, origin: variable };
    return undefined;
  };
  const byDefault = (name: SettingName): Given => ({ raw: settings[name].default, base: here, origin: 'the default' });

  const data = String(read('data', given('data') ?? byDefault('data')));
  const file = join(data, 'kmipd.json');
  const written = readSettingsFile(file);
  const values = settingNames.map((name) => {
    const kept = written[name] === undefined ? undefined : { raw: written[name], base: data, origin: file };
    return [propertyOf(name), read(name, given(name) ?? kept ?? byDefault(name))];
  });
  return checked(Object.fromEntries(values) as Config);
}

function read(name: SettingName, { raw, base, origin }: Given): unknown {
  if (raw === undefined) return undefined;
  const { type } = settings[name];
  const value = type.parse(raw, base);
  if (value !== undefined) return value;
  // A URL may hold a password.
  const what = type.isSecret === true ? '' : `, not ${JSON.stringify(raw).slice(0, 100)}`;
  throw new OperatorError(`${name} (from ${origin}) must be ${type.rule}${what}`);
}

function readSettingsFile(file: string): Partial<Record<SettingName, unknown>> {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new OperatorError(`${file} cannot be read: ${(error as Error).message}`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    // The parser's message quotes the file, which may hold a URL with a password.
    throw new OperatorError(`${file} is not JSON`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new OperatorError(`${file} must hold one JSON object of settings`);
  }
  for (const key of Object.keys(parsed)) {
    if (key === 'data') throw new OperatorError(`data cannot be set in ${file}, which lies in the data directory`);
    if (!Object.hasOwn(settings, key))
      throw new OperatorError(`${file} holds an unknown setting ${JSON.stringify(key)}`);
  }
  return parsed;
}

/** The rules between settings. */
function checked(config: Config): Config {
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new OperatorError('tls-cert and tls-key are given together or not at all');
  }
  if (config.rootKeyFile !== undefined && config.passphraseFile !== undefined) {
    throw new OperatorError('root-key-file and passphrase-file exclude each other');
  }
  return config;
}
