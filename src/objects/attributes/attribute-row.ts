/** What a row of the attribute table says: the columns, and how a row is written down. */
import { dateTime, type Codec } from '#protocol/codecs';
import type { EnumerationValue } from '#protocol/enumerations';
import type { ResultReason } from '#protocol/kmip-error';
import { tagName, tags } from '#protocol/tags';
import { V1_0, V2_0, type Range } from '#protocol/versions';
import { equalsEach, fieldsMatch, withinRange, type Matcher } from '#objects/matching';

export type ObjectType = EnumerationValue<'ObjectType'>;

/**
 * When a client may change an existing value: the state follows from the clock, `untilReached` also depends on the
 * stored date.
 */
export type Modifiable =
  'never' | 'toFalse' | 'inAnyState' | 'whilePreActive' | 'untilDeactivated' | 'untilReached' | 'untilAllocated';

export interface AttributeRow<T = unknown, M extends boolean = boolean> extends Range, Behaviour<T> {
  /** Its Attribute Name in 1.x. */
  readonly name: string;
  readonly tag: number;
  readonly codec: Codec<T>;
  /** Several instances on one object. */
  readonly multiple: M;
  /**
   * Who gives the first value. 'creation': the server's by the table, taken from the request that creates or registers
   * the object, fixed from then on.
   */
  readonly setBy: 'client' | 'server' | 'either' | 'creation';
  readonly modifiable: Modifiable;
  readonly deletable: boolean;
  readonly objects: ReadonlySet<ObjectType>;
  /**
   * Returned when a client names it, but left out of "all attributes": some clients cannot read an answer that contains
   * it.
   */
  readonly onlyByName?: true;
  /**
   * How Locate compares. `index` turns a stored value, or a (perhaps partial) requested one, into the content of an
   * index term. It returns undefined when a term would not narrow the search, or when matching values may have other
   * terms.
   */
  readonly matches: Matcher;
  readonly index?: (value: Partial<T>) => string | undefined;
}

/**
 * What sets an attribute apart, beyond who may set it and when; each column is left out where there is nothing to say.
 */
export interface Behaviour<T> {
  /** No value twice on one object. */
  readonly distinct?: true;
  /** Rules for values, in addition to their type. */
  readonly check?: (value: T) => void;
  /** What the first value must be besides, of which later ones may leave out parts. @throws KmipError. */
  readonly checkFirst?: (value: T) => void;
  /** What is kept of a value that a client gives in place of `held`. @throws KmipError with `readOnly`. */
  readonly kept?: (given: T, held: T | undefined, readOnly: ResultReason) => T;
  /** The date that this one may not precede. */
  readonly notBefore?: Uncapitalize<keyof typeof tags>;
  /** What else changes with the attribute, at `now` (seconds). */
  readonly onChange?: (attributes: Guarded & Lifetime, now: number) => Guarded & Lifetime;
  /**
   * What the object that takes another's place gets of the other's values; of all that clients set it gets a copy,
   * where the request gives no value. 'merged': those of the request join the others. 'moved': dates that an Offset
   * moves, and that are copied without one.
   */
  readonly onReplacement?: 'notCopied' | 'merged' | 'moved';
  /** Which values are copied, where not all of them are. */
  readonly isCopied?: (value: T, objectType: ObjectType) => boolean;
  /** Whether the value says how large a key is: then no other attribute that says it is copied, or set by default. */
  readonly saysSize?: (value: T) => boolean;
  /**
   * "SHALL contain the same value for both Private and Public Key" (2.1 table 191): given for one, it holds for both.
   */
  readonly sameInPair?: true;
  /**
   * What the server sets on every new object but Templates (2.1 chapter 4, "When implicitly set"), in place of what was
   * given; undefined leaves that.
   */
  readonly initial?: (made: Beginning, given: T | undefined) => T | undefined;
  /** On Templates too. */
  readonly initialOfTemplates?: true;
}

/** The attributes that the state follows from. */
export interface Lifetime {
  readonly state?: EnumerationValue<'State'> | undefined;
  readonly activationDate?: number | undefined;
  readonly deactivationDate?: number | undefined;
}

/** Those that say how a value may leave the server, and whether that was always so. */
export interface Guarded {
  readonly sensitive?: boolean | undefined;
  readonly alwaysSensitive?: boolean | undefined;
  readonly extractable?: boolean | undefined;
  readonly neverExtractable?: boolean | undefined;
}

/** What a new object begins with. */
export interface Beginning {
  readonly id: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** The server made the material, as against a client that registered it. */
  readonly generated: boolean;
  /** What the client gave, and what the server found out. */
  readonly given: Guarded & Lifetime;
}

export const types = (...list: ObjectType[]): ReadonlySet<ObjectType> => new Set(list);
const keys: ObjectType[] = ['SymmetricKey', 'PublicKey', 'PrivateKey', 'SplitKey', 'PGPKey'];
/** Errata 01 of 1.4: an Opaque Object may be a Managed Cryptographic Object, and is treated as one for attributes. */
export const cryptographic = types(...keys, 'Certificate', 'SecretData', 'OpaqueObject', 'CertificateRequest');
/** All types, with Templates, which contain the attributes of objects created from them. */
export const everything = types(...cryptographic, 'Template');
export const withMaterial = types('SymmetricKey', 'PrivateKey', 'SplitKey', 'SecretData', 'Template');
export const certificates = types('Certificate', 'PGPKey');
export const keyPairs = types('PublicKey', 'PrivateKey', 'Template');

// Named groups of columns.
export const byServer = { setBy: 'server', modifiable: 'never', deletable: false } as const;
export const atCreation = { setBy: 'creation', modifiable: 'never', deletable: false } as const;
export const fixed = { setBy: 'either', modifiable: 'never', deletable: false } as const;
export const byClient = { setBy: 'either', modifiable: 'inAnyState', deletable: true } as const;
export const flag = { setBy: 'either', modifiable: 'inAnyState', deletable: false } as const;
export const multiple = { multiple: true } as const;
/** What requests of 1.x must also say about a certificate (1.4 §4.3, table 171). */
export const toldOfCertificate = { ...atCreation, objects: certificates } as const;
export const ofCertificate = { ...byServer, objects: certificates } as const;
/** Certificate Attributes (2.1 §4.6): the parts of a certificate's subject and issuer, one attribute each. */
export const nameParts = { ...ofCertificate, ...multiple, since: V2_0 } as const;

type Columns<T, M extends boolean> = Partial<Range> &
  Behaviour<NoInfer<T>> & {
    readonly setBy: AttributeRow['setBy'];
    readonly modifiable: Modifiable;
    readonly deletable: boolean;
    readonly multiple?: M;
    readonly objects?: ReadonlySet<ObjectType>;
    readonly matches?: Matcher;
    readonly onlyByName?: true;
  };

/** How Locate compares values of one kind when the row does not say. */
const matcherOf = (codec: Pick<Codec<unknown>, 'readPartial'>): Matcher =>
  codec === dateTime ? withinRange : codec.readPartial === undefined ? equalsEach : fieldsMatch;

/**
 * In characters. Longer values are rare and expensive to hash: Locate searches for them among all objects of the
 * client.
 */
export const longestIndexed = 4096;

const shortEnough = (indexed: string | undefined): string | undefined =>
  indexed === undefined || indexed.length > longestIndexed ? undefined : indexed;

/** The name is that of the tag. Most rows need only a tag, a codec and a group. */
export function row<T, M extends boolean = false>(
  tag: number,
  codec: Codec<T>,
  columns: Columns<T, M>,
  index?: (value: Partial<T>) => string | undefined,
): AttributeRow<T, M> {
  const key = tagName(tag);
  if (key === undefined) throw new Error(`tag ${tag.toString(16)} has no row`);
  return {
    since: V1_0,
    objects: everything,
    matches: matcherOf(codec),
    ...columns,
    multiple: (columns.multiple ?? false) as M,
    name: tags[key].name,
    tag,
    codec,
    ...(index === undefined ? {} : { index: (value: Partial<T>) => shortEnough(index(value)) }),
  };
}
