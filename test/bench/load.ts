/** Clients that send one request after another on connections of their own, and what that took. */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { ChildProcess } from 'node:child_process';
import { createFramer } from '#ttlv/framer';
import type { Identities } from './identities.ts';

export interface Measured {
  /** Requests a second. */
  readonly rate: number;
  /** CPU of the server process, microseconds a request. */
  readonly cpu: number;
}

export interface LoadOptions {
  readonly server: ChildProcess;
  readonly port: number;
  readonly identities: Identities;
  readonly connections: number;
  readonly milliseconds: number;
  /** The frame to send; called for each request. */
  request(): Uint8Array;
  /** Sees each answer. */
  check?(answer: Uint8Array): void;
}

export async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  child.send(message);
  return (await once(child, 'message'))[0] as T;
}

const cpuOf = async (server: ChildProcess): Promise<number> => {
  const { cpu } = await ask<{ cpu: NodeJS.CpuUsage }>(server, { cpu: true });
  return cpu.user + cpu.system;
};

async function open({ port, identities }: LoadOptions): Promise<TLSSocket> {
  const { ca, client } = identities;
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...client });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  return socket;
}

/** Sends for so long; resolves with the number of answers. */
function drive(socket: TLSSocket, { request, check }: LoadOptions, until: number): Promise<number> {
  const framer = createFramer({ maximumBytes: 1024 * 1024 });
  let answers = 0;
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      for (const answer of framer.push(chunk)) {
        check?.(answer);
        answers++;
        if (performance.now() < until) socket.write(request());
        else resolve(answers);
      }
    });
    socket.write(request());
  });
}

export async function load(options: LoadOptions): Promise<Measured> {
  const sockets = await Promise.all(Array.from({ length: options.connections }, () => open(options)));
  try {
    const cpuBefore = await cpuOf(options.server);
    const from = performance.now();
    const counts = await Promise.all(sockets.map((socket) => drive(socket, options, from + options.milliseconds)));
    const seconds = (performance.now() - from) / 1000;
    const total = counts.reduce((sum, each) => sum + each, 0);
    return { rate: total / seconds, cpu: ((await cpuOf(options.server)) - cpuBefore) / total };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}
