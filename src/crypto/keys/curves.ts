/** The Recommended Curves (KMIP 2.1 §11.45) that OpenSSL has, by their names there and their object identifiers. */
import type { EnumerationValue } from '#protocol/enumerations';

export type CurveName = EnumerationValue<'RecommendedCurve'>;

/**
 * 'prime' and 'binary' are curves of points with two coordinates; the others are those of RFC 7748 and RFC 8032, whose
 * keys are plain bytes.
 */
export type CurveKind = 'prime' | 'binary' | 'agreement' | 'signature';

export interface Curve {
  readonly name: CurveName;
  readonly kind: CurveKind;
  /** What OpenSSL and node call it. */
  readonly openssl: string;
  readonly oid: string;
  /** The Cryptographic Length: bits of the field. */
  readonly bits: number;
  /** Bytes of a private key: those of the order of the base point (SEC 1 §C.4), or of a key of RFC 8410. */
  readonly secretBytes: number;
}

type Row = readonly [name: CurveName, kind: CurveKind, openssl: string, oid: string, bits: number];

const certicom = (number: number): string => `1.3.132.0.${number}`;
const x962Prime = (number: number): string => `1.2.840.10045.3.1.${number}`;
const x962Binary = (number: number): string => `1.2.840.10045.3.0.${number}`;
const brainpool = (number: number): string => `1.3.36.3.3.2.8.1.1.${number}`;

/** SEC 2, ANSI X9.62, RFC 5639 §4.1, RFC 8410 §3. */
const rows: readonly Row[] = [
  ['P_192', 'prime', 'prime192v1', x962Prime(1), 192],
  ['K_163', 'binary', 'sect163k1', certicom(1), 163],
  ['B_163', 'binary', 'sect163r2', certicom(15), 163],
  ['P_224', 'prime', 'secp224r1', certicom(33), 224],
  ['K_233', 'binary', 'sect233k1', certicom(26), 233],
  ['B_233', 'binary', 'sect233r1', certicom(27), 233],
  ['P_256', 'prime', 'prime256v1', x962Prime(7), 256],
  ['K_283', 'binary', 'sect283k1', certicom(16), 283],
  ['B_283', 'binary', 'sect283r1', certicom(17), 283],
  ['P_384', 'prime', 'secp384r1', certicom(34), 384],
  ['K_409', 'binary', 'sect409k1', certicom(36), 409],
  ['B_409', 'binary', 'sect409r1', certicom(37), 409],
  ['P_521', 'prime', 'secp521r1', certicom(35), 521],
  ['K_571', 'binary', 'sect571k1', certicom(38), 571],
  ['B_571', 'binary', 'sect571r1', certicom(39), 571],
  ['SECP112R1', 'prime', 'secp112r1', certicom(6), 112],
  ['SECP112R2', 'prime', 'secp112r2', certicom(7), 112],
  ['SECP128R1', 'prime', 'secp128r1', certicom(28), 128],
  ['SECP128R2', 'prime', 'secp128r2', certicom(29), 128],
  ['SECP160K1', 'prime', 'secp160k1', certicom(9), 160],
  ['SECP160R1', 'prime', 'secp160r1', certicom(8), 160],
  ['SECP160R2', 'prime', 'secp160r2', certicom(30), 160],
  ['SECP192K1', 'prime', 'secp192k1', certicom(31), 192],
  ['SECP224K1', 'prime', 'secp224k1', certicom(32), 224],
  ['SECP256K1', 'prime', 'secp256k1', certicom(10), 256],
  ['SECT113R1', 'binary', 'sect113r1', certicom(4), 113],
  ['SECT113R2', 'binary', 'sect113r2', certicom(5), 113],
  ['SECT131R1', 'binary', 'sect131r1', certicom(22), 131],
  ['SECT131R2', 'binary', 'sect131r2', certicom(23), 131],
  ['SECT163R1', 'binary', 'sect163r1', certicom(2), 163],
  ['SECT193R1', 'binary', 'sect193r1', certicom(24), 193],
  ['SECT193R2', 'binary', 'sect193r2', certicom(25), 193],
  ['SECT239K1', 'binary', 'sect239k1', certicom(3), 239],
  ['ANSIX9P192V2', 'prime', 'prime192v2', x962Prime(2), 192],
  ['ANSIX9P192V3', 'prime', 'prime192v3', x962Prime(3), 192],
  ['ANSIX9P239V1', 'prime', 'prime239v1', x962Prime(4), 239],
  ['ANSIX9P239V2', 'prime', 'prime239v2', x962Prime(5), 239],
  ['ANSIX9P239V3', 'prime', 'prime239v3', x962Prime(6), 239],
  ['ANSIX9C2PNB163V1', 'binary', 'c2pnb163v1', x962Binary(1), 163],
  ['ANSIX9C2PNB163V2', 'binary', 'c2pnb163v2', x962Binary(2), 163],
  ['ANSIX9C2PNB163V3', 'binary', 'c2pnb163v3', x962Binary(3), 163],
  ['ANSIX9C2PNB176V1', 'binary', 'c2pnb176v1', x962Binary(4), 176],
  ['ANSIX9C2TNB191V1', 'binary', 'c2tnb191v1', x962Binary(5), 191],
  ['ANSIX9C2TNB191V2', 'binary', 'c2tnb191v2', x962Binary(6), 191],
  ['ANSIX9C2TNB191V3', 'binary', 'c2tnb191v3', x962Binary(7), 191],
  ['ANSIX9C2PNB208W1', 'binary', 'c2pnb208w1', x962Binary(10), 208],
  ['ANSIX9C2TNB239V1', 'binary', 'c2tnb239v1', x962Binary(11), 239],
  ['ANSIX9C2TNB239V2', 'binary', 'c2tnb239v2', x962Binary(12), 239],
  ['ANSIX9C2TNB239V3', 'binary', 'c2tnb239v3', x962Binary(13), 239],
  ['ANSIX9C2PNB272W1', 'binary', 'c2pnb272w1', x962Binary(16), 272],
  ['ANSIX9C2PNB304W1', 'binary', 'c2pnb304w1', x962Binary(17), 304],
  ['ANSIX9C2TNB359V1', 'binary', 'c2tnb359v1', x962Binary(18), 359],
  ['ANSIX9C2PNB368W1', 'binary', 'c2pnb368w1', x962Binary(19), 368],
  ['ANSIX9C2TNB431R1', 'binary', 'c2tnb431r1', x962Binary(20), 431],
  ['BRAINPOOLP160R1', 'prime', 'brainpoolP160r1', brainpool(1), 160],
  ['BRAINPOOLP160T1', 'prime', 'brainpoolP160t1', brainpool(2), 160],
  ['BRAINPOOLP192R1', 'prime', 'brainpoolP192r1', brainpool(3), 192],
  ['BRAINPOOLP192T1', 'prime', 'brainpoolP192t1', brainpool(4), 192],
  ['BRAINPOOLP224R1', 'prime', 'brainpoolP224r1', brainpool(5), 224],
  ['BRAINPOOLP224T1', 'prime', 'brainpoolP224t1', brainpool(6), 224],
  ['BRAINPOOLP256R1', 'prime', 'brainpoolP256r1', brainpool(7), 256],
  ['BRAINPOOLP256T1', 'prime', 'brainpoolP256t1', brainpool(8), 256],
  ['BRAINPOOLP320R1', 'prime', 'brainpoolP320r1', brainpool(9), 320],
  ['BRAINPOOLP320T1', 'prime', 'brainpoolP320t1', brainpool(10), 320],
  ['BRAINPOOLP384R1', 'prime', 'brainpoolP384r1', brainpool(11), 384],
  ['BRAINPOOLP384T1', 'prime', 'brainpoolP384t1', brainpool(12), 384],
  ['BRAINPOOLP512R1', 'prime', 'brainpoolP512r1', brainpool(13), 512],
  ['BRAINPOOLP512T1', 'prime', 'brainpoolP512t1', brainpool(14), 512],
  ['CURVE25519', 'agreement', 'x25519', '1.3.101.110', 256],
  ['CURVE448', 'agreement', 'x448', '1.3.101.111', 448],
  ['CURVE25519', 'signature', 'ed25519', '1.3.101.112', 256],
  ['CURVE448', 'signature', 'ed448', '1.3.101.113', 456],
];

/** Where the order of the base point has not as many bytes as the field. */
const secretBytes: { readonly [C in CurveName]?: number } = {
  K_233: 29,
  K_409: 51,
  SECP160K1: 21,
  SECP160R1: 21,
  SECP160R2: 21,
  SECP224K1: 29,
  ANSIX9C2PNB176V1: 21,
  ANSIX9C2PNB208W1: 25,
  ANSIX9C2PNB272W1: 33,
  ANSIX9C2PNB304W1: 37,
  ANSIX9C2PNB368W1: 45,
  ANSIX9C2TNB431R1: 53,
};

const bytesOfBits = (bits: number): number => Math.ceil(bits / 8);

const curves: readonly Curve[] = rows.map(([name, kind, openssl, oid, bits]) => {
  return { name, kind, openssl, oid, bits, secretBytes: secretBytes[name] ?? bytesOfBits(bits) };
});
const byOid = new Map(curves.map((curve) => [curve.oid, curve]));

/**
 * Of Curve25519 and Curve448 there are two uses, with keys of their own: the algorithm says which, but for EC, which
 * leaves it to `kindOfEc`.
 */
export function curveNamed(
  name: string,
  algorithm: string | undefined,
  kindOfEc: CurveKind = 'agreement',
): Curve | undefined {
  const [first, ofSignatures] = curves.filter((curve) => curve.name === name);
  const signs =
    algorithm === 'EC'
      ? kindOfEc === 'signature'
      : algorithm === 'ECDSA' || algorithm === 'Ed25519' || algorithm === 'Ed448';
  return signs ? (ofSignatures ?? first) : first;
}

export const curveByOid = (oid: string): Curve | undefined => byOid.get(oid);

/** Whether points have two coordinates. */
export const hasPoints = ({ kind }: Curve): boolean => kind === 'prime' || kind === 'binary';

/** The NIST curve of a length, which a request may leave out when the length tells it. */
export const curveOfLength = (bits: number): Curve | undefined => curves.find((curve) => curve.name === `P_${bits}`);

/** Bytes of one coordinate, or of a whole key where points have none. */
export const fieldBytes = ({ bits }: Curve): number => bytesOfBits(bits);
