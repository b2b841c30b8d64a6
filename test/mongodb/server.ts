/**
 * The server of the MongoDB tests: the one that `KMIPD_TEST_MONGODB` names, else a `mongod` of our own, else FerretDB
 * built from `main.go` beside this file's source, behind the serial proxy.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';

import { buildGoProgram } from '#test/go-program';

import { startSerialProxy } from './serial-proxy.ts';

export interface MongodbServer {
  /** The connection string of a database with this name. */
  url(database: string): string;
  stop(): Promise<void>;
}

const missing =
  'the MongoDB tests need a server: name one in KMIPD_TEST_MONGODB, or install mongod, or install Go to build one';

/** Throws, with a sentence that says what to install, when no server can be had. */
export async function startMongodb(): Promise<MongodbServer> {
  const named = process.env['KMIPD_TEST_MONGODB'];
  if (named !== undefined && named !== '') return { url: (database) => withDatabase(named, database), async stop() {} };
  const directory = await mkdtemp(join(tmpdir(), 'kmipd-mongodb-'));
  if (spawnSync('mongod', ['--version']).status === 0) return startMongod(directory);
  return startFerretdb(directory);
}

/** A replica set of one, since only replica sets have transactions. */
async function startMongod(directory: string): Promise<MongodbServer> {
  const port = await freePort();
  const address = ['--bind_ip', '127.0.0.1', '--port', `${port}`, '--replSet', 'kmipd'];
  const child = spawn('mongod', ['--dbpath', directory, ...address], { stdio: 'ignore' });
  await reachable(() => connect(port, '127.0.0.1'), child);
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  const admin = client.db('admin');
  await admin.command({ replSetInitiate: { _id: 'kmipd', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
  while ((await admin.command({ hello: 1 }))['isWritablePrimary'] !== true) await delay(50);
  await client.close();
  return {
    url: (database) => `mongodb://127.0.0.1:${port}/${database}?directConnection=true`,
    stop: () => end(child, directory),
  };
}

async function startFerretdb(directory: string): Promise<MongodbServer> {
  const child = spawn(await buildGoProgram('test/mongodb', missing), [directory], { stdio: 'ignore' });
  const socket = join(directory, 'socket');
  await reachable(() => connect(socket), child);
  const proxy = await startSerialProxy(socket);
  return {
    url: (database) => `mongodb://127.0.0.1:${proxy.port}/${database}?directConnection=true&serverMonitoringMode=poll`,
    async stop() {
      await proxy.close();
      await end(child, directory);
    },
  };
}

/** Resolves when a connection opens. Throws when the process ends before, or after half a minute. */
async function reachable(connectOnce: () => ReturnType<typeof connect>, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the MongoDB server ended with status ${child.exitCode}`);
    const socket = connectOnce();
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await delay(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error('the MongoDB server does not listen');
}

async function end(child: ChildProcess, directory: string): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 5000);
  await closed;
  clearTimeout(killing);
  await rm(directory, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function withDatabase(url: string, database: string): string {
  return url.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]*)(?:\/[^?]*)?/, `$1/${database}`);
}
