/** Templates of 1.x (1.4 §2.2.6): nothing but the attributes that objects made from them get. */
import type { Instance } from '#objects/attributes/attribute-codec';
import { attributeRow } from '#objects/attributes/attributes';
import { allInstances, type ManagedObject } from './managed-object.ts';
import type { ObjectStructure } from './object-structure.ts';

/** "the client-settable attributes of a Managed Cryptographic Object", as they are now. */
export const templateAttributes = (template: ManagedObject): Instance[] =>
  allInstances(template).filter(({ key }) => attributeRow(key).setBy !== 'server');

/** The stored structure of a Template is empty: only its attributes are stored, so that there is one copy to change. */
export const emptyTemplate: ObjectStructure = { objectType: 'Template', attributes: [] };

export const templateStructure = (template: ManagedObject): ObjectStructure => ({
  objectType: 'Template',
  attributes: templateAttributes(template),
});
