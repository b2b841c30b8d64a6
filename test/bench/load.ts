/** Clients that send one request after another on connections of their own, and what that took. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { createFramer } from '#ttlv/framer';
import type { Identities } from './identities.ts';
import type { Slice } from './in-turn.ts';

/** A process of `server-process.ts`. */
export interface Child {
  readonly server: ChildProcess;
  readonly port: number;
}

export interface LoadOptions {
  readonly identities: Identities;
  readonly connections: number;
  /** The frame to send; called for each request. */
  request(): Uint8Array;
  /** Sees each answer. */
  check?(answer: Uint8Array): void;
}

export interface Load {
  /** Sends for so long, on connections that stay open. */
  run(milliseconds: number): Promise<Slice>;
  close(): void;
}

export async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  child.send(message);
  return (await once(child, 'message'))[0] as T;
}

/** Microseconds of CPU that a process of `server-process.ts` has used. */
const cpuOf = async (server: ChildProcess): Promise<number> => {
  const { cpu } = await ask<{ cpu: NodeJS.CpuUsage }>(server, { cpu: true });
  return cpu.user + cpu.system;
};

async function open(port: number, { ca, client }: Identities): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...client });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  return socket;
}

/** One request after another until the time has come; resolves with the number of answers. */
function drive(socket: TLSSocket, { request, check }: LoadOptions, until: number): Promise<number> {
  const framer = createFramer({ maximumBytes: 1024 * 1024 });
  let answers = 0;
  return new Promise((resolve, reject) => {
    const settle = (settled: () => void): void => {
      socket.off('data', take).off('error', reject).off('close', lost);
      settled();
    };
    const lost = (): void => settle(() => reject(new Error('the server closed a connection of the benchmark')));
    const take = (chunk: Buffer): void => {
      for (const answer of framer.push(chunk)) {
        try {
          check?.(answer);
        } catch (error) {
          return settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
        answers++;
        if (performance.now() < until) socket.write(request());
        else settle(() => resolve(answers));
      }
    };
    socket.on('data', take).on('error', reject).on('close', lost);
    socket.write(request());
  });
}

/** @param cpu reads the microseconds of CPU that the server has used. */
export async function openLoad(
  { server, port }: Child,
  options: LoadOptions,
  cpu: (server: ChildProcess) => Promise<number> = cpuOf,
): Promise<Load> {
  const { identities, connections } = options;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port, identities)));
  return {
    async run(milliseconds) {
      const cpuBefore = await cpu(server);
      const from = performance.now();
      const counts = await Promise.all(sockets.map((socket) => drive(socket, options, from + milliseconds)));
      const seconds = (performance.now() - from) / 1000;
      const total = counts.reduce((sum, each) => sum + each, 0);
      return { rate: total / seconds, cpu: ((await cpu(server)) - cpuBefore) / total };
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
