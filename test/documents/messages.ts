/**
 * Every message of the sources, read from their tokens: the texts of errors, and what is logged. A text is a literal, a
 * choice between literals or a sum of them; `{}` stands for an inserted value. A function that only makes an error of
 * its argument is followed to its callers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokensOf, type Token } from './tokens.ts';

export interface Message {
  /** A Result Reason, the name of an error's class, or the level of a log line. */
  readonly kind: string;
  readonly text: string;
  /** What an operator can do about it. */
  readonly hint: string;
  readonly path: string;
}

type Tokens = readonly Token[];
/** The literals that stand for the parameters of a function, where one of its callers gives them. */
type Given = ReadonlyMap<string, readonly string[]>;

const isMark = (token: Token | undefined, ...marks: readonly string[]): boolean =>
  token?.kind === 'mark' && marks.includes(token.text);
const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

/** The place of the bracket that closes the one at `open`. */
function closing(tokens: Tokens, open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (isMark(tokens[at], '(', '[', '{')) depth++;
    if (isMark(tokens[at], ')', ']', '}') && --depth === 0) return at;
  }
  return tokens.length;
}

/** The parts between marks that stand in no bracket. */
function parted(tokens: Tokens, ...marks: readonly string[]): Tokens[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isMark(token, '(', '[', '{')) depth++;
    if (isMark(token, ')', ']', '}')) depth--;
    if (depth === 0 && isMark(token, ...marks)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

const argumentsOf = (tokens: Tokens, open: number): Tokens[] =>
  parted(tokens.slice(open + 1, closing(tokens, open)), ',').filter((each) => each.length > 0);

/** All texts that an expression may have. */
function textsOf(expression: Tokens, given: Given): readonly string[] {
  const [first, ...rest] = expression;
  if (first === undefined) return [''];
  if (isMark(first, '(') && closing(expression, 0) === expression.length - 1) {
    return textsOf(expression.slice(1, -1), given);
  }
  const [condition, ...branches] = parted(expression, '?');
  if (condition !== undefined && branches.length > 0) {
    const choices = expression.slice(condition.length + 1);
    return parted(choices, ':', '?').flatMap((each, place, all) =>
      place < all.length - 1 && isMark(choices[lengthTo(all, place)], '?') ? [] : textsOf(each, given),
    );
  }
  const either = parted(expression, '??');
  if (either.length > 1) return either.flatMap((each) => textsOf(each, given));
  const sum = parted(expression, '+');
  if (sum.length > 1) {
    return sum
      .map((each) => textsOf(each, given))
      .reduce((before, after) => before.flatMap((start) => after.map((end) => start + end)));
  }
  if (rest.length > 0) return ['{}'];
  if (first.kind === 'word') return given.get(first.text) ?? ['{}'];
  return first.kind === 'text' ? filled(first, given) : ['{}'];
}

/** Where in the whole the mark after this part stands. */
const lengthTo = (parts: readonly Tokens[], place: number): number =>
  parts.slice(0, place + 1).reduce((sum, each) => sum + each.length, place);

/** A template with the known values of what is inserted. */
function filled({ text, inserted }: Token, given: Given): readonly string[] {
  const values = inserted.map((each) => (each.length === 1 ? textsOf(each, given) : ['{}']));
  return text
    .split('{}')
    .map((part): readonly string[] => [part])
    .reduce((before, after, place) =>
      before.flatMap((start) =>
        (values[place - 1] ?? ['{}']).flatMap((value) => after.map((end) => start + value + end)),
      ),
    );
}

interface Parameter {
  readonly name: string;
  readonly byDefault: Tokens;
}

/** A function that makes an error: its parameters, and the arguments of the error. */
interface Maker {
  readonly parameters: readonly Parameter[];
  readonly kind: Tokens;
  readonly text: Tokens;
}

interface Source {
  readonly path: string;
  readonly tokens: Tokens;
  readonly makers: Map<string, Maker>;
  /** Where the names that it imports come from. */
  readonly imported: ReadonlyMap<string, string>;
}

/** The errors whose second argument says what to do. */
const hinted: readonly string[] = ['OperatorError', 'DiskError'];
const levels = ['error', 'warn', 'info', 'debug'];
const asText = (text: string): Tokens => [{ kind: 'text', text, line: 0, inserted: [] }];

/** The arguments of an error, a log line or a call of a maker that begins at this place: its kind, text and hint. */
function madeAt({ tokens, makers, imported }: Source, at: number, all: ReadonlyMap<string, Source>) {
  const token = tokens[at];
  if (token?.kind !== 'word' || !isMark(tokens[at + 1], '(')) return undefined;
  const isError = isWord(tokens[at - 1], 'new') && token.text.endsWith('Error');
  const isLog =
    levels.includes(token.text) && isMark(tokens[at - 1], '.', '?.') && /log$/i.test(tokens[at - 2]?.text ?? '');
  const isCall = !isError && !isLog && !isWord(tokens[at - 1], 'function') && !isMark(tokens[at - 1], '.');
  const maker = isCall
    ? (makers.get(token.text) ?? all.get(imported.get(token.text) ?? '')?.makers.get(token.text))
    : undefined;
  if (!isError && !isLog && maker === undefined) return undefined;
  const given = argumentsOf(tokens, at + 1);
  const [first = [], second = []] = given;
  if (isError) {
    if (token.text === 'KmipError') return { kind: first, text: second, hint: [] };
    const isSecond = ['DamagedRecordError', 'LimitError'].includes(token.text);
    const hint = hinted.includes(token.text) ? second : [];
    return { kind: asText(token.text), text: isSecond ? second : first, hint };
  }
  if (maker === undefined) return { kind: asText(`log, ${token.text}`), text: first, hint: [] };
  const values = new Map(maker.parameters.map(({ name, byDefault }, place) => [name, given[place] ?? byDefault]));
  const put = (part: Tokens): Tokens =>
    part.length === 1 && part[0]?.kind === 'word' ? (values.get(part[0].text) ?? part) : part;
  return { kind: put(maker.kind), text: maker.text, hint: [], values };
}

/** The nearest function around this place that has a name: `const name = (...) =>` or `function name(...)`. */
function functionAround(tokens: Tokens, place: number): { name: string; parameters: Parameter[] } | undefined {
  for (let at = place; at > 1; at--) {
    const isArrow = isMark(tokens[at], '(') && isMark(tokens[at - 1], '=') && tokens[at - 2]?.kind === 'word';
    const isFunction = isMark(tokens[at], '(') && isWord(tokens[at - 2], 'function');
    if (!isArrow && !isFunction) continue;
    const end = closing(tokens, at);
    if (end > place || (isArrow && !tokens.slice(end, place).some((each) => isMark(each, '=>')))) continue;
    const name = tokens[isArrow ? at - 2 : at - 1]?.text ?? '';
    const parameters = argumentsOf(tokens, at).map((each) => {
      const [before = [], byDefault = []] = parted(each, '=');
      return { name: before[0]?.text ?? '', byDefault };
    });
    return { name, parameters };
  }
  return undefined;
}

const named = (part: Tokens): readonly string[] =>
  part.length !== 1 || part[0] === undefined
    ? []
    : part[0].kind === 'word'
      ? [part[0].text]
      : part[0].inserted.flatMap((each) => (each.length === 1 ? [each[0]?.text ?? ''] : []));

/** Finds the functions whose argument is a part of the text of an error. */
function findMakers(source: Source, all: ReadonlyMap<string, Source>): boolean {
  let isNew = false;
  source.tokens.forEach((_, at) => {
    const made = madeAt(source, at, all);
    if (made === undefined) return;
    // Of a maker's maker only those are followed whose argument is the whole text.
    const isCall = 'values' in made;
    if (isCall && made.text[0]?.kind !== 'word') return;
    const text = isCall ? (made.values?.get(named(made.text)[0] ?? '') ?? []) : made.text;
    const around = functionAround(source.tokens, at);
    if (around === undefined || source.makers.has(around.name)) return;
    if (!named(text).some((name) => around.parameters.some((each) => each.name === name))) return;
    source.makers.set(around.name, { parameters: around.parameters, kind: made.kind, text });
    isNew = true;
  });
  return isNew;
}

/** What a constant of this name, the nearest one before, may be. */
function constantOf(name: string, { tokens }: Source, place: number): readonly string[] {
  for (let at = place; at > 1; at--) {
    if (tokens[at]?.text !== name || !isMark(tokens[at + 1], '=') || !isWord(tokens[at - 1], 'const')) continue;
    const texts = textsOf(parted(tokens.slice(at + 2, place), ';')[0] ?? [], new Map());
    return texts.every((text) => /[a-z]/i.test(text)) ? texts : ['{}'];
  }
  return ['{}'];
}

const valuesOf = (value: Tokens, source: Source, at: number): readonly string[] => {
  const [only, second] = value;
  if (only === undefined) return ['{}'];
  return only.kind === 'word' && second === undefined ? constantOf(only.text, source, at) : textsOf(value, new Map());
};

function messagesIn(source: Source, all: ReadonlyMap<string, Source>): Message[] {
  return source.tokens.flatMap((_, at) => {
    const made = madeAt(source, at, all);
    if (made === undefined) return [];
    const around = functionAround(source.tokens, at);
    const open =
      around !== undefined && source.makers.has(around.name) ? around.parameters.map(({ name }) => name) : [];
    const values = 'values' in made ? made.values : undefined;
    const texts = [...(values?.values() ?? [made.text])].flatMap((each) => (each === undefined ? [] : named(each)));
    // What comes from the caller is listed where the caller is.
    if (texts.some((name) => open.includes(name))) return [];
    const given = new Map([...(values ?? [])].map(([name, value]) => [name, valuesOf(value, source, at)]));
    for (const name of named(made.text)) if (!given.has(name)) given.set(name, constantOf(name, source, at));
    return textsOf(made.kind, new Map()).flatMap((kind) =>
      textsOf(made.text, given).flatMap((text) =>
        textsOf(made.hint, new Map()).map((hint) => ({
          kind,
          text,
          hint: hint === '{}' ? '' : hint,
          path: source.path,
        })),
      ),
    );
  });
}

const pathOf = (target: string, from: string): string => {
  if (target.startsWith('./')) return join(from, '..', target);
  const path = `${target.slice(1)}.ts`;
  return /^#(?:ttlv|certs|profiles)\//.test(target) ? path : join('src', path);
};

function importsOf(source: string, path: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, names = '', target = ''] of source.matchAll(/^import (?:type )?\{([^}]*)\} from '([.#][^']*)';/gm)) {
    for (const name of names.split(',')) found.set(name.replace(/^\s*type /, '').trim(), pathOf(target, path));
  }
  return found;
}

export const sourcePaths: readonly string[] = ['ttlv', 'certs', 'profiles', 'src'].flatMap((ring) =>
  readdirSync(ring, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.c?ts$/.test(name))
    .map((name) => join(ring, name))
    .sort(),
);

function read(): readonly Message[] {
  const all = new Map(
    sourcePaths.map((path): [string, Source] => {
      const text = readFileSync(path, 'utf8');
      const tokens = tokensOf(text).filter(({ kind }) => kind !== 'comment');
      return [path, { path, tokens, makers: new Map(), imported: importsOf(text, path) }];
    }),
  );
  while ([...all.values()].map((source) => findMakers(source, all)).includes(true));
  const seen = new Set<string>();
  return [...all.values()]
    .flatMap((source) => messagesIn(source, all))
    .filter((message) => {
      const key = JSON.stringify(message);
      return /[a-z]/i.test(message.text.replaceAll('{}', '')) && !seen.has(key) && seen.add(key);
    });
}

/** By source, in the order of the text; each once. */
export const messages: readonly Message[] = read();
