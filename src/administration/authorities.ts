/**
 * The two certificate authorities of a store. `ca` signs servers and the clients that operators enroll, `certify-ca`
 * signs what clients have certified. Each is made when it is first needed.
 */
import { randomBytes } from 'node:crypto';

import { keepAuthority, readAuthority } from '#access/authority-record';
import { clientKind } from '#access/client-record';
import type { AuditTrail } from '#audit/trail';
import { authorityPem, createAuthority, openAuthority, type Authority } from '#certs/authority';
import { yearsAfter } from '#certs/certificate';
import type { Config } from '#config';
import type { Log } from '#log';
import { DamagedRecordError } from '#store/engines/engine';
import type { Store } from '#store/store';

import { audited } from './audited.ts';
import { recordEarlierCertificates } from '#administration/certificates/earlier-certificates';

export interface Authorities {
  /** Throws DamagedRecordError when its record cannot be read, or is missing although clients were made. */
  readonly authority: Authority;
  /** Made at its first use: older stores do not have it. */
  certifyAuthority(): Promise<Authority>;
}

interface Needed {
  readonly store: Store;
  readonly trail: AuditTrail;
  readonly config: Config;
  readonly log: Log;
}

/** @param made called with the name of an authority that was made. */
export async function openAuthorities(needed: Needed, made: string[]): Promise<Authorities> {
  const authority = await openOrMakeAuthority(needed, made).catch(unlessDamaged);
  let certifying: Promise<Authority> | undefined;
  return {
    get authority() {
      return whole(authority);
    },
    certifyAuthority() {
      certifying ??= openOrMakeCertifyAuthority(() => whole(authority), needed);
      return certifying;
    },
  };
}

/** The usable ones of the two. The log says why another is not usable. */
export async function usableAuthorities(authorities: Authorities): Promise<{ ca?: Authority; certify?: Authority }> {
  const [ca, certify] = await Promise.all([
    Promise.resolve()
      .then(() => authorities.authority)
      .catch(unlessDamaged),
    authorities.certifyAuthority().catch(unlessDamaged),
  ]);
  return {
    ...(ca instanceof DamagedRecordError ? {} : { ca }),
    ...(certify instanceof DamagedRecordError ? {} : { certify }),
  };
}

/** A command that signs nothing continues without an authority. A command that signs gets the error. */
function unlessDamaged(error: unknown): DamagedRecordError {
  if (error instanceof DamagedRecordError) return error;
  throw error;
}

function whole(authority: Authority | DamagedRecordError): Authority {
  if (authority instanceof DamagedRecordError) throw authority;
  return authority;
}

/** If another authority replaced it, no client would be recognized. */
async function assertNoClients(store: Store): Promise<void> {
  for await (const _ of store.find(clientKind, { terms: [] })) {
    if ((await readAuthority(store)) !== undefined) return;
    throw new DamagedRecordError({ kind: 'ca', id: 'ca' }, 'it is missing, and there are clients that trust it');
  }
}

async function openOrMakeAuthority(needed: Needed, made: string[]): Promise<Authority> {
  const { store, trail, config } = needed;
  const kept = await readAuthority(store);
  if (kept !== undefined) return openAuthority(kept);
  await assertNoClients(store);
  const { name, authority } = await newAuthority('CA', config);
  const isKept = await audited(trail, 'ca create', (alongside) =>
    keepAuthority(store, authorityPem(authority), alongside({})),
  );
  if (!isKept) return openOrMakeAuthority(needed, made);
  made.push(`a certificate authority: ${name}`);
  return authority;
}

/** A name of its own, since trust stores tell authorities apart by their names. */
async function newAuthority(kind: string, { caYears }: Config): Promise<{ name: string; authority: Authority }> {
  const now = new Date();
  const name = `kmipd ${kind} ${randomBytes(4).toString('hex')}`;
  return { name, authority: await createAuthority(name, { now, notAfter: yearsAfter(now, caYears) }) };
}

/**
 * Self-signed, apart from `ca`: a client that trusts `ca` for the server must trust nothing that clients have
 * certified. In an older store `ca` has signed for clients, too. Those certificates are recorded first, so that they
 * can be listed and revoked.
 */
async function openOrMakeCertifyAuthority(signedBefore: () => Authority, needed: Needed): Promise<Authority> {
  const { store, trail, config, log } = needed;
  const kept = await readAuthority(store, 'certify-ca');
  if (kept !== undefined) return openAuthority(kept);
  const earlier = await recordEarlierCertificates(store, signedBefore());
  if (earlier > 0) {
    log.warn(`the CA that clients trust for the server has signed ${earlier} certificates that clients asked for`, {
      hint: 'kmipd certificate list shows them; revoke those that name a server: kmipd certificate revoke',
    });
  }
  const { authority } = await newAuthority('Certify CA', config);
  const isKept = await audited(trail, 'ca create', (alongside) =>
    keepAuthority(store, authorityPem(authority), alongside({}), 'certify-ca'),
  );
  return isKept ? authority : openOrMakeCertifyAuthority(signedBefore, needed);
}
