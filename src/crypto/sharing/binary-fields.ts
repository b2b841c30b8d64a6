/**
 * The fields GF(2^8) and GF(2^16) of Split Keys (KMIP 2.1 §13.1, 1.4 §2.2.5). Arithmetic takes the same steps whatever
 * the elements are: no table is looked into at a secret place, no branch hangs on a secret bit.
 */

/**
 * What GF(2^8) is taken modulo: x^8+x^4+x^3+x+1, as in FIPS 197, up to 1.4, and 285, which is x^8+x^4+x^3+x^2+1, in
 * 2.x. The same parts are of another key in the other one.
 */
export type Polynomial = 0x11b | 0x11d;

/** Elements are numbers; `add` is XOR in both. */
export interface BinaryField {
  /** Bytes of an element, which stand for it as they do in a share: of (u, v) the first is u. */
  readonly bytes: 1 | 2;
  multiply(a: number, b: number): number;
}

function multiplier(polynomial: Polynomial): (a: number, b: number) => number {
  return (a, b) => {
    let product = 0;
    let shifted = a;
    for (let bit = 0; bit < 8; bit++) {
      product ^= shifted & -((b >> bit) & 1);
      shifted = (shifted << 1) ^ (polynomial & -(shifted >> 7));
    }
    return product;
  };
}

export const gf8 = (polynomial: Polynomial): BinaryField => ({ bytes: 1, multiply: multiplier(polynomial) });

/** The m of GF(2^16) = GF(2^8)[y]/(y^2+y+m), which has no root by either polynomial. */
const m = 0x3a;

/**
 * y^2 being y + m, (ry + s)(uy + v) is ((r + s)(u + v) + sv)y + (sv + rum). The text prints "(ru + svm)", by which 1
 * times v were vm: that is no field, and not the one that it defines and inverts in.
 */
export function gf16(polynomial: Polynomial): BinaryField {
  const times = multiplier(polynomial);
  return {
    bytes: 2,
    multiply(a, b) {
      const [r, s, u, v] = [a >> 8, a & 0xff, b >> 8, b & 0xff];
      const sv = times(s, v);
      return ((times(r ^ s, u ^ v) ^ sv) << 8) | (sv ^ times(times(r, u), m));
    },
  };
}

/**
 * Of an element that is not zero, and not secret. a^(2^n - 2) is its inverse, the group of n bits having 2^n - 1
 * elements.
 */
export function inverseIn({ bytes, multiply }: BinaryField, element: number): number {
  let inverse = 1;
  let square = element;
  for (let bit = 1; bit < 8 * bytes; bit++) {
    square = multiply(square, square);
    inverse = multiply(inverse, square);
  }
  return inverse;
}
