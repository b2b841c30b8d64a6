/**
 * Hands one encoding to every operation and every function of the commands that reads its kind, and says what was wrong
 * with the answers.
 */
import { randomUUID, X509Certificate } from 'node:crypto';
import { factsOf, readCertificate, readCertificateChain, validityAt } from '#certs/inspect';
import { nameOfAcceptableKey } from '#certs/keys';
import { readRequest } from '#certs/request';
import { writePem } from '#certs/pem';
import { notGranted } from '#administration/clients/client-files';
import { judgeCertificate } from '#administration/clients/bindable';
import { KmipError } from '#protocol/kmip-error';
import { given, id, type Caller } from '#test/clients/caller';
import { bytes, enumerated, int, isOld, struct, text, value, type OperationName, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { certificateItem, hex } from '#test/operations/certificates/authority';
import { activated } from '#test/operations/wrapping/wrapping';
import { OperatorError } from '#operator-error';
import { containerPassword } from './container-password.ts';
import type { Seed } from './der-seeds.ts';
import { type Answer } from '#test/fixtures/batches';
import { keyBlock } from '#test/fixtures/key-blocks';

/** Undefined when nothing was. */
export type Complaint = string | undefined;

const requestTypes = { CRMF: 1, PKCS_10: 2, PEM: 3 } as const;

/** @throws nothing: what the server or a command throws is a complaint. `whole`: the first operation must succeed. */
export async function feed(seed: Seed, der: Buffer, caller: Caller, whole = false): Promise<Complaint> {
  const complaints: string[] = [];
  let isFirst = whole;
  async function ask(operation: OperationName, ...payload: Item[]): Promise<Answer | undefined> {
    try {
      const [answer] = await caller.send([item(operation, payload)]);
      if (isFirst && answer?.status !== 'Success') complaints.push(`${operation}: ${answer?.message}`);
      isFirst = false;
      if (answer?.reason === 'GeneralFailure') complaints.push(`${operation}: General Failure`);
      return answer;
    } catch (error) {
      complaints.push(`${operation}: ${String(error)}`);
      return undefined;
    }
  }
  const made = async (operation: OperationName, ...payload: Item[]): Promise<string | undefined> => {
    const answer = await ask(operation, ...payload);
    return answer?.status === 'Success' ? (value(answer.payload, 'UniqueIdentifier') as string) : undefined;
  };
  const old = isOld(caller.version);
  const request = (type: keyof typeof requestTypes, content: Uint8Array): Item[] => [
    enumerated('CertificateRequestType', requestTypes[type]),
    bytes(old ? 'CertificateRequest' : 'CertificateRequestValue', hex(content)),
  ];
  const reads: Record<Exclude<Seed['kind'], 'key'>, () => Promise<void>> = {
    async certificate() {
      const kept = await made(
        'Register',
        enumerated('ObjectType', 'Certificate'),
        given(caller.version),
        certificateItem(der),
      );
      await ask('Validate', certificateItem(der));
      if (kept === undefined) return;
      for (const operation of ['Get', 'ReCertify', 'GetAttributes', 'Validate'] as const)
        await ask(operation, id(kept));
      await ask('Revoke', id(kept), struct('RevocationReason', enumerated('RevocationReasonCode', 'Unspecified')));
    },
    async pgp() {
      const pgp = struct('Certificate', enumerated('CertificateType', 'PGP'), bytes('CertificateValue', hex(der)));
      const kept = await made('Register', enumerated('ObjectType', 'Certificate'), given(caller.version), pgp);
      if (kept !== undefined) for (const operation of ['Get', 'ReCertify'] as const) await ask(operation, id(kept));
    },
    async PKCS_10() {
      await ask('Certify', ...request('PKCS_10', der));
      await ask('Certify', ...request('PEM', Buffer.from(writePem('CERTIFICATE REQUEST', der))));
      if (!old) await viaObject(2);
    },
    async CRMF() {
      await ask('Certify', ...request('CRMF', der));
      if (!old) await viaObject(1);
    },
  };
  async function viaObject(type: number): Promise<void> {
    const structure = struct(
      'CertificateRequest',
      enumerated('CertificateRequestType', type),
      bytes('CertificateRequestValue', hex(der)),
    );
    const kept = await made(
      'Register',
      enumerated('ObjectType', 'CertificateRequest'),
      given(caller.version),
      structure,
    );
    if (kept !== undefined) await ask('Certify', id(kept));
  }
  async function key({ half, format }: Extract<Seed, { kind: 'key' }>): Promise<void> {
    const block = keyBlock(format, bytes('KeyMaterial', hex(der)));
    const [type, structure] = half === 'public' ? [3, struct('PublicKey', block)] : [4, struct('PrivateKey', block)];
    const password = format === 0x16 ? [await passwordLink(caller)] : [];
    const payload = [
      enumerated('ObjectType', type),
      given(caller.version, int('CryptographicUsageMask', 3), ...password),
      structure,
    ];
    const kept = await made('Register', ...payload);
    await ask('Import', text('UniqueIdentifier', `import-${randomUUID()}`), ...payload);
    if (kept === undefined) return;
    for (const wanted of [3, 4, 5, 6, 0xa, 0xb, 0x14, 0x16]) {
      await ask('Get', id(kept), enumerated('KeyFormatType', wanted));
    }
    if (half === 'public') await ask('Certify', id(kept));
  }
  if (seed.kind === 'key') await key(seed);
  else await reads[seed.kind]();
  return [...complaints, ...commandsOn(der)][0];
}

/** A link to the password of a container, which is registered for it. */
async function passwordLink(caller: Caller): Promise<Item> {
  const material = bytes('KeyMaterial', hex(Buffer.from(containerPassword)));
  const payload = await caller.call(
    'Register',
    enumerated('ObjectType', 'SecretData'),
    given(caller.version, activated),
    struct('SecretData', enumerated('SecretDataType', 'Password'), keyBlock('Opaque', material)),
  );
  const to = text('LinkedObjectIdentifier', value(payload, 'UniqueIdentifier') as string);
  return struct('Link', enumerated('LinkType', 'PKCS_12PasswordLink'), to);
}

/** What `client sign` and `client bind` do with a file. */
function commandsOn(der: Buffer): string[] {
  const now = new Date(Date.UTC(2026, 0, 1));
  const tries: (() => unknown)[] = [
    () => notGranted('array', readRequest(der)),
    () => judgeCertificate(readCertificate(der), now),
    () =>
      readCertificateChain(Buffer.from(writePem('CERTIFICATE', der))).map((each) => [
        factsOf(each),
        validityAt(factsOf(each), now),
      ]),
    () => nameOfAcceptableKey(factsOf(readCertificate(der)).publicKey),
    () => [new X509Certificate(der), factsOf(readCertificate(der))],
  ];
  return tries.flatMap((attempt) => {
    try {
      attempt();
      return [];
    } catch (error) {
      const isOurs = error instanceof OperatorError || error instanceof KmipError;
      const isNode = attempt === tries.at(-1);
      return isOurs || isNode ? [] : [`a command: ${(error as Error).stack}`];
    }
  });
}
