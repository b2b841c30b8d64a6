/**
 * The versions of the protocol, and every difference of behaviour between them that is neither the presence of a field
 * (`since`, `until` on a row) nor its shape (a codec). Version numbers occur only here and in rows.
 */

/** Major and minor in one number, so that versions compare: 0x0104 is 1.4. */
export type WireVersion = number;

/**
 * What is kept is written for no version of the protocol: it has every row, in the shapes of 2.x, whatever versions
 * come.
 */
export const atRest = 'at-rest' as const;

/** What a value is read or written for: a version on a wire, or the store. */
export type Version = WireVersion | typeof atRest;
export const isAtRest = (version: Version): version is typeof atRest => version === atRest;

export const V1_0: WireVersion = 0x0100;
export const V1_1: WireVersion = 0x0101;
export const V1_2: WireVersion = 0x0102;
export const V1_3: WireVersion = 0x0103;
export const V1_4: WireVersion = 0x0104;
export const V2_0: WireVersion = 0x0200;
export const V2_1: WireVersion = 0x0201;

export const versionOf = (major: number, minor: number): WireVersion => major * 0x100 + minor;
export const majorOf = (version: WireVersion): number => Math.floor(version / 0x100);
export const minorOf = (version: WireVersion): number => version % 0x100;
export const versionText = (version: WireVersion): string => `${majorOf(version)}.${minorOf(version)}`;

/**
 * The versions that have a row; both ends belong to it, no `until` means every later one. What is at rest has each row.
 */
export interface Range {
  readonly since: WireVersion;
  readonly until?: WireVersion;
  /** No version has it on a wire. */
  readonly keptOnly?: true;
}

export const inRange = ({ since, until, keptOnly }: Range, version: Version): boolean =>
  version === atRest || (keptOnly !== true && version >= since && (until === undefined || version <= until));

/** The differences of shape and behaviour; everything else is presence of a row. */
export interface Rules {
  /**
   * Attributes{...} by tag, Attribute References, New and Current Attribute; 1.x has Attribute{Name, Index,
   * Value}. 2.1 §5.1 against 1.4 §2.1.1.
   */
  readonly attributesAreTagged: boolean;
  /** Identifiers may be an Enumeration or the number of an earlier batch item. 2.1 §4.58 against 1.4 §3.1. */
  readonly identifiersAreTyped: boolean;
  /** The Asynchronous Indicator is an Enumeration; 1.x has a Boolean. 2.1 §9.2 against 1.4 §6.7. */
  readonly asynchronousIndicatorIsEnumeration: boolean;
  /** The header says how many items the message has. 2.1 §9.5; 1.4 §6.14. */
  readonly batchesAreCounted: boolean;
  /** What an absent Batch Order Option means. 2.1 §8.2 against 1.4 §7.2. */
  readonly batchesAreOrdered: boolean;
  /**
   * Delete Attribute requires an Attribute Index when there are several instances. 1.0 §4.15, §11.16 against 1.1 §4.16.
   */
  readonly deletionNeedsIndex: boolean;
  /** Templates are objects, and Template-Attributes name them. 1.4 §2.2.6; gone in 2.x. */
  readonly hasTemplates: boolean;
  /** "The server SHALL verify that the specified mode matches" the key's own parameters. 1.4 §4.6 against 2.1 §7.12. */
  readonly derivesByOwnParameters: boolean;
  /** A key has a digest in the default Key Format Type too. 2.1 §4.26 against 1.4 §3.17. */
  readonly digestsInDefaultFormat: boolean;
  /** Secret Data that protects a PKCS#12 container must be Active. 2.1 §11.46 against 1.4 §11.4. */
  readonly passwordsAreActive: boolean;
  /** The polynomial of GF(2^8) for Split Keys: that of FIPS 197 (1.4 §2.2.5) against "285" (2.1 §13.1). */
  readonly splitKeyPolynomial: 0x11b | 0x11d;
}

/** Every version that is served, the oldest first, with the rules that changed with it. */
const versions: readonly [readonly [WireVersion, Rules], ...(readonly [WireVersion, Partial<Rules>])[]] = [
  [
    V1_0,
    {
      attributesAreTagged: false,
      identifiersAreTyped: false,
      asynchronousIndicatorIsEnumeration: false,
      batchesAreCounted: true,
      batchesAreOrdered: false,
      deletionNeedsIndex: true,
      hasTemplates: true,
      derivesByOwnParameters: true,
      digestsInDefaultFormat: false,
      passwordsAreActive: false,
      splitKeyPolynomial: 0x11b,
    },
  ],
  [V1_1, { deletionNeedsIndex: false }],
  [V1_2, {}],
  [V1_3, {}],
  [V1_4, {}],
  [
    V2_0,
    {
      attributesAreTagged: true,
      identifiersAreTyped: true,
      asynchronousIndicatorIsEnumeration: true,
      batchesAreOrdered: true,
      hasTemplates: false,
      derivesByOwnParameters: false,
      digestsInDefaultFormat: true,
      passwordsAreActive: true,
      splitKeyPolynomial: 0x11d,
    },
  ],
  [V2_1, {}],
];

/** What Discover Versions offers, the newest first (KMIP 2.1 §6.1.16: ranked in order of preference). */
export const supportedVersions: readonly WireVersion[] = versions.map(([version]) => version).reverse();
export const [newestVersion = V1_0] = supportedVersions;
const [[oldestVersion, oldestRules]] = versions;

const rules = new Map<Version, Rules>();
let latest = oldestRules;
for (const [version, changes] of versions) {
  latest = { ...latest, ...changes };
  rules.set(version, latest);
}
rules.set(atRest, rules.get(V2_1) ?? latest);

/**
 * The version of an answer when that of the request is unknown or not supported: the nearest that is not newer, else
 * the oldest.
 */
export const answerVersion = (asked: WireVersion | undefined): WireVersion =>
  asked === undefined ? oldestVersion : (supportedVersions.find((version) => version <= asked) ?? oldestVersion);

/** Of a version that is not served those of the nearest that is not newer. */
export const rulesOf = (version: Version): Rules =>
  rules.get(version) ?? (version === atRest ? undefined : rules.get(answerVersion(version))) ?? oldestRules;
