import { isDestroyed } from '#objects/life-cycle';
import { enumeration, text } from '#protocol/codecs';
import { required } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import type { Context, ObjectChange } from '#operations/context';
import { defineOperation } from '#operations/operation';
import { destroyed } from '#operations/life-cycle/state-change';

/** Objects destroyed in one commit. */
const batch = 100;

/**
 * KMIP 2.1 §6.1.26. "It SHALL NOT be available in a production server": it is offered only when the operator has
 * enabled it. Begin and End change no object. Reset destroys, in whatever state, the objects that the caller has made
 * since its Begin; the versions with Interop have no Templates.
 */
export const interop = defineOperation('Interop', {
  rights: ['ask', 'read'],
  served: 'withinQuotas',
  request: {
    interopFunction: required(Tag.InteropFunction, enumeration('InteropFunction')),
    interopIdentifier: required(Tag.InteropIdentifier, text),
  },
  response: {},
  offered: (server) => server.interop,

  async run({ interopFunction }, context) {
    if (interopFunction === 'Begin') context.interopSession.begin();
    if (interopFunction === 'Reset') await destroyAllSince(context.interopSession.since(), context);
    return {};
  },
});

/** Identifiers that the server makes are in the order of their time; imported ones do not contain a time. */
const ownIdentifier = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

async function destroyAllSince(since: string | undefined, context: Context): Promise<void> {
  if (since === undefined) return;
  const now = context.now();
  let changes: ObjectChange[] = [];
  for await (const loaded of context.find({ instances: [], storage: ['OnLineStorage', 'ArchivalStorage'] })) {
    const { object } = loaded;
    if (object.id < since) break;
    if (!ownIdentifier.test(object.id) || isDestroyed(object.attributes.state)) continue;
    changes.push(destroyed(loaded, 'reset', now));
    if (changes.length < batch) continue;
    await context.commit(changes);
    changes = [];
  }
  if (changes.length > 0) await context.commit(changes);
}
