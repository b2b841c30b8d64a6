/**
 * The versions of the protocol, and every difference of behaviour between them that is no matter of presence (`since`,
 * `until` on a row) or of shape (a codec). A version number appears nowhere else but in rows.
 */

/** Major and minor in one number, so that versions compare: 0x0104 is 1.4. */
export type Version = number;

export const V1_0: Version = 0x0100;
export const V1_1: Version = 0x0101;
export const V1_2: Version = 0x0102;
export const V1_3: Version = 0x0103;
export const V1_4: Version = 0x0104;
export const V2_0: Version = 0x0200;
export const V2_1: Version = 0x0201;

/** What Discover Versions offers, the newest first (KMIP 2.1 §6.1.20: ranked in order of preference). */
export const supportedVersions: readonly Version[] = [V2_1, V2_0, V1_4, V1_3, V1_2, V1_1, V1_0];
export const newestVersion: Version = V2_1;

export const versionOf = (major: number, minor: number): Version => major * 0x100 + minor;
export const majorOf = (version: Version): number => Math.floor(version / 0x100);
export const minorOf = (version: Version): number => version % 0x100;
export const versionText = (version: Version): string => `${majorOf(version)}.${minorOf(version)}`;

/** The versions that have a row; both ends belong to it, no `until` means every later one. */
export interface Range {
  readonly since: Version;
  readonly until?: Version;
}

export const inRange = (range: Range, version: Version): boolean =>
  version >= range.since && (range.until === undefined || version <= range.until);
