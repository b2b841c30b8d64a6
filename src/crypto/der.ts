/**
 * The one door for DER and BER (X.690): it reads whole values, strictly and within bounds, and builds them. Faults of
 * the bytes are Invalid Field.
 */
import {
  BitString,
  Constructed,
  Enumerated,
  fromBER,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Sequence,
  type AsnType,
} from 'asn1js';
import type { KmipError } from '#protocol/kmip-error';
import { invalidField } from './refusals.ts';

/** What an encoding of one kind may be. `BER` is for the formats whose writers are known to use it: DER otherwise. */
export interface DerRules {
  /** Bytes of the whole. */
  readonly bytes: number;
  readonly depth: number;
  readonly nodes: number;
  readonly form?: 'BER';
}

/** Each far above what honest writers make, and far below what would take long. */
export const derRules = {
  key: { bytes: 16 * 1024, depth: 8, nodes: 64 },
  /** Real ones have one to four KiB. */
  certificate: { bytes: 64 * 1024, depth: 24, nodes: 4000 },
  /** PKCS#10 (RFC 2986), which some appliances write with lengths that are not the shortest. */
  request: { bytes: 16 * 1024, depth: 24, nodes: 2000, form: 'BER' },
  /** CertReqMessages (RFC 4211). */
  requestMessages: { bytes: 16 * 1024, depth: 24, nodes: 2000 },
  /** PKCS#12 (RFC 7292 §4), which may be of indefinite length. */
  container: { bytes: 256 * 1024, depth: 24, nodes: 5000, form: 'BER' },
} as const satisfies { readonly [kind: string]: DerRules };

const pemStart = Buffer.from('-----BEGIN');

/**
 * The one value that `bytes` encode; `what` names it in errors.
 * @throws KmipError InvalidField for PEM, for broken encodings, for BER where it must be DER, and for bytes after the
 * value.
 */
export function readDer(bytes: Uint8Array, what: string, rules: DerRules = derRules.key): AsnType {
  if (bytes.length > rules.bytes) throw invalidField(`${what} must have at most ${rules.bytes} bytes`);
  if (pemStart.equals(bytes.subarray(0, pemStart.length))) throw invalidField(`${what} must be DER, not PEM`);
  const { offset, result } = parsed(bytes, what, rules);
  if (offset === -1) throw broken(what);
  if (offset !== bytes.length) throw invalidField(`${what} must end with its DER encoding, but bytes follow it`);
  checkLengths(result, what, rules.form === 'BER');
  return result;
}

const broken = (what: string): KmipError => invalidField(`${what} must be one complete DER encoding`);

/** asn1js throws at values that it cannot interpret, such as some dates and times. */
function parsed(bytes: Uint8Array, what: string, { depth, nodes, bytes: maxContentLength }: DerRules) {
  try {
    return fromBER(Uint8Array.from(bytes), { maxDepth: depth, maxNodes: nodes, maxContentLength });
  } catch {
    throw broken(what);
  }
}

/**
 * BER has many encodings of one length, DER has the shortest only. asn1js does not compare the length of a block with
 * the lengths of its children.
 */
function checkLengths(block: AsnType, what: string, mayBeBer: boolean): void {
  const { lenBlock, valueBlock, idBlock } = block;
  const { length, isIndefiniteForm } = lenBlock;
  const shortest = length < 0x80 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 4;
  if (!mayBeBer && (isIndefiniteForm || lenBlock.blockLength !== shortest)) {
    throw invalidField(`${what} must be DER, not BER`);
  }
  if (!(block instanceof Constructed)) return;
  const { value } = valueBlock as Constructed['valueBlock'];
  const held = value.reduce((sum, each) => sum + each.blockLength, 0);
  if ((held !== length && !isIndefiniteForm) || !idBlock.isConstructed) throw broken(what);
  for (const each of value) checkLengths(each, what, mayBeBer);
}

/** The children of a SEQUENCE. */
export function childrenOf(block: AsnType | undefined, what: string): readonly AsnType[] {
  if (!(block instanceof Sequence)) throw invalidField(`${what} must be a SEQUENCE`);
  return block.valueBlock.value;
}

/** The integers that a SEQUENCE consists of, none negative. */
export const integersOf = (block: AsnType | undefined, what: string): readonly bigint[] =>
  childrenOf(block, what).map((each) => integerOf(each, what));

export function integerOf(block: AsnType | undefined, what: string): bigint {
  // asn1js has an ENUMERATED for an Integer too.
  if (!(block instanceof Integer) || block instanceof Enumerated) throw invalidField(`${what} must hold an INTEGER`);
  const [first = 0, second] = block.valueBlock.valueHexView;
  if (first >= 0x80 || (first === 0 && second !== undefined && second < 0x80)) {
    throw invalidField(`${what} holds an INTEGER that is negative or not of the shortest length`);
  }
  return block.toBigInt();
}

export function oidOf(block: AsnType | undefined, what: string): string {
  if (!(block instanceof ObjectIdentifier)) throw invalidField(`${what} must hold an OBJECT IDENTIFIER`);
  return block.valueBlock.toString();
}

export function octetsOf(block: AsnType | undefined, what: string): Uint8Array {
  if (!(block instanceof OctetString) || block.idBlock.isConstructed) {
    throw invalidField(`${what} must hold an OCTET STRING`);
  }
  return Uint8Array.from(block.valueBlock.valueHexView);
}

/** The bytes of a BIT STRING of whole bytes. */
export function bitsOf(block: AsnType | undefined, what: string): Uint8Array {
  if (!(block instanceof BitString) || block.idBlock.isConstructed || block.valueBlock.unusedBits !== 0) {
    throw invalidField(`${what} must hold a BIT STRING of whole bytes`);
  }
  return Uint8Array.from(block.valueBlock.valueHexView);
}

/** Whether the block is the context-specific `[number]`. */
export const isTagged = (block: AsnType, number: number): boolean =>
  block.idBlock.tagClass === 3 && block.idBlock.tagNumber === number;

/** What an explicit `[number]` holds. */
export const explicitValueOf = (block: AsnType): AsnType | undefined =>
  block instanceof Constructed ? block.valueBlock.value[0] : undefined;

export const sequence = (...value: AsnType[]): AsnType => new Sequence({ value });
export const integer = (value: bigint): AsnType => Integer.fromBigInt(value);
export const integers = (...values: bigint[]): AsnType => sequence(...values.map(integer));
export const oid = (value: string): AsnType => new ObjectIdentifier({ value });
export const octets = (valueHex: Uint8Array): AsnType => new OctetString({ valueHex: Uint8Array.from(valueHex) });
export const bits = (valueHex: Uint8Array): AsnType => new BitString({ valueHex: Uint8Array.from(valueHex) });
export const nullValue = (): AsnType => new Null();
export const tagged = (tagNumber: number, value: AsnType): AsnType =>
  new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] });

export const toDer = (block: AsnType): Uint8Array => new Uint8Array(block.toBER());
