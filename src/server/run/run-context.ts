/** The Context of one run of one operation: where authorization, clock and audit meet the store. */
import { setImmediate } from 'node:timers/promises';
import { mayOn } from '#access/rights';
import { checkConstraints, type CreationRules } from '#objects/creation-rules';
import { valuesIn, type Attributes } from '#objects/attributes/attributes';
import type { ManagedObject } from '#objects/managed-object';
import { newObject, type MadeObject } from '#objects/new-object';
import { storageStatusOf } from '#objects/storage-status';
import { objectArchived, objectNotFound } from '#objects/object-errors';
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
import type { ObjectRight } from '#operations/rights';
import { enumerationHas } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';
import { rulesOf, type Rules, type WireVersion } from '#protocol/versions';
import { DamagedRecordError } from '#store/engines/engine';
import { ownerTerm } from '#repository/index-terms';
import type { TaskInput, TaskName, TaskOutput } from '#workers/tasks';
import { demandConnection } from './demand-connection.ts';
import { offeredIn } from './offered.ts';
import { refuseIfLeft, type BatchRun, type ItemRun } from './request-run.ts';
import { ownLines } from '#server/counted-log';
import { matchingObjects } from '#repository/locate-index';
import type { HeldObject, Holder } from '#repository/held-object';
import type { HeldRules } from '#repository/store-changes';

/** Of one value of an attribute that is checked, encoded and made a term of. */
const workOfValue = 4;

const attributesIn = (change: ObjectChange): Attributes =>
  'create' in change ? change.create.attributes : 'to' in change ? change.to.attributes : {};

/** Of one record that is read and opened. */
const workOfLoad = 50;

/** Made for every item of every request: methods, so that it costs no closures. */
export class RunContext implements Context {
  readonly version: WireVersion;
  readonly #batch: BatchRun;
  readonly #run: ItemRun;
  readonly #milliseconds: number;
  readonly #holder: Holder;
  #entryId: string | undefined;
  #held: Promise<HeldRules> | undefined;

  constructor(batch: BatchRun, run: ItemRun) {
    this.version = batch.version;
    this.#batch = batch;
    this.#run = run;
    this.#milliseconds = batch.state.now();
    this.#holder = { seconds: Math.floor(this.#milliseconds / 1000), opened: batch.scope.secretsToWipe };
  }

  /** The audit record that went with the change, when there was one. */
  get entryId(): string | undefined {
    return this.#entryId;
  }

  get rules(): Rules {
    return rulesOf(this.version);
  }

  get clientId(): string {
    return this.#batch.scope.principal.clientId;
  }

  get server(): ServerFacts {
    return this.#batch.state.facts;
  }

  get offered(): Offered {
    return offeredIn(this.version, this.server);
  }

  get authority(): CertificateAuthority {
    const { authority } = this.#batch.state;
    if (authority === undefined) {
      throw new KmipError('FeatureNotSupported', 'the server has no certificate authority');
    }
    return authority;
  }

  refuseUndo(what: string): void {
    if (!this.#batch.objects.isStaged) return;
    throw new KmipError('FeatureNotSupported', `${what} cannot be undone: it is not supported in a batch with Undo`);
  }

  get streams(): Streams {
    this.refuseUndo('a stream');
    const { scope, state } = this.#batch;
    return state.streams.of(scope);
  }

  get interopSession(): InteropSession {
    const { interopBegun } = this.#batch.state;
    return {
      begin: () => void interopBegun.set(this.clientId, this.newIdentifier()),
      since: () => interopBegun.get(this.clientId),
    };
  }

  now(): number {
    return this.#holder.seconds;
  }

  random(length: number): Uint8Array {
    return this.#batch.state.random(length);
  }

  wipeLater(bytes: Uint8Array): void {
    this.#batch.scope.secretsToWipe.add(bytes);
  }

  newObject(from: NewObjectOfCaller): MadeObject {
    return newObject({ ...from, id: from.id ?? this.newIdentifier(), owner: this.clientId, now: this.now() });
  }

  newIdentifier(): string {
    return this.#batch.state.newIdentifier(this.#milliseconds);
  }

  async load(reference: ObjectReference | undefined, right: ObjectRight): Promise<Loaded> {
    const { placeholders, scope, objects } = this.#batch;
    const id = placeholders.resolve(reference);
    let held: HeldObject | undefined;
    try {
      held = await objects.get(id, this.#holder);
    } catch (error) {
      this.#hearOfDamage(error, id);
    }
    // A read is done at once: many of them would leave nobody a turn.
    const turn = this.pace(workOfLoad);
    if (turn !== undefined) await turn;
    // One answer for both, so that nobody learns of foreign objects.
    if (
      held === undefined ||
      !this.#hasWordFor(held.object) ||
      !mayOn(scope.principal, this.#run.operation, held.object, right)
    ) {
      throw objectNotFound();
    }
    this.#run.touched.add(id);
    // "Any archived object SHALL first be made available by a Recover operation" (2.1 §6.1; 1.4 §4).
    if (right !== 'archive' && storageStatusOf(held.object.attributes) === 'ArchivalStorage') {
      throw objectArchived();
    }
    return held;
  }

  async isTaken(id: string): Promise<boolean> {
    try {
      return (await this.#batch.objects.get(id, this.#holder)) !== undefined;
    } catch (error) {
      if (error instanceof DamagedRecordError) return true;
      throw error;
    }
  }

  /** Of a damaged record its terms alone say whose it is: its owner hears of it, and nobody else. */
  #hearOfDamage(error: unknown, id: string): void {
    if (!(error instanceof DamagedRecordError)) throw error;
    const { store } = this.#batch.state;
    if (!error.terms.includes(ownerTerm(store.term, this.clientId))) return;
    this.#run.touched.add(id);
    throw new KmipError('GeneralFailure', 'the record of the object is damaged: ask the operator of the server');
  }

  async *find(query: ObjectQuery): AsyncGenerator<Loaded> {
    const { scope, state, objects } = this.#batch;
    const { principal, pace } = scope;
    for await (const held of matchingObjects(
      query,
      principal.clientId,
      state.store.term,
      objects,
      this.#holder,
      pace,
    )) {
      if (this.#hasWordFor(held.object) && mayOn(principal, this.#run.operation, held.object, 'read')) yield held;
    }
  }

  async creationRules(): Promise<CreationRules> {
    return (await this.#heldRules()).rules;
  }

  /** Read once, so that defaults and constraints of one request are of one time. */
  #heldRules(): Promise<HeldRules> {
    this.#held ??= this.#batch.objects.rules(this.clientId);
    return this.#held;
  }

  async commit(changes: readonly ObjectChange[]): Promise<void> {
    for (const change of changes) {
      const turn = this.pace(workOfValue * valuesIn(attributesIn(change)));
      if (turn !== undefined) await turn;
      if (!('create' in change)) continue;
      await checkConstraints(change.create, await this.creationRules(), this.#batch.scope.pace);
      this.#run.touched.add(change.create.id);
    }
    refuseIfLeft(this.#batch.scope);
    this.#entryId = await this.#batch.objects.commit(changes, {
      client: this.clientId,
      now: this.#milliseconds,
      entry: this.#run.entry,
      rules: () => this.#heldRules(),
    });
  }

  setPlaceholder(id: string | undefined): void {
    this.#batch.placeholders.placeholder = id;
  }

  pace(work: number): Promise<void> | undefined {
    return this.#batch.scope.pace(work);
  }

  inTurn<T>(work: () => T): Promise<T> {
    const { scope, state } = this.#batch;
    return state.turns.run(this.clientId, async () => {
      demandConnection(scope.signal);
      const result = work();
      await setImmediate();
      return result;
    });
  }

  heavily<N extends TaskName>(task: N, input: TaskInput<N>): Promise<TaskOutput<N>> {
    const { scope, state } = this.#batch;
    const { workers, random } = state;
    if (!workers.isHeavy(task, input)) return workers.atOnce(task, input, random);
    scope.isHeavy = true;
    return workers.run(task, input, { client: this.clientId, random, hasLeft: () => scope.hasLeft });
  }

  log(message: string): void {
    const { scope, state } = this.#batch;
    const { connection } = scope.origin;
    state.counted.note('info', 'a client says', { client: this.clientId }, { connection, text: message }, ownLines);
  }

  /** A client sees no object whose type its version does not have: Templates in 2.x, PGP Keys in 1.0. */
  #hasWordFor({ structure }: ManagedObject): boolean {
    return enumerationHas('ObjectType', structure.objectType, this.version);
  }
}
