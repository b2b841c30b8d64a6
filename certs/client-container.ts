import { randomBytes, type KeyObject, type X509Certificate } from 'node:crypto';

import { writePkcs12, type Pkcs12Format } from '#crypto/pkcs12/pkcs12';
import { OperatorError } from '#operator-error';
import { assertKeyMatches } from './inspect.ts';
import type { RandomBytes } from './random.ts';

/** PKCS#12 files for clients: a key, its certificate and those that lead to the root, under one password. */

export type { Pkcs12Format };

export interface Pkcs12Content {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
  /** From the issuer up to the root. */
  readonly chain: readonly X509Certificate[];
}

export interface Pkcs12Options {
  /** Shown by key stores, and by Java the name that the entry is found by. */
  readonly friendlyName: string;
  /** Printable ASCII: readers disagree about everything else. `createPassword` makes one. */
  readonly password: string;
  readonly format?: Pkcs12Format;
  readonly random?: RandomBytes;
}

export async function createPkcs12(content: Pkcs12Content, options: Pkcs12Options): Promise<Buffer> {
  const { certificate, privateKey, chain } = content;
  const { friendlyName, password, format, random = randomBytes } = options;
  assertPassword(password);
  assertKeyMatches(certificate, privateKey);
  const key = privateKey.export({ format: 'der', type: 'pkcs8' });
  const certificates = [certificate, ...chain].map(({ raw }) => raw);
  return writePkcs12({ privateKey: key, certificates }, { friendlyName, password, format, random });
}

function assertPassword(password: string): void {
  if (!/^[\x20-\x7e]{8,128}$/.test(password)) {
    throw new OperatorError('the password must have 8 to 128 printable ASCII characters');
  }
}
