/**
 * What stands in a subject as texts, whatever its shape: several values of a kind, several in one part (X.501 §9.2),
 * every kind of string.
 */
import { Constructed, ObjectIdentifier, Primitive, Sequence, Set as Asn1Set, type AsnType } from 'asn1js';
import type { RelativeDistinguishedNames } from 'pkijs';
import { derRules, readDer } from '#crypto/der';
import { OperatorError } from '#operator-error';

export interface SubjectText {
  readonly oid: string;
  /** As the kind of string says and, where the bytes could be taken for another kind, as that too. */
  readonly readings: readonly string[];
}

/** The numbers of the universal string types (X.680 §8.4), and how their bytes are read. */
const stringTypes: { readonly [tagNumber: number]: (bytes: Buffer) => string } = {
  12: utf8,
  18: latin1,
  19: latin1,
  20: latin1,
  22: latin1,
  26: latin1,
  28: (bytes) => wide(bytes, 4),
  30: (bytes) => wide(bytes, 2),
};

/**
 * Throws an OperatorError for anything but a name, and for a value that is not a string: other software may read it in
 * any way.
 */
export function subjectTexts(subject: RelativeDistinguishedNames): readonly SubjectText[] {
  const der = subject.valueBeforeDecode.byteLength > 0 ? subject.valueBeforeDecode : subject.toSchema().toBER();
  return partsOf(valueIn(der), Sequence).flatMap((set) =>
    partsOf(set, Asn1Set).map((each) => {
      const [oid, value, more] = partsOf(each, Sequence);
      if (!(oid instanceof ObjectIdentifier) || more !== undefined) throw broken();
      return { oid: oid.valueBlock.toString(), readings: readingsOf(value) };
    }),
  );
}

function valueIn(der: ArrayBuffer): AsnType {
  try {
    return readDer(new Uint8Array(der), 'the subject', { ...derRules.certificate, form: 'BER' });
  } catch {
    throw broken();
  }
}

function partsOf(block: AsnType | undefined, type: typeof Sequence | typeof Asn1Set): readonly AsnType[] {
  if (!(block instanceof type) || !(block instanceof Constructed)) throw broken();
  return block.valueBlock.value;
}

function readingsOf(block: AsnType | undefined): readonly string[] {
  const read = block?.idBlock.tagClass === 1 ? stringTypes[block.idBlock.tagNumber] : undefined;
  if (block === undefined || read === undefined || block.idBlock.isConstructed) throw broken();
  const bytes = contentOf(block);
  const text = read(bytes);
  const narrow = read === latin1 ? [utf8(bytes, false)] : [];
  return [...new Set([text, ...narrow])];
}

/** The bytes of a string block, which asn1js keeps beside the text that it made of them. */
function contentOf(block: AsnType): Buffer {
  const { valueHexView } = (block as Primitive).valueBlock;
  return Buffer.from(valueHexView);
}

const broken = (): OperatorError => new OperatorError('the subject must consist of texts');

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1');
}

function utf8(bytes: Buffer, fatal = true): string {
  try {
    return new TextDecoder('utf-8', { fatal, ignoreBOM: true }).decode(bytes);
  } catch {
    throw broken();
  }
}

/** Code points of so many bytes each, big endian. */
function wide(bytes: Buffer, size: 2 | 4): string {
  if (bytes.length % size !== 0) throw broken();
  const points = Array.from({ length: bytes.length / size }, (_, at) => bytes.readUIntBE(at * size, size));
  if (points.some((point) => point > 0x10ffff)) throw broken();
  return points.map((point) => String.fromCodePoint(point)).join('');
}
