/**
 * The changes of operations as changes of records, and what the repository must know of each before it is committed.
 */
import type { CreationRules } from '#objects/creation-rules';
import type { ManagedObject } from '#objects/managed-object';
import { isRotating } from '#objects/rotation';
import type { ObjectChange } from '#operations/context';
import { KmipError } from '#protocol/kmip-error';
import { LimitError, bounds } from '#store/engines/bounds';
import { create, remove, update, type Kept, type StoreChange } from '#store/store';
import { creationRulesKind } from './creation-rules-record.ts';
import { recordOf } from './held-object.ts';
import { issueOf, revocationOf } from './issued-certificates.ts';
import type { IssuedCertificate } from './issued-record.ts';
import { objectKind } from './object-record.ts';
import type { RepositoryPorts } from './repository-ports.ts';
import type { Share } from './room-share.ts';

/** The run of an operation that changes something. */
export interface ChangeRun {
  readonly client: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The creation rules as the run has read them, which a change of them replaces. */
  rules(): Promise<HeldRules>;
}

/** The rules that a client has set. */
export interface HeldRules {
  readonly rules: CreationRules;
  /** Their record, if there is one. */
  readonly kept: Kept<CreationRules> | undefined;
}

/** By the certificate's fingerprint. */
export type FindIssued = (fingerprint: string) => Promise<Kept<IssuedCertificate> | undefined>;

/** Undefined when there is nothing to change. */
export async function storeChange(
  change: ObjectChange,
  { client, now, rules }: ChangeRun,
  issued: FindIssued,
): Promise<StoreChange | undefined> {
  if ('create' in change) {
    const { create: object, material, inPlaceOf } = change;
    if (inPlaceOf === undefined) return create(objectKind, object.id, object, material);
    return update(recordOf(inPlaceOf), object, material ?? null);
  }
  if ('remove' in change) return remove(recordOf(change.remove));
  if ('rules' in change) {
    const { kept } = await rules();
    return kept === undefined ? create(creationRulesKind, client, change.rules) : update(kept, change.rules);
  }
  if ('issued' in change) return issueOf(change.issued, change.object, client);
  if ('revoked' in change) return await revocationOf(change, issued, now);
  return update(recordOf(change.update), change.to, change.material);
}

/** The object before and after the change; undefined for another kind of record. */
function objectsOf(
  change: StoreChange,
): { readonly before?: ManagedObject; readonly after?: ManagedObject } | undefined {
  if (change.kind !== objectKind) return undefined;
  return {
    ...(change.before === undefined ? {} : { before: change.before.value as ManagedObject }),
    ...('removed' in change ? {} : { after: change.value as ManagedObject }),
  };
}

/**
 * Which client's usage the change alters. The record of an issued certificate belongs to the server: its object counts.
 */
export function shareOf(change: StoreChange): Share {
  if (change.kind === creationRulesKind) return { before: change.id, after: change.id, isObject: false };
  const objects = objectsOf(change);
  if (objects === undefined) return { isObject: false };
  const [before, after] = [objects.before?.owner, objects.after?.owner];
  return {
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? (before === undefined ? {} : { spentBy: before }) : { after }),
    isObject: true,
  };
}

/** Reports the committed objects that will be due for rotation. */
export function noteRotating(changes: readonly StoreChange[], rotating: RepositoryPorts['rotating']): void {
  for (const change of changes) {
    const object = objectsOf(change)?.after;
    if (object !== undefined && isRotating(object.attributes)) rotating.note(object);
  }
}

/** Turns an error of the store into the client's answer. */
export async function withinLimits(commit: Promise<void>): Promise<void> {
  try {
    await commit;
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    throw new KmipError(
      'ServerLimitExceeded',
      error.limit === 'recordBytes'
        ? `an object with its attributes must take at most ${bounds.recordBytes} bytes`
        : `one change must make at most ${bounds.entriesPerCommit} records and index entries, of ${bounds.bytesPerCommit} bytes`,
    );
  }
}
