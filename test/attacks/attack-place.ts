/** A server in process, two clients of it, and an attacker in a process of its own, as one of them or as a stranger. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as requests from '#test/bench/requests';
import { openTlsPlace, type Peer, type TlsPlace, type TlsPlaceOptions } from '#test/server/network/tls-place';

export interface AttackPlace {
  readonly place: TlsPlace;
  /** A connection of the other client. */
  dial(): Promise<Peer>;
  /** Resolves when the attack has begun. */
  attack(name: string): Promise<Attack>;
  close(): Promise<void>;
}

export interface Attack {
  counted(): Promise<Readonly<Record<string, number>>>;
  end(): Promise<void>;
}

export async function openAttackPlace(limits: TlsPlaceOptions['limits']): Promise<AttackPlace> {
  const place = await openTlsPlace({
    limits: { maximumConnections: 400, maximumConnectionsPerClient: 200, maximumMessageSize: 1024 * 1024, ...limits },
  });
  const [attacker, other] = [await place.add('attacker'), await place.add('other')];
  await place.directory.refresh();
  const directory = await mkdtemp(join(tmpdir(), 'kmipd-attack-'));
  await writeFile(join(directory, 'ca.crt'), place.ca);
  await writeFile(join(directory, 'client.crt'), attacker.cert);
  await writeFile(join(directory, 'client.key'), attacker.key);
  return {
    place,
    dial: () => place.dial(other),
    async attack(name) {
      const script = fileURLToPath(new URL('./attacker.js', import.meta.url));
      const child = fork(script, [String(place.server.port), directory, name]);
      const exited = once(child, 'exit');
      await Promise.race([once(child, 'message'), exited.then(() => Promise.reject(new Error('the attacker ended')))]);
      return {
        async counted() {
          child.send({});
          return (await once(child, 'message'))[0] as Record<string, number>;
        },
        async end() {
          child.kill('SIGKILL');
          await exited;
        },
      };
    },
    async close() {
      await place.close();
      await rm(directory, { recursive: true });
    },
  };
}

export async function makeKey(peer: Peer): Promise<string> {
  peer.socket.write(requests.create('key'));
  return requests.identifierIn((await peer.next()) as Buffer);
}

export async function get(peer: Peer, id: string): Promise<void> {
  peer.socket.write(requests.get(id));
  const answer = await peer.next();
  if (answer === undefined) throw new Error('the server closed the connection');
  requests.expectSuccess(answer);
}
