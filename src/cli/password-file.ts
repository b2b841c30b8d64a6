import { OperatorError } from '#operator-error';
import { readInput } from '#administration/files';

const maximumFile = 4096;

/**
 * What --username and --password-file name; undefined without them. Passwords are never arguments: others see those.
 */
export function readPassword(
  username: string | undefined,
  passwordFile: string | undefined,
): { readonly username: string; readonly password: string } | undefined {
  if (username === undefined && passwordFile === undefined) return undefined;
  if (username === undefined || passwordFile === undefined) {
    throw new OperatorError('--username and --password-file are given together or not at all');
  }
  const password = readInput(passwordFile, maximumFile)
    .toString()
    .replace(/\r?\n$/, '');
  return { username, password };
}
