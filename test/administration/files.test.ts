import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFilesFor } from '#administration/files';

describe('files that commands make', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'kmipd-files-'))));
  afterEach(() => rm(directory, { recursive: true }));

  it('stay in their directory, whatever a client is called', async () => {
    const out = join(directory, 'out');
    const stray = { name: '../stray.crt', content: 'a certificate' };
    const error: unknown = await writeFilesFor(out, [stray], () => Promise.resolve()).catch((error: unknown) => error);
    expect(String(error)).to.include('is not a valid file name');
    expect([out, join(directory, 'stray.crt')].filter(existsSync)).to.deep.equal([]);
  });
});
