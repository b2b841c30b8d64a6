/** One CA, one server and one client certificate for all processes of a run, as files. */
import { writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issueClientCertificate, issueServerCertificate } from '#certs/authority';
import { fingerprintOf } from '#certs/inspect';
import { generateKeys, writePrivateKey } from '#certs/keys';

export interface Identities {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
  readonly clientFingerprint: string;
}

export const identitiesFile = 'identities.json';

export async function makeIdentities(directory: string): Promise<Identities> {
  const now = new Date();
  const authority = await createAuthority('bench CA', { now });
  const serverKeys = await generateKeys('P-256');
  const clientKeys = await generateKeys('P-256');
  const server = issueServerCertificate(authority, { names: ['localhost'], publicKey: serverKeys.publicKey }, { now });
  const client = issueClientCertificate(authority, { commonName: 'bench', publicKey: clientKeys.publicKey }, { now });
  const identities: Identities = {
    ca: authority.certificate.toString(),
    server: { cert: server.toString(), key: writePrivateKey(serverKeys.privateKey) },
    client: { cert: client.toString(), key: writePrivateKey(clientKeys.privateKey) },
    clientFingerprint: fingerprintOf(client.raw),
  };
  await writeFile(join(directory, identitiesFile), JSON.stringify(identities), { mode: 0o600 });
  return identities;
}

export const readIdentities = async (directory: string): Promise<Identities> =>
  JSON.parse(await readFile(join(directory, identitiesFile), 'utf8')) as Identities;
