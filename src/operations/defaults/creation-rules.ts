/** Checks that Set Defaults and Set Constraints share (KMIP 2.1 §6.1.52.1, §6.1.53.1). */
import type { Instance } from '#objects/attributes/attribute-codec';
import type { ObjectType } from '#objects/attributes/attributes';
import { sizeOfValue } from '#objects/value-size';
import { KmipError } from '#protocol/kmip-error';
import { registrableTypes } from '#operations/key-material/registration-rules';

/** All rules are checked whenever an object is created, so that their number is bounded above any real need. */
const maximumRules = 100;
/** In all rules together. */
const maximumAttributes = 500;
/** TTLV items in all rules together. */
const maximumItems = 5000;

export function checkNumber(rules: readonly { readonly attributes?: readonly Instance[] | undefined }[]): void {
  const number = rules.reduce((sum, { attributes = [] }) => sum + attributes.length, 0);
  if (rules.length > maximumRules || number > maximumAttributes) {
    throw new KmipError(
      'ServerLimitExceeded',
      `at most ${maximumRules} rules can be set, with at most ${maximumAttributes} attributes in all`,
    );
  }
  let size = 0;
  for (const { attributes = [] } of rules) {
    for (const { key, value } of attributes) size += sizeOfValue(key, value, maximumItems - size);
  }
  if (size <= maximumItems) return;
  throw new KmipError(
    'ServerLimitExceeded',
    `the attributes of all rules must have at most ${maximumItems} items in all`,
  );
}

/** Object Types of vendors do not exist on this server. */
export function checkTypes(types: readonly string[]): void {
  const unknown = types.find((each) => !registrableTypes.includes(each as ObjectType));
  if (unknown !== undefined) throw new KmipError('InvalidObjectType', `Object Type ${unknown} is not supported`);
}

/** Replaces the reason of a failed check by that of both error tables for an invalid attribute. */
export function asInvalidField(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof KmipError) throw new KmipError('InvalidField', error.message);
    throw error;
  }
}
