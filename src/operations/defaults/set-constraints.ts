import { checkApplies } from '#objects/attributes/attribute-rules';
import type { ObjectType } from '#objects/attributes/attributes';
import { constraints, type Constraint } from '#objects/creation-rules';
import { required } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import type { Context } from '#operations/context';
import { asInvalidField, checkNumber, checkTypes } from './creation-rules.ts';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.52. Replaces all constraints of the client; an empty set removes them. */
export const setConstraints = defineOperation('SetConstraints', {
  rights: ['create'],
  served: 'withinQuotas',
  request: { constraints: required(Tag.Constraints, constraints) },
  response: {},

  async run({ constraints: given }, context) {
    const { constraint: demanded = [] } = given;
    checkNumber(demanded);
    for (const each of demanded) {
      checkConstraint(each, context);
      await context.pace(each.attributes?.length ?? 0);
    }
    await context.commit([{ rules: { ...(await context.creationRules()), constraints: demanded } }]);
    return {};
  },
});

/** A constraint must not require an attribute that objects of the type never have. */
function checkConstraint({ objectTypes, attributes = [] }: Constraint, { version }: Context): void {
  const types = objectTypes?.objectType ?? [];
  checkTypes(types);
  asInvalidField(() => {
    for (const type of new Set(types)) {
      for (const each of attributes) checkApplies(type as ObjectType, each, version);
    }
  });
}
