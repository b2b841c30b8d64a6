/** What the store's files must look like before kmipd touches them: it reads and writes some of LMDB's own fields. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OperatorError } from '#operator-error';
import { openLmdb } from '#store/engines/lmdb';

describe('the files of an LMDB store', () => {
  let directory: string;
  const file = (): string => join(directory, 'data.mdb');

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kmipd-lmdb-files-'));
    const engine = await openLmdb(directory);
    const body = Buffer.from('value');
    await engine.commit([{ put: { kind: 'note', id: 'one', revision: 1, terms: [], body } }]);
    await engine.close();
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** What refuses the store whose data file was changed so. The file stays as it was found. */
  async function refusalOf(change: (bytes: Buffer) => Buffer): Promise<OperatorError> {
    const changed = change(readFileSync(file()));
    writeFileSync(file(), changed);
    const error: unknown = await openLmdb(directory).then(
      (engine) => engine.close(),
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(OperatorError);
    expect(readFileSync(file()).equals(changed)).to.equal(true);
    return error as OperatorError;
  }

  const withUint32 = (at: number, value: number) => (bytes: Buffer) => {
    bytes.writeUInt32LE(value, at);
    return bytes;
  };

  const changes: readonly [what: string, change: (bytes: Buffer) => Buffer, says: string][] = [
    ['another version of the layout', withUint32(28, 3), "expected LMDB's page 0 in version 2, found version 3"],
    [
      'another version in the second page',
      (bytes) => withUint32(bytes.readUInt32LE(48) + 28, 1)(bytes),
      "expected LMDB's page 1 in version 2, found version 1",
    ],
    ['another mark', withUint32(24, 0xdec0efbe), "expected LMDB's page 0 with the mark beefc0de, found dec0efbe"],
    ['an impossible page size', withUint32(48, 1000), 'expected a page size from 256 to 65536 bytes, found 1000'],
    ['a cut file', (bytes) => bytes.subarray(0, 100), "expected 160 bytes of LMDB's page 0, found 100 bytes"],
  ];

  for (const [what, change, says] of changes) {
    it(`are refused with ${what}, by name, and left alone`, async () => {
      const { message, hint } = await refusalOf(change);
      expect(message).to.equal(`${file()}: ${says}`);
      expect(hint).to.match(/npm ci/);
    });
  }

  it('are opened again and again when nothing is wrong', async () => {
    for (let times = 0; times < 3; times++) {
      const engine = await openLmdb(directory);
      const record = await engine.get('note', 'one');
      expect(typeof record === 'object' && Buffer.from(record.body).toString()).to.equal('value');
      await engine.close();
    }
  });
});
