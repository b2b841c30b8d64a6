/** What commands say of a disk that is full or read-only: the path, what is wrong with it, and what to do. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { expect } from 'chai';
import { launcher, makePlace, type Place } from './kmipd.ts';

const hasNamespaces = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0;

/** Within a small file system that holds a copy of the data directory. */
const script = `
disk="$1"; node="$2"; launcher="$3"
kmipd() { "$node" "$launcher" "$@" 2>&1; echo "status $?"; }
kmipd_serve() { timeout 10 "$node" "$launcher" serve --port 0 2>&1; echo "status $?"; }
mount -t tmpfs -o size=40m tmpfs "$disk"
cp -a "$KMIPD_DATA" "$disk/data"
export KMIPD_DATA="$disk/data"
lock() { mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; }
cat /dev/zero > "$disk/fill" 2> /dev/null
echo "case full"; kmipd client list
echo "case full serve"; kmipd_serve
echo "case full new"; kmipd client add x --data "$disk/new" --out "$disk/x"
rm "$disk/fill"
echo "case lmdb"; lock "$disk/data/lmdb"; kmipd client list; umount "$disk/data/lmdb"
echo "case audit"; lock "$disk/data/audit"; kmipd client list; umount "$disk/data/audit"
echo "case out"; mkdir "$disk/out"; lock "$disk/out"; kmipd client add y --out "$disk/out"
echo "case all"; mount -o remount,ro "$disk"; kmipd_serve
`;

describe('a disk that is full or read-only', () => {
  let place: Place;
  let said: Map<string, string>;

  before(async function () {
    // Where nobody may mount: nothing stands in for such a disk.
    if (!hasNamespaces) this.skip();
    place = makePlace();
    // No server, which would keep room for commands.
    expect((await place.kmipd('client', 'add', 'array', '--out', place.path('array'))).status).to.equal(0);
    mkdirSync(place.path('disk'));
    const env = { PATH: process.env['PATH'], KMIPD_DATA: place.data };
    const args = ['-rm', 'sh', '-c', script, 'sh', place.path('disk'), process.execPath, launcher];
    const output = await new Promise<string>((resolve, reject) => {
      execFile('unshare', args, { env, timeout: 50_000 }, (error, stdout) =>
        error ? reject(new Error(stdout, { cause: error })) : resolve(stdout),
      );
    });
    said = new Map(
      output
        .split(/^case /m)
        .slice(1)
        .map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)] as const),
    );
  });

  after(() => place?.remove());

  const cases: readonly (readonly [name: string, message: RegExp, hint: RegExp])[] = [
    [
      'full',
      /the audit trail cannot be written: \S*\/data\/audit: the disk is full \(ENOSPC\)/,
      /make room on the disk/,
    ],
    ['full serve', /.* \S*\/data\S*: the disk is full \(ENOSPC\)/, /make room on the disk/],
    ['full new', /the store cannot be made: \S*\/new\/lmdb: the disk is full \(ENOSPC\)/, /make room on the disk/],
    [
      'lmdb',
      /the store cannot be opened: \S*\/data\/lmdb: the file system is read-only \(EROFS\)/,
      /findmnt -T \S*lmdb/,
    ],
    [
      'audit',
      /the audit trail cannot be written: \S*\/data\/audit: the file system is read-only \(EROFS\)/,
      /findmnt -T \S*audit/,
    ],
    ['out', /\S*\/out cannot be written to: the file system is read-only/, /findmnt -T \S*out/],
    ['all', /the store cannot be opened: \S*\/data\/lmdb: the file system is read-only/, /findmnt -T/],
  ];
  for (const [name, message, hint] of cases) {
    it(`is named with its path and with what to do: ${name}`, () => {
      const text = said.get(name) ?? '';
      expect(text).to.match(new RegExp(`^kmipd: ${message.source}`, 'm'));
      expect(text).to.match(new RegExp(`^hint: .*${hint.source}`, 'm'));
      expect(text).to.match(/^status 1$/m);
      expect(text).to.not.match(/^ +at /m);
    });
  }
});
