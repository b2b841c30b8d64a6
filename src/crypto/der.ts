/** DER as the structures of keys need it (X.690 §10): read strictly, within bounds, and built. Faults of the bytes are Invalid Field. */
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
import { KmipError } from '#protocol/kmip-error';

/** Far above every key of the sizes that are taken, far below what would take long. */
export const maximumDerLength = 16 * 1024;
const ofKeys: DerBounds = { bytes: maximumDerLength, depth: 8, nodes: 64 };

export interface DerBounds {
  readonly bytes: number;
  readonly depth: number;
  readonly nodes: number;
}

export const invalid = (message: string): KmipError => new KmipError('InvalidField', message);

const pemStart = Buffer.from('-----BEGIN');

/**
 * The one value that `bytes` encode; `what` names it in errors.
 * @throws KmipError InvalidField for PEM, for broken or not canonical encodings, and for bytes after the value.
 */
export function readDer(bytes: Uint8Array, what: string, bounds = ofKeys): AsnType {
  if (bytes.length > bounds.bytes) throw invalid(`${what} is longer than ${bounds.bytes} bytes`);
  if (pemStart.equals(bytes.subarray(0, pemStart.length))) throw invalid(`${what} is PEM, but must be DER`);
  const { offset, result } = parsed(bytes, what, bounds);
  if (offset === -1) throw invalid(`${what} is no whole DER encoding`);
  if (offset !== bytes.length) throw invalid(`there are bytes after ${what}`);
  checkCanonical(result, what);
  return result;
}

/** asn1js throws at values that it cannot make anything of, such as a time that is none. */
function parsed(bytes: Uint8Array, what: string, { depth, nodes, bytes: maxContentLength }: DerBounds) {
  try {
    return fromBER(Uint8Array.from(bytes), { maxDepth: depth, maxNodes: nodes, maxContentLength });
  } catch {
    throw invalid(`${what} is no whole DER encoding: a value in it cannot be read`);
  }
}

/**
 * BER has many encodings of one length; DER has the shortest. That what a block holds is as long as the block says, which asn1js does not ask, is
 * asked here too.
 */
function checkCanonical(block: AsnType, what: string): void {
  const { lenBlock, valueBlock, idBlock } = block;
  const { length } = lenBlock;
  const shortest = length < 0x80 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 4;
  if (lenBlock.isIndefiniteForm || lenBlock.blockLength !== shortest) throw invalid(`${what} is BER, but must be DER`);
  if (!(block instanceof Constructed)) return;
  const { value } = valueBlock as Constructed['valueBlock'];
  const held = value.reduce((sum, each) => sum + each.blockLength, 0);
  if (held !== length || !idBlock.isConstructed) throw invalid(`${what} is no whole DER encoding`);
  for (const each of value) checkCanonical(each, what);
}

/** The children of a SEQUENCE. */
export function childrenOf(block: AsnType | undefined, what: string): readonly AsnType[] {
  if (!(block instanceof Sequence)) throw invalid(`${what} must be a SEQUENCE`);
  return block.valueBlock.value;
}

/** The integers that a SEQUENCE consists of, none negative. */
export const integersOf = (block: AsnType | undefined, what: string): readonly bigint[] =>
  childrenOf(block, what).map((each) => integerOf(each, what));

export function integerOf(block: AsnType | undefined, what: string): bigint {
  // asn1js has an ENUMERATED for an Integer too.
  if (!(block instanceof Integer) || block instanceof Enumerated) throw invalid(`${what} must hold an INTEGER`);
  const [first = 0, second] = block.valueBlock.valueHexView;
  if (first >= 0x80 || (first === 0 && second !== undefined && second < 0x80)) {
    throw invalid(`${what} holds an INTEGER that is negative or not of the shortest length`);
  }
  return block.toBigInt();
}

export function oidOf(block: AsnType | undefined, what: string): string {
  if (!(block instanceof ObjectIdentifier)) throw invalid(`${what} must hold an OBJECT IDENTIFIER`);
  return block.valueBlock.toString();
}

export function octetsOf(block: AsnType | undefined, what: string): Uint8Array {
  if (!(block instanceof OctetString) || block.idBlock.isConstructed) {
    throw invalid(`${what} must hold an OCTET STRING`);
  }
  return Uint8Array.from(block.valueBlock.valueHexView);
}

/** The bytes of a BIT STRING of whole bytes. */
export function bitsOf(block: AsnType | undefined, what: string): Uint8Array {
  if (!(block instanceof BitString) || block.idBlock.isConstructed || block.valueBlock.unusedBits !== 0) {
    throw invalid(`${what} must hold a BIT STRING of whole bytes`);
  }
  return Uint8Array.from(block.valueBlock.valueHexView);
}

/** Whether the block is the context-specific `[number]`. */
export const isTagged = (block: AsnType, number: number): boolean =>
  block.idBlock.tagClass === 3 && block.idBlock.tagNumber === number;

/** What an explicit `[number]` holds. */
export const within = (block: AsnType): AsnType | undefined =>
  block instanceof Constructed ? block.valueBlock.value[0] : undefined;

export const sequence = (...value: AsnType[]): AsnType => new Sequence({ value });
export const integer = (value: bigint): AsnType => Integer.fromBigInt(value);
export const integers = (...values: bigint[]): AsnType => sequence(...values.map(integer));
export const oid = (value: string): AsnType => new ObjectIdentifier({ value });
export const octets = (valueHex: Uint8Array): AsnType => new OctetString({ valueHex: Uint8Array.from(valueHex) });
export const bits = (valueHex: Uint8Array): AsnType => new BitString({ valueHex: Uint8Array.from(valueHex) });
export const nothing = (): AsnType => new Null();
export const tagged = (tagNumber: number, value: AsnType): AsnType =>
  new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] });

export const toDer = (block: AsnType): Uint8Array => new Uint8Array(block.toBER());
