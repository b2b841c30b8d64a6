/**
 * The rotations that clients leave to the server (KMIP 2.1 §4.48, §4.51): of an object with Rotate Automatic, when its
 * Rotate Interval has gone by since its Initial Date, by "the equivalent of the ReKey, ReKeyKeyPair or ReCertify
 * operation". It runs as that operation of the object's owner would, and is audited so, without a connection.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditEntry } from '#audit/entry';
import type { ObjectType } from '#objects/attributes/attributes';
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { isDue } from '#objects/rotation';
import { reCertify, reKey, reKeyKeyPair } from '#operations/registry/index';
import type { Context } from '#operations/context';
import type { Operation } from '#operations/operation';
import { newestVersion, versionText } from '#protocol/versions';
import { ownerTerm, rotatingTerm } from '#repository/index-terms';
import { objectKind } from '#repository/object-record';
import { explained } from '#server/run/explained';
import { RequestScope } from '#server/run/request-scope';
import { retryOnConflict } from '#server/run/retry-on-conflict';
import { RunContext } from '#server/run/run-context';
import { TouchedObjects } from '#server/run/touched-objects';
import { FailedRotations } from './failed-rotations.ts';
import { Placeholders } from '#server/message/placeholders';
import { createScheduler, type Schedule } from '#scheduler';
import { secondsOf } from './rotation-schedule.ts';
import { RotationTurns } from './rotation-turns.ts';
import type { ServerLog } from '#server/server-log';
import type { ServerState } from '#server/server-state';
import type { Origin } from '#server/session';

interface RotationMethod {
  readonly operation: Pick<Operation, 'name' | 'rights'>;
  run(id: string, offset: number | undefined, context: Context): Promise<unknown>;
}

/** A public key is rotated with its private key; other objects are not rotated. */
const rotationMethods: { readonly [T in ObjectType]?: RotationMethod } = {
  SymmetricKey: {
    operation: reKey,
    run: (uniqueIdentifier, offset, context) => reKey.run({ uniqueIdentifier, offset }, context),
  },
  PrivateKey: {
    operation: reKeyKeyPair,
    run: (privateKeyUniqueIdentifier, offset, context) =>
      reKeyKeyPair.run({ privateKeyUniqueIdentifier, offset }, context),
  },
  Certificate: {
    operation: reCertify,
    run: (uniqueIdentifier, offset, context) => reCertify.run({ uniqueIdentifier, offset }, context),
  },
};

/**
 * The maximum of rotations at once, at most one for each client. A rotation that needs a thread waits in the line of
 * heavy work, like requests.
 */
const rotationsAtOnce = 16;

/** During a search, others have their turns after so many records, and after so many milliseconds. */
const recordsPerTurn = 200;
const rest = 20;

/**
 * Makes the function that rotates everything that is due: several clients at once, and the objects of each client one
 * after another. An object that cannot be rotated is logged, and tried again after a pause that doubles. The function
 * resolves when no rotation waits.
 */
export function rotations(state: ServerState): (signal?: AbortSignal) => Promise<void> {
  const { store, objects, audit, counted, countedEntries, clients, quotas, rotating, limits } = state;
  const minimumInterval = secondsOf(limits.rotateMinimumInterval);
  // A rotation that has begun is finished, also when the server stops.
  const origin: Origin = { door: 'rotations', signal: new AbortController().signal, hasLeft: () => false };
  const failures = new FailedRotations();
  let looking: Promise<void> | undefined;
  const turns = new RotationTurns(rotate, rotationsAtOnce);
  const now = (): number => Math.floor(state.now() / 1000);
  const isDueNow = ({ attributes }: ManagedObject): boolean =>
    isDue(attributesAt(attributes, now()), now(), minimumInterval);

  /** Never rejects. */
  async function rotate(id: string, client: string): Promise<void> {
    try {
      const value = (await store.get(objectKind, id))?.value;
      const method = value && rotationMethods[value.structure.objectType];
      // Asked at the last moment, because the client may have been revoked or deleted, or its rotations switched off.
      if (value === undefined || method === undefined || !isDueNow(value) || !clients.hasRotations(value.owner)) return;
      await rotateBy(method, value);
    } catch (error) {
      const trouble = error instanceof Error ? (error.stack ?? error.message) : String(error);
      counted.note('error', 'an object cannot be rotated', { client }, { object: id, error: trouble });
    }
  }

  async function rotateBy(method: RotationMethod, { id, owner, attributes, structure }: ManagedObject): Promise<void> {
    const touched = new TouchedObjects();
    const entry: AuditEntry = {
      kind: 'operation',
      client: owner,
      version: versionText(newestVersion),
      operation: method.operation.name,
      objects: touched.ids,
      status: 'Success',
    };
    const scope = new RequestScope({ principal: { clientId: owner }, origin });
    try {
      // Checked before the work of making a key.
      await quotas.demandRoom(owner);
      const entryId = await retryOnConflict(state, async () => {
        // Another process may have rotated it already.
        const current = await store.get(objectKind, id);
        if (current === undefined || !isDueNow(current.value)) return undefined;
        const batch = { version: newestVersion, scope, state, objects, placeholders: new Placeholders() };
        const context = new RunContext(batch, { operation: method.operation, entry, touched });
        await method.run(id, attributes.rotateOffset, context);
        return context.entryId;
      });
      if (entryId !== undefined) await audit.append(entry, entryId);
      failures.forget(owner, id);
      rotating.rotated(owner);
    } catch (error) {
      if (!failures.failed(owner, id, state.now())) return;
      const { reason, message } = explained(error, state, owner);
      const details = { object: id, why: message };
      counted.note('warn', `a ${structure.objectType} cannot be rotated`, { client: owner }, details);
      const failure = { ...entry, status: 'OperationFailed', reason } as const;
      if (countedEntries.note(failure)) await audit.append(failure);
    } finally {
      await scope.end();
    }
  }

  /** Notes everything that is due until the next search, and forgets failures of objects that no longer exist. */
  async function look(signal: AbortSignal | undefined): Promise<void> {
    const still = new Set<string>();
    const begun = rotating.takeLeft();
    let seen = 0;
    try {
      for await (const { value } of recordsWith([rotatingTerm(store.term)])) {
        if (signal?.aborted === true) return rotating.breakOffLook();
        if (failures.has(value.owner, value.id)) still.add(value.id);
        noteUnlessPaused(value, begun);
        if (++seen % recordsPerTurn === 0) await pause(rest);
      }
      failures.keep((id) => still.has(id));
    } catch (error) {
      rotating.breakOffLook();
      throw error;
    }
  }

  /** Searches the objects of owners whose noted objects are done and that have more due objects than were noted. */
  async function lookAgain(signal: AbortSignal | undefined): Promise<void> {
    let seen = 0;
    for (const owner of rotating.ownersToLookAt()) {
      const begun = rotating.takeLeft([owner]);
      for await (const { value } of recordsWith([rotatingTerm(store.term), ownerTerm(store.term, owner)])) {
        if (signal?.aborted === true) return rotating.breakOffLook();
        noteUnlessPaused(value, begun);
        if (++seen % recordsPerTurn === 0) await pause(rest);
      }
    }
  }

  const recordsWith = (terms: readonly string[]) => store.find(objectKind, { terms, reverse: true });

  function noteUnlessPaused(value: ManagedObject, begun: ReadonlyMap<string, string>): void {
    if (!failures.isPaused(value.owner, value.id, state.now())) rotating.noteInLook(value, begun);
  }

  return async (signal) => {
    const isStopped = (): boolean => signal?.aborted === true;
    const isShort = (state.disk?.room ?? 'enough') !== 'enough';
    if (limits.rotations === 'off' || isShort || isStopped()) return;
    const stop = (): void => turns.clear();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      if (looking === undefined) {
        const isForAll = rotating.beginLook(state.now());
        if (isForAll || rotating.ownersToLookAt().length > 0) {
          looking = (isForAll ? look(signal) : lookAgain(signal)).finally(() => (looking = undefined));
        }
      }
      await looking;
      if (isStopped()) return;
      for (const due of rotating.takeDue(state.now())) turns.add(due);
      await turns.idle();
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  };
}

/** How late a rotation may be, in milliseconds. */
const period = 60_000;

/**
 * Rotates what is due again and again, whether or not what was due before is done. The function that stops it resolves
 * when the last rotation has ended.
 */
export function watchRotations(
  rotateDue: (signal: AbortSignal) => Promise<void>,
  log: ServerLog,
  schedule: Schedule = createScheduler({ log }).schedule,
): () => Promise<void> {
  const running = new Set<Promise<void>>();
  const stop = schedule({
    ...{ name: 'rotate what is due', interval: period },
    // Not waited for: one that takes long must not put off the others.
    run(signal) {
      const rotation = rotateDue(signal)
        .catch((error: unknown) => void log.error('rotations failed', { error: String(error) }))
        .finally(() => running.delete(rotation));
      running.add(rotation);
    },
  });
  return async () => {
    await stop();
    await Promise.all(running);
  };
}
