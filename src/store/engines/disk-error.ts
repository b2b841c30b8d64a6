/** Errors of the operating system, with the path and with a hint for the operator. */
import { userInfo } from 'node:os';

/** `hint` tells the operator what to do. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: string;
  readonly path: string;
  /** The reason alone: 'the disk is full'. */
  readonly says: string;
  readonly hint: string;

  constructor(what: string, path: string, code: DiskCode, options?: ErrorOptions) {
    const { says, hint } = reasons[code];
    super(`${what}: ${path}: ${says} (${code})`, options);
    this.code = code;
    this.path = path;
    this.says = says;
    this.hint = hint(path);
  }
}

interface Reason {
  readonly says: string;
  /** The texts of LMDB's errors, which have no code. */
  readonly text: string;
  hint(path: string): string;
}

const makeRoom = (path: string): string => `make room on the disk of ${path} (df ${path}), or move it to a larger one`;
const own = (path: string): string =>
  `let the user ${userName()} that runs kmipd own it and write there (ls -ld ${path}), or run kmipd as its owner`;

const reasons = {
  ENOSPC: { says: 'the disk is full', text: 'No space left on device', hint: makeRoom },
  EDQUOT: { says: 'the disk quota of the user is used up', text: 'Disk quota exceeded', hint: makeRoom },
  EFBIG: {
    says: 'the file may not grow any more',
    text: 'File too large',
    hint: () => 'raise the limit of the size of files (ulimit -f)',
  },
  EROFS: {
    says: 'the file system is read-only',
    text: 'Read-only file system',
    hint: (path: string) => `mount the file system of ${path} so that it can be written (findmnt -T ${path})`,
  },
  EACCES: { says: 'permission denied', text: 'Permission denied', hint: own },
  EPERM: { says: 'not permitted', text: 'Operation not permitted', hint: own },
  EIO: {
    says: 'the disk reports an error',
    text: 'Input/output error',
    hint: (path: string) => `look at the log of the system (dmesg), and restore ${path} from a backup on another disk`,
  },
  EMFILE: {
    says: 'too many files are open',
    text: 'Too many open files',
    hint: () => 'raise the limit of open files (ulimit -n)',
  },
  ENOTDIR: {
    says: 'a part of the path is not a directory',
    text: 'Not a directory',
    hint: (path: string) => `move away what is in the place of ${path} or of a directory above it`,
  },
  EEXIST: {
    says: 'something else is in its place',
    text: 'File exists',
    hint: (path: string) => `move away what is in the place of ${path}`,
  },
} as const satisfies Record<string, Reason>;

type DiskCode = keyof typeof reasons;

/** @param what the failed action: 'the store cannot be opened'. An error of another kind is returned unchanged. */
export function diskError(error: unknown, what: string, path: string): unknown {
  if (error instanceof DiskError) return error;
  const code = codeOf(error);
  return code === undefined ? error : new DiskError(what, path, code, { cause: error });
}

function codeOf(error: unknown): DiskCode | undefined {
  const { code, message = '', cause } = (error ?? {}) as { code?: unknown; message?: string; cause?: unknown };
  if (typeof code === 'string' && Object.hasOwn(reasons, code)) return code as DiskCode;
  const said = (Object.keys(reasons) as DiskCode[]).find((each) => message.includes(reasons[each].text));
  return said ?? (cause === undefined || cause === error ? undefined : codeOf(cause));
}

/** Whether a disk is full, or the quota of a user on it. */
export const isOutOfRoom = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}
