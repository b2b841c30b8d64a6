/** Where an object is stored, for Locate's Storage Status Mask (KMIP 2.1 §12.3; 1.4 §9.1.3.3.2). */
import type { Attributes } from '#objects/attributes/attributes';

export const allStorage = ['OnLineStorage', 'ArchivalStorage', 'DestroyedStorage'] as const;
export type StorageStatus = (typeof allStorage)[number];

/** An archived object has an Archive Date: Recover deletes it (1.4 §3.32). */
export function storageStatusOf({ destroyDate, archiveDate }: Attributes): StorageStatus {
  if (destroyDate !== undefined) return 'DestroyedStorage';
  return archiveDate === undefined ? 'OnLineStorage' : 'ArchivalStorage';
}
