/** A root key derived from a passphrase by scrypt; parameters and salt are kept in the root record. */
import { randomBytes as nodeRandomBytes, scrypt } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { OperatorError } from '#operator-error';
import { fits } from './root-key.ts';
import type { RandomBytes, RootKeySource } from './root-key.ts';
import { keyLength } from './root-record.ts';
import type { Derivation } from './root-record.ts';

/** 128 MiB and about half a second for each guess. */
const parameters = { N: 2 ** 17, r: 8, p: 1 } as const;
const saltLength = 32;
const longestPassphrase = 1024;

/** The parameters come from the engine, which is not trusted: cheaper and much more expensive ones are refused. */
function acceptable({ N, r, p }: Derivation): boolean {
  return N >= parameters.N && N <= 2 ** 20 && r === parameters.r && p >= 1 && p <= 4;
}

/**
 * The content of the file, without the line end. It is read whenever it is needed, so that a running server notices a
 * change.
 */
export function passphraseFile(path: string, randomBytes?: RandomBytes): RootKeySource {
  return passphrase(async () => {
    try {
      if ((await stat(path)).size > longestPassphrase) throw unusable(`the passphrase in ${path} is too long`);
      return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      throw new OperatorError(`the passphrase file ${path} is missing`, 'name it with --passphrase-file', {
        cause: error,
      });
    }
  }, randomBytes);
}

/** `read` is called whenever the passphrase is needed. */
export function passphrase(read: () => Promise<string>, randomBytes: RandomBytes = nodeRandomBytes): RootKeySource {
  async function derive(derivation: Derivation): Promise<Buffer> {
    const text = await read();
    if (text === '') throw unusable('the passphrase is empty');
    const { N, r, p, salt } = derivation;
    const maxmem = 128 * r * (N + p + 2);
    return new Promise((resolve, reject) => {
      scrypt(
        text.normalize('NFC'),
        Buffer.from(salt, 'base64'),
        keyLength,
        { N, r, p, maxmem },
        (error: Error | null, key: Buffer) => (error === null ? resolve(key) : reject(error)),
      );
    });
  }

  return {
    async open(lock) {
      const { derivation } = lock;
      if (derivation === undefined) {
        throw new OperatorError('the root key of this store comes from a file', 'name it with --root-key-file');
      }
      if (!acceptable(derivation)) {
        throw new OperatorError('the store names scrypt parameters that are out of bounds', 'restore it from a backup');
      }
      const key = await derive(derivation);
      if (fits(lock, key)) return key;
      throw new OperatorError(
        'the passphrase is not the one of this store',
        'use the passphrase that this store was made with; nothing in the store can be read without it',
      );
    },

    async make() {
      const derivation = { ...parameters, salt: randomBytes(saltLength).toString('base64') };
      return { key: await derive(derivation), derivation };
    },
  };
}

function unusable(problem: string): OperatorError {
  return new OperatorError(problem, `a passphrase has 1 to ${longestPassphrase} bytes, in a file of its own`);
}
