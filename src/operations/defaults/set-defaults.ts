import { givenAttributes } from '#objects/attributes/attribute-rules';
import type { ObjectType } from '#objects/attributes/attributes';
import { defaultsInformation, typesOf, type ObjectDefaults } from '#objects/creation-rules';
import { optional } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import type { Context } from '#operations/context';
import { asInvalidField, checkNumber, checkTypes } from './creation-rules.ts';
import { withLinksResolved } from '#operations/attributes/link';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.53. Replaces all defaults of the client; without Object Defaults they are removed. */
export const setDefaults = defineOperation('SetDefaults', {
  rights: ['create', 'read'],
  served: 'withinQuotas',
  request: { defaultsInformation: optional(Tag.DefaultsInformation, defaultsInformation) },
  response: {},

  async run({ defaultsInformation: given }, context) {
    const asked = given?.objectDefaults ?? [];
    checkNumber(asked);
    const objectDefaults: ObjectDefaults[] = [];
    for (const each of asked) {
      checkDefaults(each, context);
      await context.pace(each.attributes.length * typesOf(each).length);
      objectDefaults.push({ ...each, attributes: await withLinksResolved(each.attributes, context) });
    }
    await context.commit([{ rules: { ...(await context.creationRules()), objectDefaults } }]);
    return {};
  },
});

/** Each default must be an attribute that a request may give to an object of every named type. */
function checkDefaults(defaults: ObjectDefaults, { version }: Context): void {
  if ((defaults.objectType === undefined) === (defaults.objectTypes === undefined)) {
    throw new KmipError('InvalidField', 'Object Defaults must have either Object Type or Object Types');
  }
  const types = typesOf(defaults);
  checkTypes(types);
  asInvalidField(() => {
    for (const type of new Set(types)) givenAttributes(type as ObjectType, defaults.attributes, version);
  });
}
