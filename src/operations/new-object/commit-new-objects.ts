import type { MadeObject } from '#objects/new-object';
import type { Context, Loaded, ObjectChange } from '#operations/context';

/** What was made, and the object whose identifier it takes over, if there is one. */
export interface ToKeep extends MadeObject {
  readonly inPlaceOf?: Loaded | undefined;
}

/** Commits what was made, then the other changes, all or nothing; its material is wiped whatever comes of it. */
export async function keep(
  made: readonly ToKeep[],
  context: Context,
  others: readonly ObjectChange[] = [],
): Promise<void> {
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
}
