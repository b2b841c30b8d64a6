import { attributeSet } from '#objects/attribute-codec';
import { boolean, enumeration, integer, text } from '#protocol/codecs';
import type { EnumerationValue } from '#protocol/enumerations';
import { many, optional, required, structure, type Shape } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { extensionInformation, rngParameters } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V1_1, V1_2, V1_3, V1_4, V2_0, V2_1 } from '#protocol/versions';
import type { Context } from './context.ts';
import { defineOperation } from './operation.ts';
import { protectionStorageMasks } from './protection-storage.ts';
import { generatorOf } from './random-number-generator.ts';

/** 2.1 §7.37. 1.x leaves the content to the vendor: there it stays empty. */
const serverInformation = structure('Server Information', {
  serverVersion: optional(Tag.ServerVersion, text, { since: V2_0 }),
  productName: optional(Tag.ProductName, text, { since: V2_0 }),
});

/** 2.1 §7.31 (1.4 §2.1.19). */
const profileInformation = structure('Profile Information', {
  profileName: required(Tag.ProfileName, enumeration('ProfileName')),
  serverURI: optional(Tag.ServerURI, text),
  serverPort: optional(Tag.ServerPort, integer),
});

/** 2.1 §7.41 (1.4 §2.1.20). */
const validationInformation = structure('Validation Information', {
  validationAuthorityType: required(Tag.ValidationAuthorityType, enumeration('ValidationAuthorityType')),
  validationAuthorityCountry: optional(Tag.ValidationAuthorityCountry, text),
  validationAuthorityURI: optional(Tag.ValidationAuthorityURI, text),
  validationVersionMajor: required(Tag.ValidationVersionMajor, integer),
  validationVersionMinor: optional(Tag.ValidationVersionMinor, integer),
  validationType: required(Tag.ValidationType, enumeration('ValidationType')),
  validationLevel: required(Tag.ValidationLevel, integer),
  validationCertificateIdentifier: optional(Tag.ValidationCertificateIdentifier, text),
  validationCertificateURI: optional(Tag.ValidationCertificateURI, text),
  validationVendorURI: optional(Tag.ValidationVendorURI, text),
  validationProfile: many(Tag.ValidationProfile, text),
});

/** 2.1 §7.5 (1.4 §2.1.21). */
const capabilityInformation = structure('Capability Information', {
  streamingCapability: optional(Tag.StreamingCapability, boolean),
  asynchronousCapability: optional(Tag.AsynchronousCapability, boolean),
  attestationCapability: optional(Tag.AttestationCapability, boolean),
  batchUndoCapability: optional(Tag.BatchUndoCapability, boolean, { since: V1_4 }),
  batchContinueCapability: optional(Tag.BatchContinueCapability, boolean, { since: V1_4 }),
  unwrapMode: optional(Tag.UnwrapMode, enumeration('UnwrapMode')),
  destroyAction: optional(Tag.DestroyAction, enumeration('DestroyAction')),
  shreddingAlgorithm: optional(Tag.ShreddingAlgorithm, enumeration('ShreddingAlgorithm')),
  rngMode: optional(Tag.RNGMode, enumeration('RNGMode')),
  quantumSafeCapability: optional(Tag.QuantumSafeCapability, boolean, { since: V2_0 }),
});

/** 2.1 §7.11: the server fills in no attribute that a client left out, so none is ever sent. */
const defaultsInformation = structure('Defaults Information', {
  objectDefaults: many(
    Tag.ObjectDefaults,
    structure('Object Defaults', {
      objectType: required(Tag.ObjectType, enumeration('ObjectType')),
      attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'required'),
    }),
  ),
});

const response = {
  operation: many(Tag.Operation, enumeration('Operation')),
  objectType: many(Tag.ObjectType, enumeration('ObjectType')),
  vendorIdentification: optional(Tag.VendorIdentification, text),
  serverInformation: optional(Tag.ServerInformation, serverInformation),
  applicationNamespace: many(Tag.ApplicationNamespace, text),
  extensionInformation: many(Tag.ExtensionInformation, extensionInformation, { since: V1_1 }),
  attestationType: many(Tag.AttestationType, enumeration('AttestationType'), { since: V1_2 }),
  rngParameters: many(Tag.RNGParameters, rngParameters, { since: V1_3 }),
  profileInformation: many(Tag.ProfileInformation, profileInformation, { since: V1_3 }),
  validationInformation: many(Tag.ValidationInformation, validationInformation, { since: V1_3 }),
  capabilityInformation: many(Tag.CapabilityInformation, capabilityInformation, { since: V1_3 }),
  clientRegistrationMethod: many(Tag.ClientRegistrationMethod, enumeration('ClientRegistrationMethod'), {
    since: V1_3,
  }),
  defaultsInformation: optional(Tag.DefaultsInformation, defaultsInformation, { since: V2_0 }),
  protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
};
type Answer = Shape<typeof response>;

/**
 * What each function is answered with. Functions that are not here have nothing true to say: no namespace gets
 * its data from the server, there are no extensions, no attestation, no validation, no defaults; their answers
 * are empty, as the text allows.
 */
const answers: { readonly [F in EnumerationValue<'QueryFunction'>]?: (context: Context) => Answer } = {
  QueryOperations: ({ offered }) => ({ operation: offered.operations }),
  QueryObjects: ({ offered }) => ({ objectType: offered.objectTypes }),
  QueryServerInformation: ({ server }) => ({
    vendorIdentification: server.vendorIdentification,
    serverInformation: { serverVersion: server.productVersion, productName: 'kmipd' },
  }),
  QueryRNGs: ({ server }) => ({ rngParameters: [generatorOf(server)] }),
  QueryProfiles: ({ offered }) => ({ profileInformation: offered.profiles.map((profileName) => ({ profileName })) }),
  QueryCapabilities: () => ({
    capabilityInformation: [
      {
        streamingCapability: false,
        asynchronousCapability: false,
        attestationCapability: false,
        batchUndoCapability: true,
        batchContinueCapability: true,
        unwrapMode: 'NotProcessed',
        destroyAction: 'KeyMaterialDeleted',
        shreddingAlgorithm: 'Unsupported',
        rngMode: 'SharedInstantiation',
        quantumSafeCapability: false,
      },
    ],
  }),
  // `client add` makes keys and certificate; `client sign` and `client bind` take the client's own.
  QueryClientRegistrationMethods: () => ({ clientRegistrationMethod: ['ServerPreGenerated', 'ClientGenerated'] }),
  QueryStorageProtectionMasks: ({ offered }) => ({
    protectionStorageMasks: { protectionStorageMask: [offered.protectionStorageMask] },
  }),
};

/** KMIP 2.1 §6.1.40 (1.4 §4.25). */
export const query = defineOperation('Query', {
  request: {
    queryFunction: many(Tag.QueryFunction, enumeration('QueryFunction')),
    objectGroups: optional(Tag.ObjectGroups, structure('Object Groups', { objectGroup: many(Tag.ObjectGroup, text) }), {
      since: V2_1,
    }),
  },
  response,

  async run({ queryFunction }, context): Promise<Answer> {
    if (queryFunction === undefined) throw new KmipError('InvalidMessage', 'Query request lacks Query Function');
    return Object.assign(
      {},
      ...queryFunction.map((each) => answers[each as EnumerationValue<'QueryFunction'>]?.(context)),
    );
  },
});
