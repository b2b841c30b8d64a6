import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import {
  newKeyPair,
  pairAsked,
  pairRequest,
  pairResponse,
  withPairDefaults,
} from '#operations/new-object/new-key-pair';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.9 (1.4 §4.2). Makes a private key and its public key. */
export const createKeyPair = defineOperation('CreateKeyPair', {
  rights: ['create', 'read'],
  served: 'withinQuotas',
  request: pairRequest,
  response: pairResponse,

  async run(request, context) {
    const asked = await withPairDefaults(await pairAsked(request, context), context);
    const made = await newKeyPair(asked, context);
    await commitNewObjects([made.private, made.public], context);
    return {
      privateKeyUniqueIdentifier: made.private.object.id,
      publicKeyUniqueIdentifier: made.public.object.id,
    };
  },
});
