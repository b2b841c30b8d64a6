/** Where an object lies, which Locate's Storage Status Mask asks for (KMIP 2.1 §12.3; 1.4 §9.1.3.3.2). */
import type { Attributes } from '#objects/attributes/attributes';

export const allStorage = ['OnLineStorage', 'ArchivalStorage', 'DestroyedStorage'] as const;
export type StorageStatus = (typeof allStorage)[number];

/** The Archive Date is there as long as the object is archived: Recover deletes it (1.4 §3.32). */
export function storageStatusOf({ destroyDate, archiveDate }: Attributes): StorageStatus {
  if (destroyDate !== undefined) return 'DestroyedStorage';
  return archiveDate === undefined ? 'OnLineStorage' : 'ArchivalStorage';
}
