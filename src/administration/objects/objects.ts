/** What operators do with the objects of clients. They see identifiers and attributes, never key material. */
import { stateText } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { OperatorError } from '#operator-error';
import { defineUseCase } from '#administration/use-case';
import { clientNames } from '#administration/clients/client-names';
import { ConflictError } from '#store/engines/engine';
import { ownerTerm } from '#repository/index-terms';
import { objectKind } from '#repository/object-record';
import { update } from '#store/store';
import { usageMoved } from '#repository/usage-record';

import { objectAt, summaryOf, type ObjectSummary } from './object-view.ts';

export interface ObjectFilters {
  /** The name of the client. */
  readonly client?: string;
  /** As `stateText` writes it. */
  readonly state?: string;
}

export const listObjects = defineUseCase({
  name: 'object list',
  effect: 'reads',
  async *run({ client, state }: ObjectFilters, { store, clients, now }): AsyncGenerator<ObjectSummary> {
    const owner = client === undefined ? undefined : (await clients.named(client)).id;
    const nameOf = clientNames(clients);
    for await (const { value } of store.find(objectKind, {
      terms: owner === undefined ? [] : [ownerTerm(store.term, owner)],
    })) {
      const object = objectAt(value, now());
      // Terms are hashes: they narrow, and do not decide.
      if (owner !== undefined && object.owner !== owner) continue;
      const { state: current } = object.attributes;
      if (state !== undefined && (current === undefined || stateText(current) !== state)) continue;
      yield summaryOf(object, await nameOf(object.owner));
    }
  },
});

export interface ShownObject {
  readonly object: ManagedObject;
  /** The name of the client that owns it, if it is known. */
  readonly client?: string;
}

export const showObject = defineUseCase({
  name: 'object show',
  effect: 'reads',
  async run(id: string, { store, clients, now }): Promise<ShownObject> {
    const kept = await store.get(objectKind, id);
    if (kept === undefined) throw notFound(id);
    const owner = await clients.byId(kept.value.owner);
    return { object: objectAt(kept.value, now()), ...(owner === undefined ? {} : { client: owner.name }) };
  },
});

const maximumAttempts = 20;

/** The previous owner loses every right to the object, from the next request on. */
export const giveObject = defineUseCase({
  name: 'object give',
  effect: 'changes',
  async run({ id, to }: { readonly id: string; readonly to: string }, { store, clients, alongside }) {
    const receiver = await clients.named(to);
    if (receiver.revoked !== undefined) throw new OperatorError(`the client ${JSON.stringify(to)} is revoked`);
    for (let attempts = 1; ; attempts++) {
      const kept = await store.get(objectKind, id);
      if (kept === undefined) throw notFound(id);
      try {
        await store.commit([
          update(kept, { ...kept.value, owner: receiver.id }),
          ...(await usageMoved(store, kept, receiver.id)),
          ...alongside({ client: receiver.id, objects: [id] }),
        ]);
        return;
      } catch (error) {
        if (!(error instanceof ConflictError) || attempts === maximumAttempts) throw error;
      }
    }
  },
});

const notFound = (id: string): OperatorError =>
  new OperatorError(`object ${JSON.stringify(id)} not found`, 'kmipd object list shows the identifiers');
