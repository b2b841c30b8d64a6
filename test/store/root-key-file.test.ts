import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockFor } from '#store/seal/root-key';
import { rootKeyFile } from '#store/seal/root-key-file';
import { OperatorError } from '#operator-error';
import { rejection } from './rejection.ts';

describe('a root key file', () => {
  let directory: string;
  let path: string;
  const key = randomBytes(32);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kmipd-key-'));
    path = join(directory, 'root.key');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is made with mode 0600, as 64 hexadecimal digits and a line end', async () => {
    const made = await rootKeyFile(join(directory, 'new', 'root.key')).make();
    const file = join(directory, 'new', 'root.key');
    expect(await readFile(file, 'latin1')).to.equal(`${made.key.toString('hex')}\n`);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(directory, 'new'))).mode & 0o777).to.equal(0o700);
    expect(await readdir(join(directory, 'new'))).to.deep.equal(['root.key']);
  });

  it('is used as it is when it is there', async () => {
    await writeFile(path, key, { mode: 0o600 });
    expect((await rootKeyFile(path).make()).key).to.deep.equal(key);
  });

  it('is one and the same when several make it at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => rootKeyFile(path).make()));
    expect(new Set(made.map((one) => one.key.toString('hex'))).size).to.equal(1);
    expect(await readdir(directory)).to.deep.equal(['root.key']);
  });

  const forms: Record<string, string | Buffer> = {
    'raw bytes': key,
    'hexadecimal digits': key.toString('hex'),
    'capital digits between white space': ` ${key.toString('hex').toUpperCase()}\r\n`,
    'base64 and a line end': `${key.toString('base64')}\n`,
  };
  for (const [form, content] of Object.entries(forms)) {
    it(`may hold ${form}`, async () => {
      await writeFile(path, content, { mode: 0o600 });
      expect(await rootKeyFile(path).open(lockFor({ key }))).to.deep.equal(key);
    });
  }

  const malformed: Record<string, string | Buffer> = {
    nothing: '',
    'too few bytes': key.subarray(1),
    'too many bytes': Buffer.concat([key, key]),
    'no digits': `${'x'.repeat(63)}!`,
    'a megabyte': Buffer.alloc(1 << 20),
  };
  for (const [form, content] of Object.entries(malformed)) {
    it(`is refused when it holds ${form}`, async () => {
      await writeFile(path, content, { mode: 0o600 });
      const error = await rejection(rootKeyFile(path).open(lockFor({ key })));
      expect(error).to.be.instanceOf(OperatorError);
      expect(error.message).to.contain('holds no key');
      expect(await rejection(rootKeyFile(path).make())).to.be.instanceOf(OperatorError);
    });
  }

  it('is warned about when others may read it', async () => {
    const warnings: string[] = [];
    await writeFile(path, key);
    await chmod(path, 0o640);
    await rootKeyFile(path, { log: { warn: (message) => warnings.push(message) } }).open(lockFor({ key }));
    expect(warnings).to.deep.equal([`others may read the root key file ${path}: chmod 600 it`]);
  });

  it('says whether it is missing or another, and what to do, and no key', async () => {
    const missing = await rejection(rootKeyFile(path).open(lockFor({ key })));
    expect(missing).to.be.instanceOf(OperatorError);
    expect(missing.message).to.equal(`the root key file ${path} is missing`);
    const other = randomBytes(32);
    await writeFile(path, other, { mode: 0o600 });
    const wrong = (await rejection(rootKeyFile(path).open(lockFor({ key })))) as OperatorError;
    expect(wrong.message).to.equal(`the root key in ${path} is not the one of this store`);
    expect(wrong.hint).to.contain('--root-key-file');
    expect(JSON.stringify([wrong.message, wrong.hint, wrong.stack])).not.to.contain(other.toString('hex'));
  });
});
