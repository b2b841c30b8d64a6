/**
 * A server whose disk fills up: a small file system of its own, in a mount namespace where only it and its commands
 * are.
 */
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, statfsSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Client } from '#client/client';
import { create, destroy, get, getAttributes, ping } from '#operations/registry/index';
import { KmipError } from '#protocol/kmip-error';
import { launcher, makePlace, type Place } from '#test/cli/kmipd';
import { aesKey } from '#test/client/aes-key';
import { startServerProcess, type ServerProcess } from '#test/fixtures/server-process';
import { until } from '#test/fixtures/timing';

const mebibyte = 1024 * 1024;
const namespace = ['unshare', '-rm'] as const;
const hasNamespaces = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0;

describe('a server whose disk is full', () => {
  let place: Place;
  let server: ServerProcess;
  let client: Client;
  let pid: number;
  let disk: string;

  before(async function () {
    // Where nobody may mount: nothing stands in for a disk that is really full.
    if (!hasNamespaces) this.skip();
    place = makePlace();
    disk = place.path('disk');
    mkdirSync(disk);
    expect((await place.kmipd('client', 'add', 'array', '--out', place.path('array'))).status).to.equal(0);
    expect((await place.kmipd('client', 'add', 'other', '--out', place.path('other'))).status).to.equal(0);
    const mounted =
      'mount -t tmpfs -o size=128m tmpfs "$0" && cp -a "$KMIPD_DATA" "$0/data" && export KMIPD_DATA="$0/data" && exec "$@"';
    server = await startServerProcess(place, 'array', {
      args: ['--disk-reserve', '32MiB', '--log-format', 'json'],
      wrapper: [...namespace, 'sh', '-c', mounted, disk],
      isTraced: false,
    });
    pid = server.pid;
    client = await server.connect();
  });

  after(async () => {
    await client?.close();
    await server?.end();
    await place?.remove();
  });

  const inside = (path: string): string => join('/proc', String(pid), 'root', disk, path);

  /** Leaves so many bytes free. */
  function fill(name: string, leave: number): void {
    const free = (): number => {
      const { bavail, bsize } = statfsSync(inside(''));
      return bavail * bsize;
    };
    const file = openSync(inside(name), 'w');
    try {
      for (let left = free() - leave; left > 0;) {
        left -= writeSync(file, Buffer.alloc(Math.min(left, mebibyte), 1));
      }
    } catch (error) {
      expect(error).to.have.property('code', 'ENOSPC');
    } finally {
      closeSync(file);
    }
  }

  const says = (text: RegExp) =>
    until(
      () => `${text} in: ${server.stderr()}`,
      () => text.test(server.stderr()),
    );

  const kmipd = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(
      'nsenter',
      [
        '-t',
        String(pid),
        '-U',
        '-m',
        '--preserve-credentials',
        `--wd=${process.cwd()}`,
        process.execPath,
        launcher,
        ...args,
      ],
      { env: { PATH: process.env['PATH'], KMIPD_DATA: join(disk, 'data') } },
    );

  const refusal = (call: Promise<unknown>): Promise<KmipError> =>
    call.then(
      () => {
        throw new Error('it was served');
      },
      (error: unknown) => {
        if (!(error instanceof KmipError)) throw error;
        return error;
      },
    );

  it('serves what reads, Destroy and Revoke below the reserve, Get and Destroy when it is full, and all again', async () => {
    const ids: string[] = [];
    for (let made = 0; made < 4; made += 1) ids.push((await client.call(create, aesKey())).uniqueIdentifier);
    const [first = '', second = '', third = ''] = ids;

    fill('nearly', 10 * mebibyte);
    await says(/"message":"the disk is nearly full: only what reads, Destroy and Revoke are served"/);
    expect(server.stderr()).to.match(
      /"path":"[^"]*","left":"\d+ MiB","reserve":"32 MiB","hint":"make room on the disk of /,
    );
    const refused = await refusal(client.call(create, aesKey()));
    expect(refused.reason).to.equal('ServerLimitExceeded');
    expect(refused.message).to.match(/short of disk: only what reads, Destroy and Revoke are served/);
    await client.call(get, { uniqueIdentifier: first });
    await client.call(getAttributes, { uniqueIdentifier: third });
    await client.call(ping, {});
    await client.call(destroy, { uniqueIdentifier: first });

    fill('wholly', 0);
    await says(/"message":"the disk is full: only Get, Destroy and Revoke are served"/);
    expect(existsSync(inside('data/audit/reserve'))).to.equal(false);
    expect((await refusal(client.call(getAttributes, { uniqueIdentifier: third }))).message).to.match(
      /short of disk: only Get, Destroy and Revoke/,
    );
    await client.call(get, { uniqueIdentifier: second });
    await client.call(destroy, { uniqueIdentifier: second });
    await kmipd('client', 'revoke', 'other');

    for (const name of ['nearly', 'wholly']) unlinkSync(inside(name));
    await says(/"message":"there is room on the disk again"/);
    await client.call(create, aesKey());
    expect(statSync(inside('data/audit/reserve')).size).to.equal(8 * mebibyte);
    await client.call(destroy, { uniqueIdentifier: third });
    expect((await kmipd('audit', 'verify')).stdout).to.match(/^\d+ records in \d+ chains are right$/m);
    const { stdout } = await kmipd('audit', 'show', '--operation', 'Destroy', '--result', 'Success');
    for (const id of [first, second, third]) expect(stdout).to.include(id);
  });
});
