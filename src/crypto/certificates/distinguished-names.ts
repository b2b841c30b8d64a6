/**
 * Names in certificates: distinguished names (RFC 4514) and alternative names (RFC 5280 §4.2.1.6), as text and part by
 * part.
 */
import { type AsnType, Primitive } from 'asn1js';
import { childrenOf, oidOf } from '#crypto/der';

/** The parts that KMIP 2.1 §4.6 has an attribute for, by object identifier (RFC 4519 §2). */
export const nameParts = {
  '2.5.4.3': 'CN',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '1.2.840.113549.1.9.1': 'Email',
  '2.5.4.6': 'C',
  '2.5.4.8': 'ST',
  '2.5.4.7': 'L',
  '0.9.2342.19200300.100.1.1': 'UID',
  '2.5.4.5': 'SerialNumber',
  '2.5.4.12': 'Title',
  '0.9.2342.19200300.100.1.25': 'DC',
  '2.5.4.46': 'DNQualifier',
} as const;
export type NamePart = (typeof nameParts)[keyof typeof nameParts];

/** One attribute of a distinguished name, in the name's own order. */
export interface NameAttribute {
  readonly oid: string;
  readonly value: string;
}

/** What a name consists of; values of kinds that are no text are left out. */
export function attributesOfName(name: AsnType | undefined): readonly NameAttribute[] {
  const what = 'the name in the certificate';
  return childrenOf(name, what).flatMap((set) =>
    setOf(set).flatMap((each) => {
      const [type, value] = childrenOf(each, what);
      const held: unknown = (value as { valueBlock?: { value?: unknown } } | undefined)?.valueBlock?.value;
      return typeof held === 'string' ? [{ oid: oidOf(type, what), value: held }] : [];
    }),
  );
}

const setOf = (block: AsnType): readonly AsnType[] => {
  const held: unknown = (block.valueBlock as { value?: unknown }).value;
  return Array.isArray(held) ? (held as AsnType[]) : [];
};

/** The short names that RFC 4514 §3 lists, and Email as everybody calls it. */
const shortName = (oid: string): string => {
  const part = nameParts[oid as keyof typeof nameParts] as NamePart | undefined;
  return part === undefined ? oid : part === 'Email' ? 'emailAddress' : part === 'SerialNumber' ? 'serialNumber' : part;
};

/** The most specific part first, special characters escaped. */
export const nameText = (attributes: readonly NameAttribute[]): string =>
  attributes
    .map(({ oid, value }) => `${shortName(oid)}=${escaped(value)}`)
    .reverse()
    .join(',');

const escaped = (value: string): string => value.replace(/[\\",+<>;]|^[ #]| $/g, (character) => `\\${character}`);

/** The kinds of alternative names that are texts: rfc822Name, dNSName, uniformResourceIdentifier. */
const textKinds = new Set([1, 2, 6]);
const addressKind = 7;

/** Undefined for kinds that have no text. */
export function alternativeNameText(name: AsnType): string | undefined {
  const { tagNumber } = name.idBlock;
  if (!(name instanceof Primitive)) return undefined;
  const bytes = Buffer.from(name.valueBlock.valueHexView);
  if (textKinds.has(tagNumber)) return bytes.toString('latin1');
  if (tagNumber !== addressKind) return undefined;
  if (bytes.length === 4) return bytes.join('.');
  return bytes.length === 16 ? (bytes.toString('hex').match(/.{4}/g) ?? []).join(':') : undefined;
}
