import { atMost } from '#protocol/bounds';
import { mask } from '#protocol/codecs';
import { many, structure } from '#protocol/fields';
import { maskBit } from '#protocol/enumerations';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';

/** KMIP 2.1 §7.33: where a client wants its objects kept. */
export const protectionStorageMasks = structure('Protection Storage Masks', {
  protectionStorageMask: many(Tag.ProtectionStorageMask, mask, atMost(32)),
});

/** Where this server stores objects (2.1 §12.2): Software and On System. */
export const offeredProtectionStorage =
  (maskBit('ProtectionStorageMask', 'Software') ?? 0) | (maskBit('ProtectionStorageMask', 'OnSystem') ?? 0);

/** One of the masks must allow the storage of this server. @throws KmipError with `reason`. */
export function checkProtectionStorage(
  masks: { readonly protectionStorageMask?: readonly number[] | undefined } | undefined,
  reason: ResultReason = 'ProtectionStorageUnavailable',
): void {
  const asked = masks?.protectionStorageMask ?? [];
  if (asked.length > 0 && !asked.some((each) => (each & ~offeredProtectionStorage) === 0)) {
    throw new KmipError(reason, 'Protection Storage Mask must allow storage in Software and On System');
  }
}
