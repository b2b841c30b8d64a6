import type { MadeObject } from '#objects/new-object';
import type { Context, ObjectChange } from './context.ts';

/** Commits what was made, then the other changes, all or nothing; its material is wiped whatever comes of it. */
export async function keep(
  made: readonly MadeObject[],
  context: Context,
  others: readonly ObjectChange[] = [],
): Promise<void> {
  const created = made.map(({ object, material }): ObjectChange => ({
    create: object,
    ...(material === undefined ? {} : { material }),
  }));
  try {
    await context.commit([...created, ...others]);
  } finally {
    for (const { material } of made) material?.fill(0);
  }
}
