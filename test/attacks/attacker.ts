/**
 * A hostile client in a process of its own, so that its work is not the server's: `attacker.js PORT DIRECTORY ATTACK`.
 * The directory holds `ca.crt`, and `client.crt` and `client.key` for attacks by a client. It says over IPC when it has
 * begun, and answers every message with what it counted.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import * as requests from '#test/bench/requests';
import { aesTemplate, attribute, bytes, enumerated, int, request, text, item } from '#test/fixtures/items';
import { encode } from '#ttlv/encode';
import { createFramer } from '#ttlv/framer';
import { costlyChain } from '#test/attacks/der/costly-chain';

const [port = '', directory = '', attack = ''] = process.argv.slice(2);
const address = { port: Number(port), host: '127.0.0.1' };
const file = (name: string): string => readFileSync(join(directory, name), 'latin1');
const mebibyte = 1024 * 1024;
const counted: Record<string, number> = {};
const count = (what: string): void => void (counted[what] = (counted[what] ?? 0) + 1);

async function dial(): Promise<TLSSocket> {
  const ca = file('ca.crt');
  const socket = connect({
    ...address,
    servername: 'localhost',
    ca,
    cert: file('client.crt'),
    key: file('client.key'),
  });
  socket.on('error', () => undefined).on('close', () => count('closed'));
  await once(socket, 'secureConnect');
  return socket;
}

/** Sends the frame, and again with each answer. */
function repeat(socket: TLSSocket, frame: Uint8Array): void {
  const framer = createFramer({ maximumBytes: 64 * 1024 * 1024 });
  socket.on('data', (chunk: Buffer) => {
    for (const _ of framer.push(chunk)) {
      count('answers');
      socket.write(frame);
    }
  });
  socket.write(frame);
}

async function flood(connections: number, frame: Uint8Array): Promise<void> {
  const sockets: TLSSocket[] = [];
  while (sockets.length < connections) sockets.push(await dial());
  for (const socket of sockets) repeat(socket, frame);
}

/** Sends the frame over all connections at once, and again when all have their answers. */
async function burst(connections: number, frame: Uint8Array): Promise<void> {
  const sockets: TLSSocket[] = [];
  let awaited = 0;
  const send = (): void => {
    awaited = sockets.length;
    for (const socket of sockets) socket.write(frame);
  };
  while (sockets.length < connections) {
    const socket = await dial();
    const framer = createFramer({ maximumBytes: mebibyte });
    socket.on('data', (chunk: Buffer) => {
      for (const _ of framer.push(chunk)) {
        count('answers');
        if (--awaited === 0) send();
      }
    });
    sockets.push(socket);
  }
  send();
}

async function keyOf(): Promise<string> {
  const socket = await dial();
  socket.write(requests.create('key'));
  const framer = createFramer({ maximumBytes: 1024 * 1024 });
  for await (const chunk of socket) {
    for (const answer of framer.push(chunk as Buffer)) return requests.identifierIn(answer);
  }
  throw new Error('the server closed the connection');
}

const batchOf = (operation: number, payload: Parameters<typeof item>[1], items: number): Uint8Array =>
  encode(
    request(
      '1.4',
      Array.from({ length: items }, (_, place) => item(operation, payload, place.toString(16).padStart(4, '0'))),
    ),
  );

const attacks: Readonly<Record<string, () => Promise<void> | void>> = {
  gets: async () => flood(100, requests.get(await keyOf())),
  batches: async () => flood(100, batchOf(0x0a, [text('UniqueIdentifier', await keyOf())], 100)),
  large: async () => {
    const data = bytes('Data', '00'.repeat(0.95 * mebibyte));
    await flood(100, encode(request('1.4', [item('Encrypt', [text('UniqueIdentifier', 'not there'), data])])));
  },

  /** Each Create has as much of an index as one can have. */
  async groups() {
    const groups = Array.from({ length: 1000 }, (_, place) =>
      attribute('Object Group', text('AttributeValue', `group ${place}`), place),
    );
    await burst(
      20,
      encode(request('1.4', [item('Create', [enumerated('ObjectType', 'SymmetricKey'), aesTemplate(...groups)])])),
    );
  },

  /** Nine connections, each with a chain that takes long to check, and again when it is closed. */
  costlyChains() {
    const shown = costlyChain(21);
    const again = (): void => {
      const socket = connect({ ...address, servername: 'localhost', ca: file('ca.crt'), ...shown });
      socket
        .on('error', () => undefined)
        .on('secureConnect', () => count('came'))
        .on('close', again);
    };
    for (let n = 0; n < 9; n++) again();
  },

  /** Comes and goes, 2,000 times a second. */
  openAndClose() {
    setInterval(() => {
      for (let n = 0; n < 20; n++) {
        const socket = connectPlain(address, () => {
          count('came');
          socket.destroy();
        });
        socket.on('error', () => undefined);
      }
    }, 10);
  },

  silent() {
    for (let n = 0; n < 450; n++) {
      connectPlain(address)
        .on('error', () => undefined)
        .on('close', () => count('closed'));
    }
  },

  /** Answers of 8.5 MiB that nobody reads. */
  async unread() {
    const frame = batchOf(0x25, [int('DataLength', mebibyte / 2)], 17);
    for (let n = 0; n < 80; n++) {
      const socket = await dial();
      socket.pause();
      socket.write(frame);
    }
  },

  /** Requests that want their last byte. */
  async unfinished() {
    const frame = encode(request('1.4', [item('Encrypt', [bytes('Data', '00'.repeat(0.95 * mebibyte))])]));
    for (let n = 0; n < 100; n++) (await dial()).write(frame.subarray(0, -8));
  },
};

await attacks[attack]?.();
process.on('message', () => process.send?.(counted));
process.on('disconnect', () => process.exit());
process.send?.({ begun: true });
