/**
 * The tokens of a TypeScript source, as far as a check of its texts needs them: comments, literals and what is around.
 */

export interface Token {
  readonly kind: 'comment' | 'text' | 'regex' | 'word' | 'number' | 'mark';
  /** As in the source; of a text what it says, with `{}` where a value is inserted. */
  readonly text: string;
  readonly line: number;
  /** The tokens of each inserted value of a template. */
  readonly inserted: readonly (readonly Token[])[];
}

/** After these words a slash begins a regular expression, after other words it divides. */
const beforeRegex = /^(?:return|typeof|case|in|of|do|else|delete|void|throw|new|await|yield)$/;

const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['comment', /\/\*[\s\S]*?\*\/|\/\/[^\n]*|#![^\n]*/y],
  ['text', /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y],
  ['word', /#?[\p{L}_$][\p{L}\p{N}_$]*/uy],
  ['number', /\d[\w.]*/y],
];
const regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const mark = /=>|\?\?=?|\?\.(?!\d)|\.\.\.|[\s\S]/y;

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0' };
const unescaped = (text: string): string =>
  text.replace(
    /\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})|([\s\S]))/gi,
    (_, braced?: string, long?: string, short?: string, plain = '') => {
      const code = braced ?? long ?? short;
      return code === undefined ? (escapes[plain] ?? plain.trim()) : String.fromCodePoint(parseInt(code, 16));
    },
  );

/** @throws Error when a template does not end. */
export function tokensOf(source: string): readonly Token[] {
  let at = 0;
  let line = 1;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  }

  /** Moves past the text. */
  function pass(text: string): void {
    at += text.length;
    for (const character of text) if (character === '\n') line++;
  }

  function template(): Token {
    const begin = line;
    const inserted: (readonly Token[])[] = [];
    let text = '';
    for (pass('`'); source[at] !== '`';) {
      if (at >= source.length) throw new Error(`a template that begins in line ${begin} does not end`);
      if (source.startsWith('${', at)) {
        pass('${');
        inserted.push(tokensUntil('}'));
        pass('}');
        text += '{}';
      } else {
        const part = take(/\\[\s\S]|\$|[^`\\$]+/y) ?? '';
        text += part;
        pass(part);
      }
    }
    pass('`');
    return { kind: 'text', text: unescaped(text), line: begin, inserted };
  }

  function next(before: Token | undefined): Token {
    if (source[at] === '`') return template();
    const begin = line;
    for (const [kind, pattern] of patterns) {
      const text = take(pattern);
      if (text === undefined) continue;
      pass(text);
      return { kind, text: kind === 'text' ? unescaped(text.slice(1, -1)) : text, line: begin, inserted: [] };
    }
    const divides =
      before !== undefined &&
      (before.kind === 'mark'
        ? /^[)\]}]$/.test(before.text)
        : before.kind !== 'word' || !beforeRegex.test(before.text));
    const expression = divides ? undefined : take(regex);
    const text = expression ?? take(mark) ?? '';
    pass(text);
    return { kind: expression === undefined ? 'mark' : 'regex', text, line: begin, inserted: [] };
  }

  /** Up to the bracket that closes what was open before, or to the end. */
  function tokensUntil(end: string | undefined): Token[] {
    const tokens: Token[] = [];
    let before: Token | undefined;
    for (let depth = 0; ;) {
      pass(take(/\s*/y) ?? '');
      if (at >= source.length) break;
      if (depth === 0 && end !== undefined && source[at] === end) break;
      const token = next(before);
      if (token.kind !== 'comment') before = token;
      if (token.kind === 'mark' && token.text === '{') depth++;
      if (token.kind === 'mark' && token.text === '}') depth--;
      tokens.push(token);
    }
    return tokens;
  }

  return tokensUntil(undefined);
}

/** All tokens, those within templates too. */
export const allTokens = (tokens: readonly Token[]): readonly Token[] =>
  tokens.flatMap((token) => [token, ...token.inserted.flatMap(allTokens)]);
