/**
 * Which connections have their certificate in the present file of a chain: it stands in the first record of a
 * connection there, and in those of changes, and is left out of the others.
 */
import type { AuditEntry } from './entry.ts';

/**
 * The maximum of remembered connections; above it all are forgotten, and named again. Readers of the trail remember
 * as many.
 */
export const rememberedConnections = 10_000;

export class NamedCertificates {
  /** By connection. */
  readonly #named = new Map<number, string>();
  #part = 1;

  /** Whether the record of the entry, in this part of the chain, has to name the certificate; it is named then. */
  isNews({ kind, connection, certificate }: AuditEntry, part: number): boolean {
    if (connection === undefined || certificate === undefined || kind !== 'operation') return true;
    if (this.#part !== part || this.#named.size >= rememberedConnections) {
      this.#part = part;
      this.#named.clear();
    }
    if (this.#named.get(connection) === certificate) return false;
    this.#named.set(connection, certificate);
    return true;
  }

  /** Another chain is begun. */
  clear(): void {
    this.#named.clear();
  }
}
