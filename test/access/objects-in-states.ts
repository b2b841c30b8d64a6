/** Objects of every type, brought into every state by their owner's own operations. */
import { createAuthority } from '#certs/authority';
import { generateKeys } from '#certs/keys';
import { createRequest } from '#test/certs/create-request';
import type { State } from '#objects/life-cycle';
import type { EnumerationValue } from '#protocol/enumerations';
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import { ask, attributesFor, uniqueIdentifier } from '#test/fixtures/batches';
import type { Fixture } from '#test/fixtures/fixture';
import { bytes, enumerated, int, struct, text } from '#test/fixtures/items';

/** The types that every version has. */
export const statefulTypes = [
  'Certificate',
  'SymmetricKey',
  'PublicKey',
  'PrivateKey',
  'SplitKey',
  'SecretData',
  'OpaqueObject',
] as const;
/** With those that came later, and Templates, which have no State (1.4 §3.22) and are of 1.x only. */
export type MatrixType = (typeof statefulTypes)[number] | 'PGPKey' | 'CertificateRequest' | 'Template';

export const revocation = (code: keyof typeof revocationCodes): Item =>
  struct('RevocationReason', enumerated('RevocationReasonCode', revocationCodes[code]));
const revocationCodes = { Unspecified: 1, KeyCompromise: 2, CACompromise: 3, CessationOfOperation: 6 } as const;

type Step = readonly [operation: EnumerationValue<'Operation'>, ...payload: Item[]];
const activate: Step = ['Activate'];
const revoke: Step = ['Revoke', revocation('CessationOfOperation')];
const compromise: Step = ['Revoke', revocation('KeyCompromise')];
const destroy: Step = ['Destroy'];

export const waysTo: { readonly [S in State]: readonly Step[] } = {
  PreActive: [],
  Active: [activate],
  Deactivated: [activate, revoke],
  Compromised: [compromise],
  Destroyed: [destroy],
  DestroyedCompromised: [compromise, destroy],
};
export const states = Object.keys(waysTo) as readonly State[];

const keyBlock = (format: number, ...rest: Item[]): Item =>
  struct('KeyBlock', enumerated('KeyFormatType', format), ...rest);
const keyValue = struct('KeyValue', bytes('KeyMaterial', '000102030405060708090a0b0c0d0e0f'));

const said = [enumerated('CryptographicAlgorithm', 'AES'), int('CryptographicLength', 128)];

const pair = await generateKeys('P-256');
const authority = await createAuthority('test CA', { now: new Date() });
const material = (der: Uint8Array): Item =>
  struct('KeyValue', { tag: Tag.KeyMaterial, type: ItemType.ByteString, value: der });

/** What is registered: an object type's number and the object. */
const objects: { readonly [T in MatrixType]: (version: string) => readonly [number, Item] } = {
  Certificate: () => [
    1,
    struct('Certificate', enumerated('CertificateType', 'X_509'), {
      tag: Tag.CertificateValue,
      type: ItemType.ByteString,
      value: authority.certificate.raw,
    }),
  ],
  SymmetricKey: () => [2, struct('SymmetricKey', keyBlock(1, keyValue, ...said))],
  PublicKey: () => [
    3,
    struct('PublicKey', keyBlock(5, material(pair.publicKey.export({ type: 'spki', format: 'der' })))),
  ],
  PrivateKey: () => [
    4,
    struct('PrivateKey', keyBlock(4, material(pair.privateKey.export({ type: 'pkcs8', format: 'der' })))),
  ],
  SplitKey: () => [
    5,
    struct(
      'SplitKey',
      int('SplitKeyParts', 3),
      int('KeyPartIdentifier', 1),
      int('SplitKeyThreshold', 2),
      enumerated('SplitKeyMethod', 'XOR'),
      keyBlock(1, keyValue, ...said),
    ),
  ],
  Template: (version) => [6, struct('Template', ...(attributesFor(version, ...marks).value as Item[]))],
  SecretData: () => [7, struct('SecretData', enumerated('SecretDataType', 'Password'), keyBlock(2, keyValue))],
  OpaqueObject: () => [
    8,
    struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), bytes('OpaqueDataValue', '2a')),
  ],
  PGPKey: () => [9, struct('PGPKey', int('PGPKeyVersion', 4), keyBlock(1, keyValue))],
  CertificateRequest: () => [
    10,
    struct('CertificateRequest', enumerated('CertificateRequestType', 'PEM'), {
      tag: Tag.CertificateRequestValue,
      type: ItemType.ByteString,
      value: Buffer.from(createRequest({ commonName: 'array' }, pair)),
    }),
  ],
};

/** What the attribute operations change. */
const marks: readonly [name: string, item: Item][] = [
  ['Contact Information', text('ContactInformation', 'somebody')],
  ['Object Group', text('ObjectGroup', 'group')],
];
const count = (version: string): Item =>
  version < '2'
    ? struct('Attribute', text('AttributeName', 'x-count'), int('AttributeValue', 7))
    : struct('Attribute', text('VendorIdentification', 'x'), text('AttributeName', 'count'), int('AttributeValue', 7));

/** Sign, Verify, Encrypt, Decrypt, MAC Generate and MAC Verify. */
const usage = 0x18f;

/** Registers an object and leads it to the state; answers with its identifier. */
export async function objectIn(
  fixture: Fixture,
  version: string,
  objectType: MatrixType,
  state?: State,
): Promise<string> {
  const [code, object] = objects[objectType](version);
  const isUsable = objectType.endsWith('Key') || objectType === 'SecretData' || objectType === 'Certificate';
  const given: readonly [string, Item][] = [
    ...(isUsable ? [['Cryptographic Usage Mask', int('CryptographicUsageMask', usage)] as [string, Item]] : []),
    ...marks,
  ];
  const attributes = attributesFor(version, ...(objectType === 'Template' ? [] : given));
  const withCount: Item = {
    tag: attributes.tag,
    type: ItemType.Structure,
    value: [...(attributes.value as Item[]), count(version)],
  };
  const made = await ask(fixture, version, 'Register', [enumerated('ObjectType', code), withCount, object]);
  const id = made.object;
  if (id === undefined) throw new Error(made.message);
  for (const [operation, ...payload] of state === undefined ? [] : waysTo[state]) {
    const { message } = await ask(fixture, version, operation, [uniqueIdentifier(id), ...payload]);
    if (message !== undefined) throw new Error(message);
  }
  return id;
}

/** An Attribute of 1.x, or the item under a tag of 2.x that holds it. */
export const oneAttribute = (
  version: string,
  tag: 'NewAttribute' | 'CurrentAttribute',
  name: string,
  item: Item,
): Item =>
  version < '2'
    ? struct('Attribute', text('AttributeName', name), { ...item, tag: Tag.AttributeValue })
    : struct(tag, item);
