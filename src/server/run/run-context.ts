/** The Context of one run of one operation: where authorization, clock and audit meet the store. */
import { setImmediate } from 'node:timers/promises';
import { mayOn } from '#access/rights';
import type { AuditEntry } from '#audit/entry';
import { checkConstraints, type CreationRules } from '#objects/creation-rules';
import { valuesIn, type Attributes } from '#objects/attributes/attributes';
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { putMaterial } from '#objects/material';
import type { Pace } from '#objects/pace';
import { newObject, type MadeObject } from '#objects/new-object';
import type { ObjectStructure } from '#objects/object-structure';
import { storageStatusOf } from '#objects/storage-status';
import type {
  CertificateAuthority,
  Context,
  InteropSession,
  Loaded,
  ObjectChange,
  ObjectQuery,
  Offered,
  ServerFacts,
  Streams,
  NewObjectOfCaller,
} from '#operations/context';
import type { Operation } from '#operations/operation';
import type { ObjectRight } from '#operations/rights';
import { enumerationHas } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';
import { rulesOf, type Rules, type Version } from '#protocol/versions';
import { DamagedRecordError } from '#store/engines/engine';
import { ownerTerm } from '#repository/index-terms';
import type { Kept } from '#store/store';
import type { TaskInput, TaskName, TaskOutput } from '#workers/tasks';
import { issueOf, revocationOf } from './issued-certificates.ts';
import { offeredIn } from './offered.ts';
import type { Opened } from './opened.ts';
import { ownLines } from '#server/counted-log';
import { candidates } from '#repository/locate-index';
import type { Placeholders } from '#server/message/placeholders';
import type { ServerState } from '#server/server-state';
import type { Session } from '#server/session';
import type { HeldRules, ObjectView, ViewChange } from '#repository/object-repository';

/** Who asks, in which version. */
export interface Asking {
  readonly version: Version;
  readonly session: Session;
  readonly services: ServerState;
  readonly pace: Pace;
  /** Bytes of the request. */
  readonly size: number;
  /** Material that was opened for the request: whoever encodes the answer ends it then. */
  readonly opened: Opened;
  readonly effort: Effort;
}

/** What has been done for a request so far. */
export interface Effort {
  /** Work of a thread was. */
  isHeavy: boolean;
}

/**
 * What took long is not kept for a client that has left meanwhile: it would never learn of it.
 * @throws KmipError OperationCanceledByRequester.
 */
export function refuseIfLeft({ effort, session }: Pick<Asking, 'effort' | 'session'>): void {
  if (!effort.isHeavy || session.hasLeft?.() !== true) return;
  throw new KmipError('OperationCanceledByRequester', 'the client left before its work was done: nothing is kept');
}

/** What the items of one request share. */
export interface Batch extends Asking {
  readonly placeholders: Placeholders;
  readonly view: ObjectView;
}

/** What is run, and what its audit record says when all goes well. */
export interface Run {
  readonly operation: Pick<Operation, 'name' | 'rights'>;
  readonly entry: AuditEntry;
  /** Gets the identifiers of all objects that the operation held or made; the entry's objects are these. */
  readonly touched: string[];
}

/** It keeps the record that it came from, which a change names. */
class LoadedObject implements Loaded {
  readonly object: ManagedObject;
  readonly record: Kept<ManagedObject>;
  readonly #opened: Opened;

  constructor(record: Kept<ManagedObject>, now: number, opened: Opened) {
    const { id, owner, attributes, indexes, structure } = record.value;
    this.object = { id, owner, attributes: attributesAt(attributes, now), indexes, structure };
    this.record = record;
    this.#opened = opened;
  }

  get room(): number {
    return this.record.room;
  }

  openStructure(): ObjectStructure {
    const { structure } = this.object;
    if (!this.record.hasMaterial) return structure;
    this.#opened.demandRoom();
    const material = this.record.openMaterial();
    this.#opened.add(material);
    return putMaterial(structure, material);
  }
}

function recordOf(loaded: Loaded): Kept<ManagedObject> {
  if (!(loaded instanceof LoadedObject)) throw new Error('only what was loaded can be changed');
  return loaded.record;
}

/** Of one value of an attribute that is checked, encoded and made a term of. */
const workOfValue = 4;

const attributesIn = (change: ObjectChange): Attributes =>
  'create' in change ? change.create.attributes : 'to' in change ? change.to.attributes : {};

/** So many are looked through as fast as asked of a set. */
const fewTouched = 8;

/** Of one record that is read and opened. */
const workOfLoad = 50;

/** Made for every item of every request: methods, so that it costs no closures. */
export class RunContext implements Context {
  readonly version: Version;
  readonly #batch: Batch;
  readonly #run: Run;
  readonly #milliseconds: number;
  #entryId: string | undefined;
  #held: Promise<HeldRules> | undefined;
  #touchedIds: Set<string> | undefined;

  constructor(batch: Batch, run: Run) {
    this.version = batch.version;
    this.#batch = batch;
    this.#run = run;
    this.#milliseconds = batch.services.now();
  }

  /** The audit record that went with the change, when there was one. */
  get entryId(): string | undefined {
    return this.#entryId;
  }

  get rules(): Rules {
    return rulesOf(this.version);
  }

  get clientId(): string {
    return this.#batch.session.clientId;
  }

  get server(): ServerFacts {
    return this.#batch.services.facts;
  }

  get offered(): Offered {
    return offeredIn(this.version, this.server);
  }

  get authority(): CertificateAuthority {
    const { authority } = this.#batch.services;
    if (authority === undefined) {
      throw new KmipError('FeatureNotSupported', 'the server has no certificate authority');
    }
    return authority;
  }

  refuseUndo(what: string): void {
    const { services, view } = this.#batch;
    if (view === services.objects) return;
    throw new KmipError('FeatureNotSupported', `${what} cannot be undone: it has no place in a batch with Undo`);
  }

  get streams(): Streams {
    this.refuseUndo('a stream');
    const { session, services } = this.#batch;
    return services.streams.of(session);
  }

  get interopSession(): InteropSession {
    const { interopBegun } = this.#batch.services;
    return {
      begin: () => void interopBegun.set(this.clientId, this.newIdentifier()),
      since: () => interopBegun.get(this.clientId),
    };
  }

  now(): number {
    return Math.floor(this.#milliseconds / 1000);
  }

  random(length: number): Uint8Array {
    return this.#batch.services.random(length);
  }

  wipeLater(bytes: Uint8Array): void {
    this.#batch.opened.add(bytes);
  }

  newObject(from: NewObjectOfCaller): MadeObject {
    return newObject({ ...from, id: from.id ?? this.newIdentifier(), owner: this.clientId, now: this.now() });
  }

  newIdentifier(): string {
    return this.#batch.services.newIdentifier(this.#milliseconds);
  }

  async load(reference: ObjectReference | undefined, right: ObjectRight): Promise<Loaded> {
    const { placeholders, session, view } = this.#batch;
    const id = placeholders.resolve(reference);
    let record: Kept<ManagedObject> | undefined;
    try {
      record = await view.get(id);
    } catch (error) {
      this.#hearOfDamage(error, id);
    }
    // A read is done at once: many of them would leave nobody a turn.
    const turn = this.pace(workOfLoad);
    if (turn !== undefined) await turn;
    // One answer for both, so that nobody learns of foreign objects.
    if (
      record === undefined ||
      !this.#hasWordFor(record.value) ||
      !mayOn(session, this.#run.operation, record.value, right)
    ) {
      throw new KmipError('ObjectNotFound', 'no object of yours has this Unique Identifier');
    }
    this.#touch(id);
    // "Any archived object SHALL first be made available by a Recover operation" (2.1 §6.1; 1.4 §4).
    if (right !== 'archive' && storageStatusOf(record.value.attributes) === 'ArchivalStorage') {
      throw new KmipError('ObjectArchived', 'the object is archived: recover it first');
    }
    return new LoadedObject(record, this.now(), this.#batch.opened);
  }

  async isTaken(id: string): Promise<boolean> {
    try {
      return (await this.#batch.view.get(id)) !== undefined;
    } catch (error) {
      if (error instanceof DamagedRecordError) return true;
      throw error;
    }
  }

  /** Of a damaged record its terms alone say whose it is: its owner hears of it, and nobody else. */
  #hearOfDamage(error: unknown, id: string): void {
    if (!(error instanceof DamagedRecordError)) throw error;
    const { store } = this.#batch.services;
    if (!error.terms.includes(ownerTerm(store.term, this.clientId))) return;
    this.#touch(id);
    throw new KmipError('GeneralFailure', 'the record of the object is damaged: ask the operator of the server');
  }

  async *find(query: ObjectQuery): AsyncGenerator<Loaded> {
    const { session, services, view } = this.#batch;
    const { pace } = this.#batch;
    for await (const record of candidates(query, session.clientId, services.store.term, view, this.now(), pace)) {
      if (!this.#hasWordFor(record.value) || !mayOn(session, this.#run.operation, record.value, 'read')) continue;
      yield new LoadedObject(record, this.now(), this.#batch.opened);
    }
  }

  async creationRules(): Promise<CreationRules> {
    return (await this.#heldRules()).rules;
  }

  /** Read once, so that defaults and constraints of one request are of one time. */
  #heldRules(): Promise<HeldRules> {
    this.#held ??= this.#batch.view.rules(this.clientId);
    return this.#held;
  }

  async commit(changes: readonly ObjectChange[]): Promise<void> {
    const viewChanges: ViewChange[] = [];
    for (const change of changes) {
      const turn = this.pace(workOfValue * valuesIn(attributesIn(change)));
      if (turn !== undefined) await turn;
      const made = await this.#viewChange(change);
      if (made !== undefined) viewChanges.push(made);
    }
    refuseIfLeft(this.#batch);
    this.#entryId = await this.#batch.view.commit(viewChanges, this.#run.entry);
  }

  async #viewChange(change: ObjectChange): Promise<ViewChange | undefined> {
    if ('create' in change) {
      await checkConstraints(change.create, await this.creationRules(), this.#batch.pace);
      this.#touch(change.create.id);
      const { create, material, inPlaceOf } = change;
      return inPlaceOf === undefined ? change : { update: recordOf(inPlaceOf), to: create, material: material ?? null };
    }
    if ('rules' in change) return { ...(await this.#heldRules()), rules: change.rules };
    if ('remove' in change) return { remove: recordOf(change.remove) };
    if ('issued' in change) return issueOf(change.issued, change.object, this.clientId);
    if ('revoked' in change) return await revocationOf(change, this.#batch.view, this.#milliseconds);
    const { update, to, material, lasting } = change;
    return {
      ...{ update: recordOf(update), to },
      ...(material === undefined ? {} : { material }),
      ...(lasting === undefined ? {} : { lasting }),
    };
  }

  setPlaceholder(id: string | undefined): void {
    this.#batch.placeholders.placeholder = id;
  }

  pace(work: number): Promise<void> | undefined {
    return this.#batch.pace(work);
  }

  inTurn<T>(work: () => T): Promise<T> {
    const { services, session } = this.#batch;
    return services.turns.run(this.clientId, async () => {
      if (session.isClosed?.() === true) {
        throw new KmipError('OperationCanceledByRequester', 'the connection is closed');
      }
      const result = work();
      await setImmediate();
      return result;
    });
  }

  heavily<N extends TaskName>(task: N, input: TaskInput<N>): Promise<TaskOutput<N>> {
    const { services, session, effort } = this.#batch;
    const { workers, random } = services;
    if (!workers.isHeavy(task, input)) return workers.atOnce(task, input, random);
    effort.isHeavy = true;
    const hasLeft = (): boolean => session.hasLeft?.() === true;
    return workers.run(task, input, { client: this.clientId, random, hasLeft });
  }

  log(message: string): void {
    const { services, session } = this.#batch;
    const { clientId: client, connection } = session;
    services.counted.note('info', 'a client says', { client }, { connection, text: message }, ownLines);
  }

  /** An object of a type that the version does not know is none of its world: Templates in 2.x, PGP Keys in 1.0. */
  #hasWordFor({ structure }: ManagedObject): boolean {
    return enumerationHas('ObjectType', structure.objectType, this.version);
  }

  #touch(id: string): void {
    const { touched } = this.#run;
    if (touched.length < fewTouched) {
      if (!touched.includes(id)) touched.push(id);
      return;
    }
    this.#touchedIds ??= new Set(touched);
    if (this.#touchedIds.has(id)) return;
    this.#touchedIds.add(id);
    touched.push(id);
  }
}
