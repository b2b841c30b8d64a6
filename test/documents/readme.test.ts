import { expect } from 'chai';
import { readFileSync } from 'node:fs';
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
