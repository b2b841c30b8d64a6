import type { Attributes } from '#objects/attributes/attributes';

/**
 * What an object must be from which the secrets of others can be got back, such as a part of a key, whatever the request
 * says: the stricter side holds (KMIP 2.1 §4.23, §4.55).
 */
export const guardedBy = (
  sources: readonly Attributes[],
  given: Attributes,
): Pick<Attributes, 'sensitive' | 'extractable'> => ({
  sensitive: [given, ...sources].some(({ sensitive }) => sensitive === true),
  extractable: [given, ...sources].every(({ extractable }) => extractable !== false),
});
