import type { MadeObject } from '#objects/new-object';
import type { Context, Loaded, ObjectChange } from '#operations/context';

/** A new object, and the object whose identifier it takes over, if there is one. */
export interface ToKeep extends MadeObject {
  readonly inPlaceOf?: Loaded | undefined;
}

/** Commits new objects and other changes, all or none; wipes the new material in every case. */
export async function commitNewObjects(
  made: readonly ToKeep[],
  context: Context,
  others: readonly ObjectChange[] = [],
): Promise<string> {
  const created = made.map(({ object, material, inPlaceOf }): ObjectChange => ({
    create: object,
    ...(material === undefined ? {} : { material }),
    ...(inPlaceOf === undefined ? {} : { inPlaceOf }),
  }));
  try {
    await context.commit([...created, ...others]);
  } finally {
    for (const { material } of made) material?.fill(0);
  }
  const [first] = made;
  if (first === undefined) throw new Error('nothing was made');
  context.setPlaceholder(first.object.id);
  return first.object.id;
}
