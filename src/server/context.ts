/** The Context of one run of one operation: where authorization, clock and audit meet the store. */
import { mayOn } from '#access/rights';
import type { AuditEntry } from '#audit/entry';
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { putMaterial } from '#objects/material';
import type { Context, Loaded } from '#operations/context';
import type { ServedOperation } from '#operations/index';
import { enumerationHas } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { rulesOf, type Version } from '#protocol/versions';
import type { Kept } from '#store/store';
import { newIdentifier } from './identifier.ts';
import { offeredIn } from './offered.ts';
import { candidates } from './candidates.ts';
import type { Placeholders } from './placeholders.ts';
import type { Running } from './services.ts';
import type { Session } from './session.ts';
import type { ObjectView, ViewChange } from './view.ts';

export interface ContextParts {
  readonly operation: ServedOperation;
  readonly version: Version;
  readonly session: Session;
  readonly services: Running;
  readonly placeholders: Placeholders;
  readonly view: ObjectView;
  readonly entry: AuditEntry;
  /** Gets the identifiers of all objects that the operation held or made, for the audit record. */
  readonly touched: Set<string>;
}

export interface Attempt {
  readonly context: Context;
  /** The audit record that went with the change, when there was one. */
  entryId(): string | undefined;
}

export function createContext({
  operation,
  version,
  session,
  services,
  placeholders,
  view,
  entry,
  touched,
}: ContextParts): Attempt {
  const milliseconds = services.now();
  const now = Math.floor(milliseconds / 1000);
  const kept = new WeakMap<Loaded, Kept<ManagedObject>>();
  let entryId: string | undefined;

  function loaded(record: Kept<ManagedObject>): Loaded {
    const object = { ...record.value, attributes: attributesAt(record.value.attributes, now) };
    const made: Loaded = {
      object,
      openStructure: () =>
        record.hasMaterial ? putMaterial(object.structure, record.openMaterial()) : object.structure,
    };
    kept.set(made, record);
    return made;
  }

  /** An object of a type that the version does not know is none of its world: Templates in 2.x, PGP Keys in 1.0. */
  const hasWordFor = (object: ManagedObject): boolean =>
    enumerationHas('ObjectType', object.structure.objectType, version);

  const context: Context = {
    version,
    rules: rulesOf(version),
    clientId: session.clientId,
    server: services.facts,
    get offered() {
      return offeredIn(version, services.facts);
    },
    interopSession: {
      begin: () => void services.interopBegun.set(session.clientId, newIdentifier(milliseconds, services.random)),
      since: () => services.interopBegun.get(session.clientId),
    },
    now: () => now,
    random: services.random,
    newIdentifier: () => newIdentifier(milliseconds, services.random),

    async load(reference, right) {
      const id = placeholders.resolve(reference);
      const record = await view.get(id);
      // One answer for both, so that nobody learns of foreign objects.
      if (record === undefined || !hasWordFor(record.value) || !mayOn(session, operation, record.value, right)) {
        throw new KmipError('ObjectNotFound', 'no object of yours has this Unique Identifier');
      }
      touched.add(id);
      return loaded(record);
    },

    async *find(query) {
      for await (const record of candidates(query, session, services.store.term, view, now)) {
        if (hasWordFor(record.value) && mayOn(session, operation, record.value, 'read')) yield loaded(record);
      }
    },

    async commit(changes) {
      const viewChanges = changes.map((change): ViewChange => {
        if ('create' in change) {
          touched.add(change.create.id);
          return change;
        }
        const record = kept.get('remove' in change ? change.remove : change.update);
        if (record === undefined) throw new Error('only what was loaded can be changed');
        if ('remove' in change) return { remove: record };
        const { to, material } = change;
        return { update: record, to, ...(material === undefined ? {} : { material }) };
      });
      entryId = await view.commit(viewChanges, { ...entry, objects: [...touched], status: 'Success' });
    },

    setPlaceholder(id) {
      placeholders.placeholder = id;
    },

    log(message) {
      services.log.info('a client says', { connection: session.connection, client: session.clientId, message });
    },
  };
  return { context, entryId: () => entryId };
}
