import { OperatorError } from '#operator-error';

/** Why a server does not listen, and what to do about it. Other errors stay what they are. */
export function explained(error: unknown): unknown {
  const { code, port, address, hostname = address } = error as NodeJS.ErrnoException & Record<string, unknown>;
  if (code === 'EADDRINUSE') {
    return new OperatorError(`the port ${port} of ${address} is in use`, 'stop what uses it, or choose another port');
  }
  if (code === 'EACCES' && port !== undefined) {
    return new OperatorError(`the port ${port} of ${address} may not be used`, 'choose one above 1023');
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new OperatorError(
      `cannot listen on ${hostname}: not an address of this machine`,
      'choose another with --host',
    );
  }
  return error;
}
