import { Option } from 'commander';

import { replaceRootKey } from '#administration/store/keep';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';
import { OperatorError } from '#operator-error';

interface Given {
  readonly newRootKeyFile?: string;
  readonly newPassphraseFile?: string;
}

export const rootKeyChange = defineCommand<Given>({
  usage: 'change',
  summary: 'lock the store with another root key',
  description:
    'Takes a moment whatever the size of the store: only the data keys are wrapped again. Without an option the ' +
    'file of the root key is replaced. Running servers go on. A backup made before needs the root key of its time.',
  examples: [
    'root-key change',
    'root-key change --new-root-key-file /mnt/token/root.key',
    'root-key change --new-passphrase-file /run/secrets/passphrase',
  ],
  options: [
    new Option('--new-root-key-file <path>', 'the file of the new key; it is made when it is not there'),
    new Option('--new-passphrase-file <path>', 'the file with the passphrase that the new key is derived from'),
  ],
  async run(invocation, { newRootKeyFile, newPassphraseFile }) {
    if (newRootKeyFile !== undefined && newPassphraseFile !== undefined) {
      throw new OperatorError('--new-root-key-file and --new-passphrase-file exclude each other');
    }
    const to = {
      ...(newRootKeyFile === undefined ? {} : { rootKeyFile: newRootKeyFile }),
      ...(newPassphraseFile === undefined ? {} : { passphraseFile: newPassphraseFile }),
    };
    await runUseCase(invocation, replaceRootKey, to, ({ path, setting, isInPlace }) =>
      invocation.output.note(`the root key was changed${isInPlace ? '' : `; from now on: --${setting} ${path}`}`),
    );
  },
});
