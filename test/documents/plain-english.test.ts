/**
 * The language of the sources and documents (CONTRIBUTING.md): words that say little, and comments that are too wide.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { messages, sourcePaths } from './messages.ts';
import { documents } from './tables.ts';
import { allTokens, tokensOf, type Token } from './tokens.ts';

/** In parts, since this file is one of those that are searched. */
const banned = new RegExp(
  `\\b(?:${['none o' + 'f', 'of your' + 's', 'no suc' + 'h', 'ane' + 'w', 'les' + 't', 'tol' + 'd', 'whoeve' + 'r'].join('|')})\\b`,
  'i',
);

const widest = 120;

const paths = [
  ...sourcePaths,
  ...readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.c?ts$/.test(name))
    .map((name) => join('test', name)),
];
const spoken = new Map<string, readonly Token[]>();
for (const path of paths) {
  spoken.set(
    path,
    allTokens(tokensOf(readFileSync(path, 'utf8'))).filter(({ kind }) => kind === 'comment' || kind === 'text'),
  );
}

describe('the language', () => {
  it('finds comments and texts, within templates too', () => {
    const tokens = allTokens(tokensOf('const a = `b${c("d")}e`; // f\nconst g = /["`]/.test(h / i) ? `{` : "j";'));
    const found = tokens
      .filter(({ kind }) => kind === 'comment' || kind === 'text')
      .map(({ text, line }) => [text, line]);
    expect(found).to.deep.equal([
      ['b{}e', 1],
      ['d', 1],
      ['// f', 1],
      ['{', 2],
      ['j', 2],
    ]);
    expect(spoken.size).to.be.above(500);
  });

  it('has no word that says little, in comments and texts of sources', () => {
    const found = [...spoken].flatMap(([path, tokens]) =>
      tokens.flatMap(({ kind, text, line }) => {
        const joined = text.replace(/\s*\n\s*(?:\*|\/\/) ?/g, ' ');
        // What comments quote is the language of others.
        const match = banned.exec(kind === 'comment' ? joined.replace(/"[^"]*"/g, '') : joined);
        return match === null ? [] : [`${path}:${line} says "${match[0]}"`];
      }),
    );
    expect(found).to.deep.equal([]);
  });

  it('has no word that says little, in documents', () => {
    const found = documents.flatMap((path) => {
      const match = banned.exec(readFileSync(path, 'utf8').replace(/\s+/g, ' '));
      return match === null
        ? []
        : [`${path} says "${match[0]}": ${match.input.slice(match.index - 40, match.index + 40)}`];
    });
    expect(found).to.deep.equal([]);
  });

  it('names the server in messages, not the place where it is', () => {
    expect(messages.filter(({ text, hint }) => /\bhere\b/i.test(`${text} ${hint}`))).to.deep.equal([]);
  });

  it('has messages in ASCII, without a full stop', () => {
    // commander writes sentences, and adds these to its own.
    const ours = messages.filter(({ kind }) => kind !== 'InvalidArgumentError');
    expect(ours.filter(({ text }) => /[^\x20-\x7e]|[^.]\.$/.test(text))).to.deep.equal([]);
  });

  it(`has comments of at most ${widest} columns`, () => {
    const wide = paths.flatMap((path) => {
      const lines = readFileSync(path, 'utf8').split('\n');
      return (spoken.get(path) ?? [])
        .filter(({ kind }) => kind === 'comment')
        .flatMap(({ line, text }) => text.split('\n').map((_, place) => line + place))
        .filter((line) => (lines[line - 1]?.length ?? 0) > widest)
        .map((line) => `${path}:${line}`);
    });
    expect([...new Set(wide)]).to.deep.equal([]);
  });
});
