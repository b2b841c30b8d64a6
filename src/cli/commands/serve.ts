import { resolve } from 'node:path';

import { settings, type Config } from '#config';
import { redactedStoreUrl } from '#store/engines/engine-table';
import { defineCommand } from '#cli/command';
import { startDaemon } from '#daemon/daemon';

export const serve = defineCommand({
  usage: 'serve',
  summary: 'run the server',
  description:
    'Makes what is not there yet: data directory, root key, certificate authority, server certificate, store. ' +
    'Ends with status 0 on SIGTERM or SIGINT, after the requests in flight are answered.',
  examples: [
    'serve',
    'serve --host 0.0.0.0 --server-name kms.example.org --data /var/lib/kmipd',
    'serve --https 5697',
    'serve --store mongodb://db1,db2/kmipd?replicaSet=rs0 --passphrase-file /run/secrets/passphrase',
  ],
  scopes: ['serve'],
  async run(invocation) {
    const { config, log, output } = invocation;
    const stop = stopSignal();
    const say = (text: string) => (config.logFormat === 'json' ? log.info(text) : output.note(text));
    const daemon = await startDaemon({ config, log });
    for (const what of daemon.made) say(`made ${what}`);
    if (daemon.isNew) {
      say(`next, in another shell: npx kmipd client add my-array --out ./my-array${sameStore(config)}`);
    }
    // Scripts wait for these lines, whatever the log's format.
    output.note(`listening on ${daemon.address}`);
    if (daemon.httpsAddress !== undefined) output.note(`https listening on ${daemon.httpsAddress}`);
    log.info(`${await stop}: stopping`);
    await daemon.stop();
  },
});

/**
 * The flags by which another command finds the store of this one. A MongoDB URL may hold a password, and is not
 * repeated.
 */
function sameStore({ data, store, rootKeyFile, passphraseFile }: Config): string {
  const flags = {
    data: data === resolve(String(settings.data.default)) ? undefined : data,
    store: store === undefined ? undefined : redactedStoreUrl(store),
    'root-key-file': rootKeyFile,
    'passphrase-file': passphraseFile,
  };
  return Object.entries(flags)
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${quoted(value)}`))
    .join('');
}

/** A word as a shell takes it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** Repeated signals are one: a terminal sends SIGINT to npm and to us, and npm hands it on. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((settle) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, settle);
  });
}
