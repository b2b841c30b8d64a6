import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { recordKinds } from '#administration/record-kinds';
import { settings } from '#config';
import { documents, tables, tablesIn, withTables } from './tables.ts';

const text = (path: string): string => readFileSync(path, 'utf8');

describe('the documents', () => {
  it('have each table of the code once', () => {
    const found = documents.flatMap((path) => tablesIn(text(path)));
    expect(found.sort()).to.deep.equal(Object.keys(tables).sort());
  });

  for (const path of documents.filter((each) => tablesIn(text(each)).length > 0)) {
    it(`have the tables of the code in ${path}: \`npm run documents\` writes them`, () => {
      expect(text(path)).to.equal(withTables(text(path)));
    });
  }

  it('lead to pages that exist', () => {
    const missing = documents.flatMap((page) =>
      [...text(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => join(dirname(page), target))
        .filter((target) => !existsSync(target))
        .map((target) => `${page} leads to ${target}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('name sources and tests that exist', () => {
    const named = documents.flatMap((page) =>
      [...text(page).matchAll(/`((?:src|test|certs|ttlv|profiles)\/[^`*<]+)`/g)].map(([, path = '']) => [page, path]),
    );
    expect(named.length).to.be.above(20);
    expect(named.filter(([, path = '']) => !existsSync(path))).to.deep.equal([]);
  });
});

describe('the page about storage', () => {
  it('names every kind of record', () => {
    const page = text('docs/storage.md');
    expect(recordKinds.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).to.deep.equal([]);
  });
});

describe('the README', () => {
  it('leads to pages that are in the package', () => {
    const { files } = JSON.parse(text('package.json')) as { files: string[] };
    // npm adds it to every package.
    const packed = [...files, 'LICENSE'];
    const targets = [...text('README.md').matchAll(/\]\(([^)#:]+)/g)].map(([, target = '']) => target);
    expect(targets.length).to.be.above(10);
    expect(targets.filter((each) => !packed.some((one) => each === one || each.startsWith(`${one}/`)))).to.deep.equal(
      [],
    );
  });

  it('begins with the two lines that do all the set-up', () => {
    expect(text('README.md'))
      .to.match(/^npm ci && npm start /m)
      .and.to.match(/^npm ci && npm test /m);
  });
});

describe('the pages about security and limits', () => {
  it('name tests for what holds', () => {
    expect([...text('docs/security.md').matchAll(/`test\/[^`]+\.test\.ts`/g)].length).to.be.above(20);
  });

  it('name settings that exist', () => {
    const named = [...text('docs/limits.md').matchAll(/`(?:--)?([a-z]+(?:-[a-z]+)+)`/g)].map(([, name = '']) => name);
    expect(named).to.include('quota-objects');
    expect(named.filter((name) => !Object.hasOwn(settings, name))).to.deep.equal([]);
  });
});
