import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { tagText } from '#protocol/codecs';
import { childrenOf, type AnyField } from '#protocol/fields';
import { credential, usernameAndPassword, writeRequest, writeResponse } from '#protocol/message';
import {
  cryptographicParameters,
  encryptionKeyInformation,
  extensionInformation,
  keyWrappingData,
  keyWrappingSpecification,
  nonce,
  rngParameters,
} from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { inRange, supportedVersions, V1_0, V1_1, V1_2, V1_3, versionText, type WireVersion } from '#protocol/versions';
import { decode, encode, ItemType, type Item } from '#ttlv/index';

const bytes = Buffer.from('0102', 'hex');
const empty = (tag: number): Item => ({ tag, type: ItemType.Structure, value: [] });
const parameters = {
  blockCipherMode: 'CBC',
  paddingMethod: 'PKCS5',
  hashingAlgorithm: 'SHA_256',
  keyRoleType: 'DEK',
  digitalSignatureAlgorithm: 'RSASSA_PSS',
  cryptographicAlgorithm: 'AES',
  randomIV: true,
  ivLength: 16,
  tagLength: 16,
  fixedFieldLength: 4,
  invocationFieldLength: 8,
  counterLength: 4,
  initialCounterValue: 1,
  saltLength: 20,
  maskGenerator: 'MGF1',
  maskGeneratorHashingAlgorithm: 'SHA_1',
  pSource: bytes,
  trailerField: 1,
} as const;
const keyInformation = { uniqueIdentifier: 'a' } as const;

/** Whole values: every field that any version has. */
const structures: readonly [name: string, since: WireVersion, codec: AnyField['codec'], value: object][] = [
  ['Cryptographic Parameters', V1_0, cryptographicParameters, parameters],
  [
    'RNG Parameters',
    V1_3,
    rngParameters,
    {
      rngAlgorithm: 'DRBG',
      cryptographicAlgorithm: 'AES',
      cryptographicLength: 256,
      hashingAlgorithm: 'SHA_256',
      drbgAlgorithm: 'CTR',
      recommendedCurve: 'P_256',
      fips186Variation: 'GPXOriginal',
      predictionResistance: true,
    },
  ],
  [
    'Key Wrapping Data',
    V1_0,
    keyWrappingData,
    {
      wrappingMethod: 'Encrypt',
      encryptionKeyInformation: keyInformation,
      macSignatureKeyInformation: keyInformation,
      macSignature: bytes,
      ivCounterNonce: bytes,
      encodingOption: 'NoEncoding',
    },
  ],
  [
    'Key Wrapping Specification',
    V1_0,
    keyWrappingSpecification,
    {
      wrappingMethod: 'Encrypt',
      encryptionKeyInformation: keyInformation,
      macSignatureKeyInformation: keyInformation,
      attributeName: ['Name'],
      encodingOption: 'NoEncoding',
    },
  ],
  [
    'Encryption Key Information',
    V1_0,
    encryptionKeyInformation,
    { ...keyInformation, cryptographicParameters: { blockCipherMode: 'NISTKeyWrap' } },
  ],
  ['Nonce', V1_2, nonce, { nonceID: bytes, nonceValue: bytes }],
  [
    'Extension Information',
    V1_1,
    extensionInformation,
    {
      extensionName: 'e',
      extensionTag: 0x540001,
      extensionTypeNumber: 7,
      extensionType: 'TextString',
      extensionEnumeration: 1,
      extensionAttribute: true,
      extensionParentStructureTag: 0x540002,
      extensionDescription: 'd',
    },
  ],
  [
    'Credential',
    V1_0,
    credential,
    { credentialType: 'UsernameAndPassword', credentialValue: empty(Tag.CredentialValue) },
  ],
  ['Credential Value', V1_0, usernameAndPassword, { username: 'u', password: 'p' }],
];

/** The messages, their parts by the names of the tables. */
function messageParts(protocolVersion: WireVersion): readonly [name: string, item: Item][] {
  const extension = {
    vendorIdentification: 'v',
    criticalityIndicator: false,
    vendorExtension: empty(Tag.VendorExtension),
  };
  const correlation = { clientCorrelationValue: 'c', serverCorrelationValue: 's' };
  const request = writeRequest(
    {
      protocolVersion,
      maximumResponseSize: 1,
      ...correlation,
      asynchronousIndicator: 'Prohibited',
      attestationCapableIndicator: false,
      attestationType: ['TPMQuote'],
      authentication: {},
      batchErrorContinuationOption: 'Stop',
      batchOrderOption: true,
      timeStamp: 0,
      batchCount: 1,
    },
    [
      {
        operation: 1,
        ephemeral: true,
        uniqueBatchItemID: bytes,
        requestPayload: empty(Tag.RequestPayload),
        messageExtension: [extension],
      },
    ],
  );
  const response = writeResponse({
    header: {
      protocolVersion,
      timeStamp: 0,
      nonce: { nonceID: bytes, nonceValue: bytes },
      serverHashedPassword: bytes,
      attestationType: ['TPMQuote'],
      ...correlation,
      batchCount: 1,
    },
    batchItems: [
      {
        operation: 1,
        uniqueBatchItemID: bytes,
        resultStatus: 'OperationPending',
        resultReason: 'GeneralFailure',
        resultMessage: 'm',
        asynchronousCorrelationValue: bytes,
        responsePayload: empty(Tag.ResponsePayload),
        messageExtension: [extension],
      },
    ],
  });
  const names = ['Request Header', 'Request Batch Item', 'Response Header', 'Response Batch Item'];
  return [...childrenOf(request), ...childrenOf(response)].map((item, index) => [names[index] ?? '', item]);
}

const versionsSince = (since: WireVersion): WireVersion[] =>
  supportedVersions.filter((version) => inRange({ since }, version));
/** A tag that two fields share stands once in each version. */
const tagsOf = (item: Item): string[] => childrenOf(item).map(({ tag }) => tagText(tag));

describe('structures', () => {
  for (const [name, since, codec, value] of structures) {
    it(`read back ${name} as far as each version has it`, () => {
      for (const version of versionsSince(since)) {
        const written = codec.write(Tag.AttributeValue, value, version);
        const read: unknown = codec.read(decode(encode(written)), version);
        expect(encode(codec.write(Tag.AttributeValue, read, version))).to.deep.equal(encode(written));
        expect(value).to.deep.include(read);
      }
    });
  }

  it('name the type of an extension by an Integer in 1.x and an Enumeration in 2.x', () => {
    const value = { extensionName: 'e', extensionTypeNumber: 7, extensionType: 'TextString' } as const;
    const typeIn = (version: WireVersion) =>
      childrenOf(extensionInformation.write(Tag.ExtensionInformation, value, version)).map(({ type }) => type);
    for (const version of versionsSince(V1_1)) {
      const last = version < 0x200 ? ItemType.Integer : ItemType.Enumeration;
      expect(typeIn(version)).to.deep.equal([ItemType.TextString, last]);
    }
  });
});

const shared = join('..', 'shared', 'kmip', 'tables', 'structures.json');
type SharedStructures = Readonly<
  Record<string, Record<string, { readonly fields: readonly { readonly name: string }[] }>>
>;

describe('structures against those of the standard', () => {
  before(function () {
    // The reference data is no part of the project: without it there is nothing to compare with.
    if (!existsSync(shared)) this.skip();
  });

  it('have its fields, in its order, in every version', () => {
    const tables = JSON.parse(readFileSync(shared, 'utf8')) as SharedStructures;
    const fieldsIn = (name: string, version: WireVersion) =>
      tables[versionText(version)]?.[name]?.fields.map((field) => field.name);
    for (const version of supportedVersions) {
      for (const [name, since, codec, value] of structures) {
        if (version < since) {
          expect(fieldsIn(name, version), `${name} in ${versionText(version)}`).to.equal(undefined);
          continue;
        }
        const item = codec.write(Tag.AttributeValue, value, version);
        expect(tagsOf(item), `${name} in ${versionText(version)}`).to.deep.equal(fieldsIn(name, version));
      }
      for (const [name, item] of messageParts(version)) {
        expect(tagsOf(item), `${name} in ${versionText(version)}`).to.deep.equal(fieldsIn(name, version));
      }
    }
  });
});
