/**
 * What operations change, as changes of records; and what the repository has to know of each before it is committed.
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
  /** The creation rules as the run has read them, which a change of them takes the place of. */
  rules(): Promise<HeldRules>;
}

/** What a client has laid down. */
export interface HeldRules {
  readonly rules: CreationRules;
  /** The record of them, if there is one. */
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

/** What becomes of the value of an object; undefined for another kind of record. */
function objectsOf(
  change: StoreChange,
): { readonly before?: ManagedObject; readonly after?: ManagedObject } | undefined {
  if (change.kind !== objectKind) return undefined;
  return {
    ...(change.before === undefined ? {} : { before: change.before.value as ManagedObject }),
    ...('removed' in change ? {} : { after: change.value as ManagedObject }),
  };
}

/** Whose room the change takes or leaves. The issue of a certificate is the server's own: its object counts. */
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

/** Notes what was committed and is to be rotated some time. */
export function noteRotating(changes: readonly StoreChange[], rotating: RepositoryPorts['rotating']): void {
  for (const change of changes) {
    const object = objectsOf(change)?.after;
    if (object !== undefined && isRotating(object.attributes)) rotating.note(object);
  }
}

/** Makes the client's answer of what the store does not take. */
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
