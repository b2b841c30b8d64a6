/** Tables and lists of any length: a function takes a hundred thousand arguments or so, and no list is kept whole. */
import { Writable } from 'node:stream';

import { expect } from 'chai';

import { createOutput } from '#cli/output';
import { until } from '#test/fixtures/timing';

const many = 300_000;

describe('the output of commands', () => {
  let written: string[];
  let largest: number;

  const output = () => {
    written = [];
    largest = 0;
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk.toString());
        largest = Math.max(largest, stream.writableLength);
        // A reader that is slower than the writer.
        if (written.length % 50_000 === 0) setTimeout(done, 5);
        else done();
      },
    });
    return createOutput(stream as unknown as NodeJS.WriteStream, stream as unknown as NodeJS.WriteStream);
  };

  async function* rows(): AsyncGenerator<string[]> {
    for (let n = 0; n < many; n++) yield [`id-${n}`, 'array', n % 2 === 0 ? 'Active' : ''];
  }

  it('is a table of three hundred thousand rows that come one by one', async () => {
    await output().rows(['ID', 'CLIENT', 'STATE'], rows());
    await until('all rows', () => written.at(-1)?.startsWith(`id-${many - 1}`));
    const lines = written.join('').split('\n');
    expect(lines).to.have.length(many + 2);
    expect(lines[0]).to.equal('ID      CLIENT  STATE');
    expect(lines[1]).to.equal('id-0    array   Active');
    expect(lines[many]).to.equal(`id-${many - 1}  array`);
    expect(largest, 'waits for a slow reader').to.be.lessThan(100_000);
  });

  it('is a table of as many that are there already', () => {
    output().table(
      ['ID', 'STATE'],
      Array.from({ length: many }, (_, n) => [`id-${n}`, 'Active']),
    );
    expect(written.length + 0).to.be.greaterThan(0);
  });

  it('is a JSON array of as many, as JSON.stringify writes it', async () => {
    const values = Array.from({ length: 1000 }, (_, n) => ({ id: `id-${n}`, names: n % 2 === 0 ? [] : ['a\nb'] }));
    await output().jsonItems(
      (async function* () {
        yield* values;
      })(),
    );
    expect(written.join('')).to.equal(`${JSON.stringify(values, undefined, 2)}\n`);
    await output().jsonItems((async function* () {})());
    expect(written.join('')).to.equal('[]\n');
  });
});
