import { constraints } from '#objects/creation-rules';
import { required } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.22. Returns the constraints that the client has set. */
export const getConstraints = defineOperation('GetConstraints', {
  rights: ['ask'],
  served: 'inReserve',
  request: {},
  response: { constraints: required(Tag.Constraints, constraints) },

  async run(_request, context) {
    const { constraints: demanded } = await context.creationRules();
    return { constraints: { constraint: demanded } };
  },
});
