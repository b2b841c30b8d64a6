/**
 * What a server of a profile must have, as far as the text of the profile says it. All names are those of the XML
 * encoding.
 */
export interface Requirements {
  readonly objects?: readonly string[];
  readonly attributes?: readonly string[];
  readonly operations?: readonly string[];
  /** Values by enumeration. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
}

export interface Profile extends Requirements {
  /** Its name in Query's answer is this, followed by the version, as in `TapeLibraryServerKMIPV1_0`. */
  readonly name: string;
  /** The document of 19 May 2015 and the section of its server clause. */
  readonly source: string;
  /** Of the protocol, as in `1.2`. */
  readonly versions: readonly string[];
  /** What is required in addition from a version on. */
  readonly since?: Readonly<Record<string, Requirements>>;
  readonly customAttributes?: CustomAttributes;
  /** The family of its test cases: the part of their names before `-M-` and `-O-`. */
  readonly cases: string;
}

export interface CustomAttributes {
  readonly types: readonly string[];
  /**
   * Each is a minimum: attributes of one object, characters of a name, characters of a value and of the attribute Name.
   */
  readonly perObject: number;
  readonly nameLength: number;
  readonly valueLength: number;
}
