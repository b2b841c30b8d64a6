/**
 * What operators do with certificates: with those that clients had issued, the revocation lists, and the server's own.
 */
import { dayMs } from '#certs/certificate';
import { takeCrlNumbers } from '#access/authority-record';
import type { ClientRecord } from '#access/client-record';
import { createCrl, type Revocation, type RevocationReason } from '#certs/revocation-list';
import { clientNames } from '#administration/clients/client-names';
import { placesIn } from '#administration/places';
import { renewServerCertificate } from '#administration/server-certificate';
import { defineUseCase, type Ports } from '#administration/use-case';
import { OperatorError } from '#operator-error';
import type { DamagedRecordError } from '#store/engines/engine';
import { issuedKind, type IssuedCertificate } from '#repository/issued-record';

import { crlReasonOf, findIssued, reasonNamed, removeExpired, revokeIssued } from './issued.ts';

export interface CertificateFilters {
  /** The name of the client. */
  readonly client?: string;
  readonly isRevoked?: boolean;
}

export interface ListedCertificate {
  readonly issued: IssuedCertificate;
  /** The client's name, or its identifier when no client has the identifier. */
  readonly client: string;
  readonly state: 'valid' | 'expired' | 'revoked';
}

export const listCertificates = defineUseCase({
  name: 'certificate list',
  effect: 'reads',
  async *run({ client, isRevoked = false }: CertificateFilters, ports): AsyncGenerator<ListedCertificate> {
    const { store, clients, now } = ports;
    // Certificates from before this authority are recorded when it is made.
    await ports.certifyAuthority();
    const owner = client === undefined ? undefined : (await clients.named(client)).id;
    const nameOf = clientNames(clients);
    for await (const { value: issued } of store.find(issuedKind, { terms: [] })) {
      if (owner !== undefined && issued.client !== owner) continue;
      if (isRevoked && issued.revoked === undefined) continue;
      yield { issued, client: await nameOf(issued.client), state: stateOf(issued, now()) };
    }
  },
});

function stateOf({ revoked, notAfter }: IssuedCertificate, now: number): ListedCertificate['state'] {
  if (revoked !== undefined) return 'revoked';
  return now > notAfter ? 'expired' : 'valid';
}

export interface CertificateRevocation {
  /** Its fingerprint (SHA-256) or serial number, in hexadecimal, or the identifier of its object. */
  readonly certificate: string;
  readonly reason: RevocationReason;
}

export const revokeCertificate = defineUseCase({
  name: 'certificate revoke',
  effect: 'changes',
  async run({ certificate, reason }: CertificateRevocation, ports): Promise<IssuedCertificate> {
    const { store, clients, now, alongside } = ports;
    await ports.certifyAuthority();
    const [found, second] = await findIssued(store, clients, certificate);
    if (found === undefined || second !== undefined) {
      throw new OperatorError(
        'more than one certificate matches',
        'name it by its fingerprint: kmipd certificate list --json',
      );
    }
    const revoked = { at: now(), reason: reasonNamed(reason), by: 'operator' } as const;
    return revokeIssued(store, found.id, revoked, ({ client, object }) => alongside({ client, objects: [object] }));
  },
});

export interface RevocationList {
  readonly authority: IssuedCertificate['authority'];
  readonly number: number;
  /** The number of certificates in the list. */
  readonly size: number;
  /** DER. */
  readonly list: Uint8Array;
}

/** The list of enrolled clients, and the list of certificates that clients had issued: each authority signs its own. */
export const makeRevocationLists = defineUseCase({
  name: 'crl',
  effect: 'changes',
  async run({ days }: { readonly days: number }, ports): Promise<readonly RevocationList[]> {
    const { authority, store, now, alongside } = ports;
    const certifyAuthority = await ports.certifyAuthority();
    const ids = ['ca', 'certify-ca'] as const;
    const numbers = await takeCrlNumbers(store, ids, () => alongside({}));
    await removeExpired(store, now());
    const revocations = await revocationsIn(ports);
    const thisUpdate = new Date(now());
    const nextUpdate = new Date(now() + days * dayMs);
    return ids.map((id, place) => {
      const signer = id === 'ca' ? authority : certifyAuthority;
      const number = numbers[place] ?? 0;
      const list = createCrl(signer, revocations[id], { number: BigInt(number), thisUpdate, nextUpdate });
      return { authority: id, number, size: revocations[id].length, list };
    });
  },
});

/** A certificate that is missing in a list counts as valid again. */
function refuse({ kind, id }: DamagedRecordError): never {
  throw new OperatorError(
    `the record ${kind} ${id} is damaged, and a list would lack what it revokes`,
    'kmipd store check says what can be done',
  );
}

/**
 * By the authority that signed them. A certificate that a client had issued is revoked by its client, by an operator,
 * or together with a client to which it was bound.
 */
async function revocationsIn({ store, clients, now }: Pick<Ports, 'store' | 'clients' | 'now'>) {
  const found: Record<IssuedCertificate['authority'], Revocation[]> = { ca: [], 'certify-ca': [] };
  const bound = new Map<string, number>();
  for await (const client of clients.list(refuse)) {
    found.ca.push(...revocationsOf(client, now()));
    for (const { fingerprint, revoked } of client.certificates)
      if (revoked !== undefined) bound.set(fingerprint, revoked);
  }
  for await (const { value } of store.find(issuedKind, { terms: [] }, refuse)) {
    const { authority, serial, fingerprint, notAfter, revoked } = value;
    const at = revoked?.at ?? bound.get(fingerprint);
    // A certificate that `ca` signed and that was bound to a client is in the list already.
    if (at === undefined || notAfter < now() || (authority === 'ca' && bound.has(fingerprint))) continue;
    const reason = revoked === undefined ? 'unspecified' : crlReasonOf(revoked.reason);
    found[authority].push({ serialNumber: serial, revokedAt: new Date(at), reason });
  }
  return found;
}

function revocationsOf({ certificates }: ClientRecord, now: number): Revocation[] {
  return certificates.flatMap(({ serial, revoked, issuedHere, notAfter }) =>
    issuedHere && revoked !== undefined && notAfter >= now
      ? [{ serialNumber: serial, revokedAt: new Date(revoked) }]
      : [],
  );
}

/** Returns the path of the new certificate, and its names. */
export const renewOwnCertificate = defineUseCase({
  name: 'server-cert renew',
  effect: 'issues',
  makesStore: true,
  async run(_: void, { authority, config, now }) {
    const names = await renewServerCertificate(config, authority, new Date(now()));
    return { path: placesIn(config.data).serverCertificate, names };
  },
});
