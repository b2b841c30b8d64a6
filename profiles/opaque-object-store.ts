import type { Profile } from './profile.ts';

export const opaqueObjectStore: Profile = {
  name: 'OpaqueManagedObjectStoreServer',
  source: 'Opaque Managed Object Store Profile 1.0, 2.3',
  versions: ['1.0', '1.1', '1.2'],
  objects: ['OpaqueObject'],
  attributes: ['ObjectType'],
  operations: ['Register'],
  values: { ObjectType: ['OpaqueObject'] },
  cases: 'OMOS',
};
