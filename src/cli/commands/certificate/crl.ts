import { basename, dirname, join, resolve } from 'node:path';

import { InvalidArgumentError, Option } from 'commander';

import { takeCrlNumbers } from '#access/authority-record';
import type { ClientRecord } from '#access/client-record';
import type { Authority } from '#certs/authority';
import { createCrl, writeCrl, type Revocation } from '#certs/crl';
import { crlReasonOf, removeExpired } from '#cli/certified';
import { defineCommand } from '#cli/command';
import { certifyCrlName } from '#cli/crl-url';
import { replaceFile } from '#cli/files';
import { withWorkplace } from '#cli/workplace';
import type { DamagedRecordError } from '#store/engines/engine';
import { issuedKind, type IssuedCertificate } from '#repository/issued-record';
import type { Store } from '#store/store';
import { OperatorError } from '#operator-error';

interface Given {
  readonly out: string;
  readonly certifyOut?: string;
  readonly format: 'pem' | 'der';
  readonly days: number;
}

const dayMs = 24 * 3600 * 1000;

export const crl = defineCommand<Given>({
  usage: 'crl',
  summary: 'write the lists of revoked certificates (CRL)',
  description:
    'Two lists, since each authority signs its own: of the clients that were enrolled, and, beside it as ' +
    'certify-FILE, of what clients have certified (Certify, Re-certify). Each names what its authority signed, was ' +
    'revoked and has not expired. Put them where --crl-url and --certify-crl-url point.',
  examples: ['crl --out /var/www/kmipd.crl --format der', 'crl --out kmipd.crl.pem --days 30'],
  options: [
    new Option('--out <file>', 'the file to write, or to replace').makeOptionMandatory(),
    new Option('--certify-out <file>', 'the file of the second list; certify-FILE beside the first when absent'),
    new Option('--format <format>', 'how they are encoded; the web wants der').choices(['pem', 'der']).default('pem'),
    new Option('--days <n>', 'when the next lists will be there at the latest').argParser(daysOf).default(7),
  ],
  async run(invocation, { out, certifyOut = join(dirname(out), certifyCrlName(basename(out))), format, days }) {
    if (resolve(out) === resolve(certifyOut)) {
      throw new OperatorError('--out and --certify-out name one file', 'each authority has a list of its own');
    }
    await withWorkplace(invocation, 'crl', async (workplace, { clients, alongside }) => {
      const { authority, store, now } = workplace;
      const certifyAuthority = await workplace.certifyAuthority();
      const ids = ['ca', 'certify-ca'] as const;
      const [number = 0, certifyNumber = 0] = await takeCrlNumbers(store, ids, () => alongside({}));
      await removeExpired(store, now());
      const enrolled: ClientRecord[] = [];
      for await (const client of clients.list(refuse)) enrolled.push(client);
      const certified = await revokedOf(store, enrolled, now());
      const thisUpdate = new Date(now());
      const nextUpdate = new Date(now() + days * dayMs);
      const write = (file: string, signer: Authority, revocations: readonly Revocation[], listNumber: number) => {
        const list = createCrl(signer, revocations, { number: BigInt(listNumber), thisUpdate, nextUpdate });
        replaceFile(resolve(file), format === 'der' ? list : writeCrl(list));
        invocation.output.line(file);
        invocation.output.note(`list ${listNumber} names ${revocations.length} certificates`);
      };
      const ofClients = enrolled.flatMap((client) => revocationsOf(client, now()));
      write(out, authority, [...ofClients, ...certified.ca], number);
      write(certifyOut, certifyAuthority, certified['certify-ca'], certifyNumber);
    });
  },
});

/** What a list leaves out counts as good again. */
function refuse({ kind, id }: DamagedRecordError): never {
  throw new OperatorError(
    `the record ${kind} ${id} is damaged, and a list would lack what it revokes`,
    'kmipd store check says what can be done',
  );
}

function daysOf(text: string): number {
  if (/^[0-9]{1,3}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('it must be an integer from 1 to 999.');
}

function revocationsOf({ certificates }: ClientRecord, now: number): Revocation[] {
  return certificates.flatMap(({ serial, revoked, issuedHere, notAfter }) =>
    issuedHere && revoked !== undefined && notAfter >= now
      ? [{ serialNumber: serial, revokedAt: new Date(revoked) }]
      : [],
  );
}

/**
 * Of what clients have certified, by who signed it: revoked by its client or an operator, or together with a client
 * that it was bound to.
 */
async function revokedOf(store: Store, clients: readonly ClientRecord[], now: number) {
  const bound = new Map<string, number>();
  for (const { certificates } of clients) {
    for (const { fingerprint, revoked } of certificates) if (revoked !== undefined) bound.set(fingerprint, revoked);
  }
  const found: Record<IssuedCertificate['authority'], Revocation[]> = { ca: [], 'certify-ca': [] };
  for await (const { value } of store.find(issuedKind, { terms: [] }, refuse)) {
    const { authority, serial, fingerprint, notAfter, revoked } = value;
    const at = revoked?.at ?? bound.get(fingerprint);
    // One that was bound and signed by the first is among the clients' own.
    if (at === undefined || notAfter < now || (authority === 'ca' && bound.has(fingerprint))) continue;
    const reason = revoked === undefined ? 'unspecified' : crlReasonOf(revoked.reason);
    found[authority].push({ serialNumber: serial, revokedAt: new Date(at), reason });
  }
  return found;
}
