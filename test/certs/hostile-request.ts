/**
 * Certification requests (PKCS#10) that no decent program makes: any subject, any extensions, in one place or several.
 */
import { type AsnType, fromBER, ObjectIdentifier, OctetString, Sequence, Set as Asn1Set, Utf8String } from 'asn1js';
import {
  AltName,
  Attribute,
  CertificationRequest,
  Extension,
  Extensions,
  GeneralName,
  RelativeDistinguishedNames,
} from 'pkijs';
import { publicKeyInfo } from '#certs/certificate';
import type { KeyPair } from '#certs/keys';
import { signStructure } from '#certs/signing';

export const commonName = '2.5.4.3';

/** One attribute of a name. */
export const attributeOf = (value: AsnType, type = commonName): Sequence =>
  new Sequence({ value: [new ObjectIdentifier({ value: type }), value] });
const utf8 = (value: string): Utf8String => new Utf8String({ value });

/** A name of parts, each of one or several attributes. */
export const nameOf = (...parts: readonly (readonly AsnType[])[]): RelativeDistinguishedNames =>
  new RelativeDistinguishedNames({
    schema: read(new Sequence({ value: parts.map((part) => new Asn1Set({ value: [...part] })) })),
  });
export const named = (...texts: string[]): RelativeDistinguishedNames =>
  nameOf(...texts.map((each) => [attributeOf(utf8(each))]));

/** As it is when it was read. */
function read(block: Sequence): AsnType {
  const { result } = fromBER(block.toBER());
  return result;
}

export const dns = (value: string): GeneralName => new GeneralName({ type: 2, value });
export const address = (...bytes: number[]): GeneralName =>
  new GeneralName({ type: 7, value: new OctetString({ valueHex: Uint8Array.from(bytes) }) });
export const altNames = (...names: GeneralName[]): Extension =>
  new Extension({
    extnID: '2.5.29.17',
    critical: false,
    extnValue: new AltName({ altNames: names }).toSchema().toBER(),
  });

/** DER. Each list of extensions is asked for in an attribute of its own. */
export function hostileRequest(keys: KeyPair, subject: RelativeDistinguishedNames, ...asked: Extension[][]): Buffer {
  const request = new CertificationRequest({
    subject,
    subjectPublicKeyInfo: publicKeyInfo(keys.publicKey),
    attributes: asked.map(
      (extensions) =>
        new Attribute({ type: '1.2.840.113549.1.9.14', values: [new Extensions({ extensions }).toSchema()] }),
    ),
  });
  return signStructure(request, keys.privateKey);
}
