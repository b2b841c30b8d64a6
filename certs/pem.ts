import { OperatorError } from '#operator-error';

/** PEM (RFC 7468) and DER, with a bound on either: the one door by which encoded bytes enter this ring. */

const pemBlocks = /-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n([^-]*)-----END \1-----/g;
const derSequence = 0x30;

export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
}

export function writePem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g);
  return `-----BEGIN ${label}-----\n${lines?.join('\n') ?? ''}\n-----END ${label}-----\n`;
}

/** The blocks of a PEM text in their order; text between them is skipped, as RFC 7468 §2 asks. */
export function readPem(text: string): PemBlock[] {
  return Array.from(text.matchAll(pemBlocks), ([, label = '', body = '']) => ({
    label,
    der: Buffer.from(body, 'base64'),
  }));
}

/**
 * The DER of `input`, which is PEM with one of the labels, or DER already. `what` names the thing in errors.
 * Refuses more than `bound` bytes before it looks at them, and, when one is all that there may be, a second one.
 */
export function derOf(
  input: string | Uint8Array,
  what: string,
  labels: readonly string[],
  bound: number,
  { single = false } = {},
): Buffer {
  if (input.length > bound) {
    throw new OperatorError(`the ${what} must have at most ${bound} bytes, not ${input.length}`);
  }
  const bytes = Buffer.from(input as Uint8Array);
  if (bytes[0] === derSequence) return bytes;
  const blocks = readPem(bytes.toString('latin1'));
  const [block, second] = blocks.filter(({ label }) => labels.includes(label));
  if (single && second !== undefined) throw new OperatorError(`there is more than one ${what}`, 'give one at a time');
  if (block !== undefined) return block.der;
  const found = blocks[0];
  throw found === undefined
    ? new OperatorError(`the ${what} is neither PEM nor DER`)
    : new OperatorError(`the ${what} is missing, the PEM block is a ${found.label}`, `give a ${labels[0]}`);
}
