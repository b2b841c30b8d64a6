/**
 * What a PGP certificate, a transferable public key in binary (RFC 4880 §11.1), says: enough for its attributes in KMIP
 * (1.4 §3.13, §3.14, §3.16). Its signatures are not checked.
 */
import { curveByOid } from '#crypto/keys/curves';
import { oidOf, readDer } from '#crypto/der';
import { signatureAlgorithmOf, type DigitalSignatureAlgorithm } from '#crypto/signatures/signature-algorithms';

export interface PgpCertificateContent {
  /** The content of the first User ID packet. */
  readonly userId: string;
  /** Of the key that issued the signature which represents the certificate: 16 hexadecimal digits. */
  readonly issuerKeyId: string;
  /** Undefined when KMIP does not name it, as for the algorithm of the key. */
  readonly signatureAlgorithm: DigitalSignatureAlgorithm | undefined;
  readonly key: { readonly algorithm: 'RSA' | 'DSA' | 'ECDSA'; readonly bits: number } | undefined;
}

/** RFC 4880 §4.3. */
const packetTag = { signature: 2, publicKey: 6, userId: 13 } as const;
/** Of the packets before the first signature of the first User ID: signatures of the key itself may come between. */
const maximumPackets = 64;

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
}

/** Undefined for anything but a complete certificate of this kind. */
export function readPgpCertificate(bytes: Uint8Array): PgpCertificateContent | undefined {
  try {
    const packets = packetsOf(Buffer.from(bytes));
    const userIdAt = packets.findIndex(({ tag }) => tag === packetTag.userId);
    const [key, userId] = [packets[0], packets[userIdAt]];
    const signature = packets.slice(userIdAt).find(({ tag }) => tag === packetTag.signature);
    if (key?.tag !== packetTag.publicKey || userId === undefined || signature === undefined) return undefined;
    const signed = readSignature(signature.body);
    return signed && { userId: userId.body.toString(), key: keyOf(key.body), ...signed };
  } catch {
    // It ended early, or an object identifier was not valid.
    return undefined;
  }
}

/** Up to the first signature after a User ID. */
function packetsOf(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  let rest = bytes;
  let isNamed = false;
  while (rest.length > 0 && packets.length < maximumPackets) {
    const { tag, start, length } = headOf(rest);
    if (start + length > rest.length) throw new RangeError('the packet is truncated');
    packets.push({ tag, body: rest.subarray(start, start + length) });
    if (isNamed && tag === packetTag.signature) break;
    isNamed ||= tag === packetTag.userId;
    rest = rest.subarray(start + length);
  }
  return packets;
}

/** RFC 4880 §4.2: the old format and the new one; keys have no partial or indeterminate lengths. */
function headOf(bytes: Buffer): { readonly tag: number; readonly start: number; readonly length: number } {
  const first = bytes.readUInt8();
  if ((first & 0x80) === 0) throw new RangeError('the first byte is not that of a packet');
  if ((first & 0x40) !== 0) {
    const { size, length } = lengthAt(bytes, 1);
    return { tag: first & 0x3f, start: 1 + size, length };
  }
  const size = 1 << (first & 3);
  if (size > 4) throw new RangeError('the length is indeterminate');
  return { tag: (first >> 2) & 0xf, start: 1 + size, length: bytes.readUIntBE(1, size) };
}

/** RFC 4880 §4.2.2, §5.2.3.1. */
function lengthAt(bytes: Buffer, place: number): { readonly size: number; readonly length: number } {
  const first = bytes.readUInt8(place);
  if (first < 192) return { size: 1, length: first };
  if (first < 224) return { size: 2, length: ((first - 192) << 8) + bytes.readUInt8(place + 1) + 192 };
  if (first < 255) throw new RangeError('the length is partial');
  return { size: 5, length: bytes.readUInt32BE(place + 1) };
}

/** RFC 4880 §9.1, RFC 6637 §5. */
const algorithms: { readonly [id: number]: 'RSA' | 'DSA' | 'ECDSA' } = { 1: 'RSA', 3: 'RSA', 17: 'DSA', 19: 'ECDSA' };

/** RFC 4880 §9.4. */
const hashes: { readonly [id: number]: string } = {
  ...{ 1: 'MD5', 2: 'SHA_1', 8: 'SHA_256', 9: 'SHA_384', 10: 'SHA_512', 11: 'SHA_224' },
};

/**
 * RFC 4880 §5.5.2: version, time, in version 3 the days of validity, algorithm, and the numbers, of which the first is
 * the modulus or p.
 */
function keyOf(body: Buffer): PgpCertificateContent['key'] {
  const place = body.readUInt8() < 4 ? 7 : 5;
  const algorithm = algorithms[body.readUInt8(place)];
  if (algorithm === undefined) return undefined;
  if (algorithm !== 'ECDSA') return { algorithm, bits: body.readUInt16BE(place + 1) };
  const length = body.readUInt8(place + 1);
  const identifier = Buffer.concat([Buffer.of(6, length), body.subarray(place + 2, place + 2 + length)]);
  const curve = curveByOid(oidOf(readDer(identifier, 'the curve'), 'the curve'));
  return curve && { algorithm, bits: curve.bits };
}

type Signed = Pick<PgpCertificateContent, 'issuerKeyId' | 'signatureAlgorithm'>;

/** By their version: RFC 4880 §5.2.2, §5.2.3. The algorithm of the hash follows that of the key. */
const signatureLayouts: {
  readonly [version: number]: { readonly algorithmAt: number; issuer(body: Buffer): Buffer | undefined };
} = {
  3: { algorithmAt: 15, issuer: (body) => body.subarray(7, 15) },
  4: { algorithmAt: 2, issuer: issuerIn },
};

function readSignature(body: Buffer): Signed | undefined {
  const layout = signatureLayouts[body.readUInt8()];
  const issuer = layout?.issuer(body);
  if (layout === undefined || issuer?.length !== 8) return undefined;
  const { algorithmAt } = layout;
  const algorithm = algorithms[body.readUInt8(algorithmAt)];
  return {
    issuerKeyId: issuer.toString('hex').toUpperCase(),
    signatureAlgorithm: algorithm && signatureAlgorithmOf(algorithm, hashes[body.readUInt8(algorithmAt + 1)])?.name,
  };
}

/** RFC 4880 §5.2.3.5: the subpacket Issuer, which may be among the hashed ones or after them. */
function issuerIn(body: Buffer): Buffer | undefined {
  const issuer = 16;
  let place = 4;
  for (let part = 0; part < 2; part++) {
    const end = place + 2 + body.readUInt16BE(place);
    place += 2;
    while (place < end) {
      const { size, length } = lengthAt(body, place);
      const type = body.readUInt8(place + size) & 0x7f;
      if (type === issuer) return body.subarray(place + size + 1, place + size + length);
      place += size + length;
    }
    place = end;
  }
  return undefined;
}
