/**
 * The rotations that clients leave to the server (KMIP 2.1 §4.48, §4.51): of an object with Rotate Automatic, when its
 * Rotate Interval has gone by since its Initial Date, by "the equivalent of the ReKey, ReKeyKeyPair or ReCertify operation".
 * It runs as that operation of the object's owner would, and is audited so, without a connection.
 */
import type { AuditEntry } from '#audit/entry';
import type { ObjectType } from '#objects/attributes';
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { isDue } from '#objects/rotation';
import { reCertify, reKey, reKeyKeyPair } from '#operations/index';
import type { Context } from '#operations/context';
import type { ServedOperation } from '#operations/served';
import { newestVersion, versionText } from '#protocol/versions';
import { rotatingTerm } from '#store/object-record';
import { explained, untilUndisturbed } from './batch-item.ts';
import { RunContext } from './context.ts';
import { createPace } from './pace.ts';
import { Placeholders } from './placeholders.ts';
import type { Running, ServerLog } from './services.ts';

interface Way {
  readonly operation: ServedOperation;
  run(id: string, offset: number | undefined, context: Context): Promise<unknown>;
}

/** A public key is rotated with its private key; nobody makes other objects anew. */
const ways: { readonly [T in ObjectType]?: Way } = {
  SymmetricKey: {
    operation: reKey.name,
    run: (uniqueIdentifier, offset, context) => reKey.run({ uniqueIdentifier, offset }, context),
  },
  PrivateKey: {
    operation: reKeyKeyPair.name,
    run: (privateKeyUniqueIdentifier, offset, context) =>
      reKeyKeyPair.run({ privateKeyUniqueIdentifier, offset }, context),
  },
  Certificate: {
    operation: reCertify.name,
    run: (uniqueIdentifier, offset, context) => reCertify.run({ uniqueIdentifier, offset }, context),
  },
};

/** Makes the function that rotates all that is due, one after the other; what cannot be is told once, and tried again each time. */
export function rotations(running: Running): (signal?: AbortSignal) => Promise<void> {
  const { store, objects, audit, log } = running;
  const told = new Set<string>();
  const now = (): number => Math.floor(running.now() / 1000);
  const isDueNow = ({ attributes }: ManagedObject): boolean => isDue(attributesAt(attributes, now()), now());

  async function rotate({ id, owner, attributes, structure }: ManagedObject, way: Way): Promise<void> {
    const touched: string[] = [];
    const entry: AuditEntry = {
      kind: 'operation',
      client: owner,
      version: versionText(newestVersion),
      operation: way.operation,
      objects: touched,
      status: 'Success',
    };
    const opened: Uint8Array[] = [];
    const session = { connection: 0, clientId: owner, fingerprint: '' };
    const asking = {
      version: newestVersion,
      session,
      services: running,
      opened,
      view: objects,
      effort: { isHeavy: false },
      pace: createPace(),
      size: 0,
    };
    try {
      const entryId = await untilUndisturbed(running, async () => {
        // Another process may have been faster.
        const current = await objects.get(id);
        if (current === undefined || !isDueNow(current.value)) return undefined;
        const run = { operation: way.operation, entry, touched };
        const context = new RunContext({ ...asking, placeholders: new Placeholders() }, run);
        await way.run(id, attributes.rotateOffset, context);
        return context.entryId;
      });
      if (entryId !== undefined) await audit.append(entry, entryId);
      told.delete(id);
    } catch (error) {
      if (told.has(id)) return;
      told.add(id);
      const { reason, message } = explained(error, running);
      log.warn(`a ${structure.objectType} cannot be rotated`, { object: id, client: owner, why: message });
      await audit.append({ ...entry, status: 'OperationFailed', reason });
    } finally {
      for (const material of opened) material.fill(0);
    }
  }

  return async (signal) => {
    for await (const { value } of objects.find([rotatingTerm(store.term)])) {
      if (signal?.aborted === true) return;
      const way = ways[value.structure.objectType];
      if (way !== undefined && isDueNow(value)) await rotate(value, way);
    }
  };
}

/** How late a rotation may be, in milliseconds. */
const period = 60_000;

/** Rotates what is due again and again. The function that stops it resolves when the last rotation has ended. */
export function watchRotations(rotateDue: (signal: AbortSignal) => Promise<void>, log: ServerLog): () => Promise<void> {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= rotateDue(stopping.signal)
      .catch((error: unknown) => void log.error('rotations failed', { error: String(error) }))
      .finally(() => (running = undefined));
  }, period);
  timer.unref();
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await running;
  };
}
