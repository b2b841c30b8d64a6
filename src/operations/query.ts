import {
  defaultsInformation,
  groupsOf,
  objectGroups,
  typesOf,
  type CreationRules,
  type ObjectDefaults,
} from '#objects/creation-rules';
import { allStorage } from '#objects/storage-status';
import { boolean, enumeration, integer, text } from '#protocol/codecs';
import type { EnumerationValue } from '#protocol/enumerations';
import { many, optional, required, structure, type Shape } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { extensionInformation, rngParameters } from '#protocol/structures';
import { Tag, tags } from '#protocol/tags';
import { inRange, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, type Version } from '#protocol/versions';
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
 * its data from the server, there are no extensions, no attestation, no validation; their answers
 * are empty, as the text allows.
 */
const answers: {
  readonly [F in EnumerationValue<'QueryFunction'>]?: (
    context: Context,
    groups?: readonly string[],
  ) => Answer | Promise<Answer>;
} = {
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
        streamingCapability: true,
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
  async QueryDefaultsInformation(context, groups) {
    const objectDefaults = defaultsFor(groups, await context.creationRules(), context.version);
    return objectDefaults.length === 0 ? {} : { defaultsInformation: { objectDefaults } };
  },
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
    objectGroups: optional(Tag.ObjectGroups, objectGroups, { since: V2_1 }),
  },
  response,

  async run({ queryFunction, objectGroups: asked }, context): Promise<Answer> {
    if (queryFunction === undefined) throw new KmipError('InvalidMessage', 'Query request lacks Query Function');
    const groups = asked?.objectGroup;
    for (const group of groups ?? []) await checkKnown(group, context);
    const answer: Answer = {};
    for (const each of queryFunction) {
      Object.assign(answer, await answers[each as EnumerationValue<'QueryFunction'>]?.(context, groups));
    }
    return answer;
  },
});

/** Those that hold for the groups, or for all; versions without groups and lists of types get one for each type. */
function defaultsFor(
  groups: readonly string[] | undefined,
  { objectDefaults }: CreationRules,
  version: Version,
): readonly ObjectDefaults[] {
  const pertinent = objectDefaults.filter((each) => {
    const own = groupsOf(each);
    return own === undefined || groups === undefined || own.some((group) => groups.includes(group));
  });
  if (inRange(tags.ObjectTypes, version)) return pertinent;
  return pertinent
    .filter((each) => groupsOf(each) === undefined)
    .flatMap((each) => typesOf(each).map((objectType) => ({ objectType, attributes: each.attributes })));
}

/** An object group is known by its members, or by a rule that names it. @throws KmipError UnknownObjectGroup. */
async function checkKnown(group: string, context: Context): Promise<void> {
  const { objectDefaults, constraints } = await context.creationRules();
  if ([...objectDefaults, ...constraints].some((rule) => groupsOf(rule)?.includes(group) === true)) return;
  const query = { instances: [{ key: 'objectGroup', value: group }], storage: allStorage } as const;
  for await (const _ of context.find(query)) return;
  throw new KmipError('UnknownObjectGroup', 'no object of yours is in an Object Group of this name');
}
