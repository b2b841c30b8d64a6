/** What the server holds of an object, straight from its store. */
import type { Attributes } from '#objects/attributes/attributes';
import { attributesAt } from '#objects/life-cycle';
import { objectKind } from '#repository/object-record';
import type { Fixture } from '#test/fixtures/fixture';

/** Its attributes as the clock has them now; undefined when nothing is left. */
export async function attributesKept(fixture: Fixture, id: string): Promise<Attributes | undefined> {
  const record = await fixture.store.get(objectKind, id);
  return record === undefined ? undefined : attributesAt(record.value.attributes, nowOf(fixture));
}

export const hasMaterial = async (fixture: Fixture, id: string): Promise<boolean | undefined> =>
  (await fixture.store.get(objectKind, id))?.hasMaterial;

/** Seconds since 1970. */
export const nowOf = ({ clock }: Fixture): number => Math.floor(clock.now / 1000);
