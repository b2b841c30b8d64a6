import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settings } from '#config';
import { withTables } from './tables.ts';

describe('the README', () => {
  it('has the tables of the code: `npm run readme` writes them', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(readme).to.equal(withTables(readme));
  });

  it('begins with the two lines that do all the set-up', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(readme)
      .to.match(/^npm ci && npm start /m)
      .and.to.match(/^npm ci && npm test /m);
  });
});

describe('the pages about security', () => {
  const pages = ['docs/security.md', 'docs/limits.md', 'SECURITY.md', 'README.md'];

  it('name tests that exist', () => {
    const named = [...readFileSync('docs/security.md', 'utf8').matchAll(/`(test\/[^`]+\.test\.ts)`/g)];
    expect(named.length).to.be.above(20);
    expect(named.map(([, path = '']) => path).filter((path) => !existsSync(path))).to.deep.equal([]);
  });

  it('lead to pages that exist', () => {
    const missing = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => join(dirname(page), target))
        .filter((target) => !existsSync(target)),
    );
    expect(missing).to.deep.equal([]);
  });

  it('name settings that exist', () => {
    const limits = readFileSync('docs/limits.md', 'utf8');
    const named = [...limits.matchAll(/`(?:--)?([a-z]+(?:-[a-z]+)+)`/g)].map(([, name = '']) => name);
    expect(named).to.include('quota-objects');
    expect(named.filter((name) => !Object.hasOwn(settings, name))).to.deep.equal([]);
  });
});
