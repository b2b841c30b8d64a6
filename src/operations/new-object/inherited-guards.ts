import type { Attributes } from '#objects/attributes/attributes';

/**
 * The guards of an object that reveals other secrets, such as a part of a key, whatever the request says: the stricter
 * value applies (KMIP 2.1 §4.23, §4.55).
 */
export const guardedBy = (
  sources: readonly Attributes[],
  given: Attributes,
): Pick<Attributes, 'sensitive' | 'extractable'> => ({
  sensitive: [given, ...sources].some(({ sensitive }) => sensitive === true),
  extractable: [given, ...sources].every(({ extractable }) => extractable !== false),
});
