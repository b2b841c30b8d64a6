import { InvalidArgumentError, Option } from 'commander';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** `--server`, for commands that connect to one. */
export const serverOption = (description: string): Option =>
  new Option('--server <host:port>', description).argParser(addressOf);

function addressOf(text: string): ServerAddress {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port > 0 && port < 65536) return { host, port };
  throw new InvalidArgumentError('it must be HOST:PORT, as kms.example.org:5696 or [::1]:5696.');
}
