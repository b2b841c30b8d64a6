import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { Option } from 'commander';

import { defineCommand } from '#cli/command';
import { tryOut } from '#cli/client-trial';
import { maximumPemFile, readInput } from '#administration/files';
import { readPassword } from '#cli/password-file';
import { serverOption, type ServerAddress } from '#cli/server-address';
import { explainedFor } from '#cli/unreachable';
import { connect, type Client } from '#client/client';

interface Given {
  readonly name: string;
  readonly dir: string;
  readonly server?: ServerAddress;
  readonly username?: string;
  readonly passwordFile?: string;
}

export const clientTest = defineCommand<Given>({
  usage: 'test <name>',
  summary: 'connect as a client and use a key through its whole life',
  description:
    'Over mutual TLS with the files that client add made: Create, Activate, Get, Locate, Revoke, Destroy. ' +
    'It needs no store, and works from any machine.',
  examples: [
    'client test my-array --dir ./my-array',
    'client test my-array --dir ./my-array --server kms.example.org:5696',
  ],
  options: [
    new Option('--dir <directory>', 'where NAME.crt, NAME.key and ca.crt are').makeOptionMandatory(),
    serverOption('the server; the one of the settings when absent'),
    new Option('--username <name>', 'a user name to give beside the certificate'),
    new Option('--password-file <path>', 'the file with the password to it'),
  ],
  async run({ config, output }, { name, dir, server, username, passwordFile }) {
    const { host, port } = server ?? { host: dialled(config.host), port: config.port };
    const [cert, key, ca] = [`${name}.crt`, `${name}.key`, 'ca.crt'].map((file) =>
      readInput(join(dir, file), maximumPemFile),
    );
    const password = readPassword(username, passwordFile);
    const peer = {
      ...{ host, port, cert: cert as Buffer, key: key as Buffer, ca: ca as Buffer },
      ...(password === undefined ? {} : { credential: password }),
    };
    let client: Client | undefined;
    try {
      client = await connect(peer);
      output.line(`Connect   ${host}:${port}`);
      await tryOut(client, `kmipd client test ${randomBytes(8).toString('hex')}`, (step, result) =>
        output.line(`${step.padEnd(9)} ${result}`),
      );
    } catch (error) {
      throw explainedFor(`${host}:${port}`, error);
    } finally {
      await client?.close();
    }
    output.note(`the client ${name} works`);
  },
});

/** A server that listens on all addresses listens on this machine, too. */
function dialled(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}
