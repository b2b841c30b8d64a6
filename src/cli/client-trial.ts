/** A key's whole life, as a client sees it. */
import { activate } from '#operations/life-cycle/activate';
import { create } from '#operations/create/create';
import { destroy } from '#operations/life-cycle/destroy';
import { get } from '#operations/fetch/get';
import { locate } from '#operations/server/locate';
import { revoke } from '#operations/life-cycle/revoke';
import type { Client } from '#client/client';
import { maskBit } from '#protocol/enumerations';
import { OperatorError } from '#operator-error';

export type Report = (step: string, result: string) => void;

/** Makes a key of this name and destroys it, whatever happens in between. Throws KmipError for the step that fails. */
export async function tryOut(client: Client, name: string, report: Report): Promise<void> {
  const id = await made(client, name);
  report('Create', `AES-256 key ${id}`);
  let isDestroyed = false;
  try {
    await client.call(activate, { uniqueIdentifier: id });
    report('Activate', 'the key is active');
    report('Get', `${await fetched(client, id)} bytes of key material`);
    report('Locate', `${await located(client, name, id)} by its name`);
    await client.call(revoke, {
      uniqueIdentifier: id,
      revocationReason: { revocationReasonCode: 'CessationOfOperation' },
    });
    report('Revoke', 'the key is deactivated');
    await client.call(destroy, { uniqueIdentifier: id });
    isDestroyed = true;
    report('Destroy', 'the key is destroyed');
  } finally {
    if (!isDestroyed) await discard(client, id);
  }
}

const nameOf = (nameValue: string) =>
  ({ key: 'name', value: { nameValue, nameType: 'UninterpretedTextString' } }) as const;

async function made(client: Client, name: string): Promise<string> {
  const mask =
    (maskBit('CryptographicUsageMask', 'Encrypt') ?? 0) | (maskBit('CryptographicUsageMask', 'Decrypt') ?? 0);
  const instances = [
    { key: 'cryptographicAlgorithm', value: 'AES' },
    { key: 'cryptographicLength', value: 256 },
    { key: 'cryptographicUsageMask', value: mask },
    nameOf(name),
  ] as const;
  const { uniqueIdentifier } = await client.call(create, {
    objectType: 'SymmetricKey',
    attributes: { instances },
  });
  return uniqueIdentifier;
}

/** How many bytes the key has. */
async function fetched(client: Client, id: string): Promise<number> {
  const { object } = await client.call(get, { uniqueIdentifier: id });
  const value = 'keyBlock' in object ? object.keyBlock?.keyValue : undefined;
  const material = value !== undefined && 'keyMaterial' in value ? value.keyMaterial : undefined;
  if (!(material instanceof Uint8Array)) throw new OperatorError('the answer to Get holds no key material');
  const { length } = material;
  material.fill(0);
  return length;
}

async function located(client: Client, name: string, id: string): Promise<string> {
  const { uniqueIdentifier = [] } = await client.call(locate, { attributes: [nameOf(name)] });
  if (uniqueIdentifier.length === 1 && uniqueIdentifier[0] === id) return 'the key, and nothing else,';
  throw new OperatorError(`the answer to Locate names ${uniqueIdentifier.length} objects instead of the key`);
}

/** After a step that failed: removes what can be removed. */
async function discard(client: Client, id: string): Promise<void> {
  const reason = { revocationReasonCode: 'CessationOfOperation' } as const;
  await client.call(revoke, { uniqueIdentifier: id, revocationReason: reason }).catch(() => undefined);
  await client.call(destroy, { uniqueIdentifier: id }).catch(() => undefined);
}
