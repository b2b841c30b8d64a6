/** What operators do with existing clients. */
import type { ClientLimits } from '#access/client-edits';
import { defineUseCase } from '#administration/use-case';

export interface ClientRevocation {
  readonly name: string;
  /** Only this certificate, by its SHA-256 in lower-case hexadecimal; the whole client when absent. */
  readonly fingerprint?: string;
}

/**
 * Returns whether the client's record was damaged: then its certificates are unknown, and no revocation list has them.
 */
export const revokeClient = defineUseCase({
  name: 'client revoke',
  effect: 'changes',
  async run({ name, fingerprint }: ClientRevocation, { clients }) {
    if (fingerprint === undefined) return { isLost: (await clients.revoke(name)).lost === true };
    await clients.revokeCertificate(name, fingerprint);
    return { isLost: false };
  },
});

export const limitClient = defineUseCase({
  name: 'client limit',
  effect: 'changes',
  async run({ name, limits }: { readonly name: string; readonly limits: ClientLimits }, { clients }) {
    await clients.limit(name, limits);
  },
});
