/** PKCS#12 containers: ciphers in JavaScript, derivations of hundreds of thousands of rounds. */
import { writePkcs12 } from '#crypto/pkcs12/pkcs12';
import { entryOf, isSameName, readPkcs12 } from '#crypto/pkcs12/read-pkcs12';
import { KmipError } from '#protocol/kmip-error';
import { defineTask } from './task.ts';

export interface NamedContainer {
  readonly container: Uint8Array;
  readonly password: string;
  readonly friendlyName: string | undefined;
}

/**
 * Ciphers of old containers process some hundred bytes in this time. The cipher is known only when the container was
 * read.
 */
const bytesPerMillisecond = 200;

export interface Packing {
  readonly privateKey: Uint8Array | undefined;
  readonly certificates: readonly Uint8Array[];
  readonly friendlyName: string;
  readonly password: string;
}

export const containerTasks = {
  /** The entry of that name, or the first. */
  openPkcs12: defineTask({
    cost: ({ container }: NamedContainer) => 20 + container.length / bytesPerMillisecond,
    run: ({ container, password, friendlyName }) => openEntry(container, password, friendlyName),
  }),

  /** Whether the password opens the container, and its key of that name has the name. */
  opensPkcs12: defineTask({
    cost: ({ container }: NamedContainer) => 20 + container.length / bytesPerMillisecond,
    run: ({ container, password, friendlyName }) => passwordOpens(container, password, friendlyName),
  }),

  writePkcs12: defineTask({
    cost: () => 50,
    run: ({ privateKey, certificates, ...options }: Packing, { random }): Uint8Array =>
      writePkcs12({ privateKey, certificates }, { ...options, random }),
  }),
};

/** @throws KmipError as `readPkcs12` does, and InvalidAttributeValue when no key has the name. */
function openEntry(container: Uint8Array, password: string, friendlyName: string | undefined) {
  const entries = readPkcs12(container, password);
  const entry = entryOf(entries, friendlyName);
  for (const { privateKey } of entries.keys) if (privateKey !== entry?.privateKey) privateKey.fill(0);
  if (entry !== undefined) return entry;
  throw entries.keys.length === 0
    ? new KmipError('InvalidField', 'the PKCS#12 container has no private key')
    : new KmipError('InvalidAttributeValue', 'the PKCS#12 container has no private key with this Friendly Name');
}

function passwordOpens(container: Uint8Array, password: string, friendlyName: string | undefined): boolean {
  try {
    const entries = readPkcs12(container, password);
    const entry = entryOf(entries, friendlyName);
    for (const { privateKey } of entries.keys) privateKey.fill(0);
    return entry !== undefined && isSameName(entry.friendlyName, friendlyName);
  } catch (error) {
    if (error instanceof KmipError && error.reason === 'BadPassword') return false;
    throw error;
  }
}
