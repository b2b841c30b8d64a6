import {
  defaultsAnswered,
  groupsOf,
  objectGroups,
  typesOf,
  type CreationRules,
  type ObjectDefaults,
} from '#objects/creation-rules';
import { allStorage } from '#objects/storage-status';
import { asAnswered, atMost } from '#protocol/bounds';
import { boolean, enumeration, integer, text } from '#protocol/codecs';
import type { EnumerationValue } from '#protocol/enumerations';
import { many, optional, required, structure, type Shape } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { extensionInformation, rngParameters } from '#protocol/structures';
import { Tag, tags } from '#protocol/tags';
import { inRange, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, type Version } from '#protocol/versions';
import type { Context } from '#operations/context';
import { defineOperation } from '#operations/operation';
import { protectionStorageMasks } from '#operations/new-object/protection-storage';
import { generatorOf } from '#operations/new-object/random-number-generator';

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
  validationProfile: many(Tag.ValidationProfile, text, asAnswered),
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
  operation: many(Tag.Operation, enumeration('Operation'), asAnswered),
  objectType: many(Tag.ObjectType, enumeration('ObjectType'), asAnswered),
  vendorIdentification: optional(Tag.VendorIdentification, text),
  serverInformation: optional(Tag.ServerInformation, serverInformation),
  applicationNamespace: many(Tag.ApplicationNamespace, text, asAnswered),
  extensionInformation: many(Tag.ExtensionInformation, extensionInformation, asAnswered, { since: V1_1 }),
  attestationType: many(Tag.AttestationType, enumeration('AttestationType'), asAnswered, { since: V1_2 }),
  rngParameters: many(Tag.RNGParameters, rngParameters, asAnswered, { since: V1_3 }),
  profileInformation: many(Tag.ProfileInformation, profileInformation, asAnswered, { since: V1_3 }),
  validationInformation: many(Tag.ValidationInformation, validationInformation, asAnswered, { since: V1_3 }),
  capabilityInformation: many(Tag.CapabilityInformation, capabilityInformation, asAnswered, { since: V1_3 }),
  clientRegistrationMethod: many(Tag.ClientRegistrationMethod, enumeration('ClientRegistrationMethod'), asAnswered, {
    since: V1_3,
  }),
  defaultsInformation: optional(Tag.DefaultsInformation, defaultsAnswered, { since: V2_0 }),
  protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
};
type Answer = Shape<typeof response>;

/**
 * The answer to each function. The answers to functions without an entry are empty, as the text allows: the server
 * generates no Application Data, and has no extensions, attestation or validation.
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
  // `client add` makes key and certificate; `client sign` and `client bind` use those of the client.
  QueryClientRegistrationMethods: () => ({ clientRegistrationMethod: ['ServerPreGenerated', 'ClientGenerated'] }),
  QueryStorageProtectionMasks: ({ offered }) => ({
    protectionStorageMasks: { protectionStorageMask: [offered.protectionStorageMask] },
  }),
};

/** There are fourteen functions, and each is answered once. */
const functionsAsked = atMost(100);

/** KMIP 2.1 §6.1.40 (1.4 §4.25). */
export const query = defineOperation('Query', {
  rights: ['ask', 'read'],
  served: 'inReserve',
  withoutCredential: true,
  request: {
    queryFunction: many(Tag.QueryFunction, enumeration('QueryFunction'), functionsAsked),
    objectGroups: optional(Tag.ObjectGroups, objectGroups, { since: V2_1 }),
  },
  response,

  async run({ queryFunction, objectGroups: asked }, context): Promise<Answer> {
    if (queryFunction === undefined) throw new KmipError('InvalidMessage', 'Query request lacks Query Function');
    const groups = asked?.objectGroup;
    if (groups !== undefined) await checkKnown(groups, context);
    const answer: Answer = {};
    for (const each of new Set(queryFunction)) {
      Object.assign(answer, await answers[each as EnumerationValue<'QueryFunction'>]?.(context, groups));
    }
    return answer;
  },
});

/**
 * The defaults for the groups, or for all objects; versions without groups and lists of types get one entry for each
 * type.
 */
function defaultsFor(
  groups: readonly string[] | undefined,
  { objectDefaults }: CreationRules,
  version: Version,
): readonly ObjectDefaults[] {
  const asked = groups && new Set(groups);
  const pertinent = objectDefaults.filter((each) => {
    const own = groupsOf(each);
    return own === undefined || asked === undefined || own.some((group) => asked.has(group));
  });
  if (inRange(tags.ObjectTypes, version)) return pertinent;
  return pertinent
    .filter((each) => groupsOf(each) === undefined)
    .flatMap((each) => typesOf(each).map((objectType) => ({ objectType, attributes: each.attributes })));
}

/** An object group is known when it has members, or a rule names it. @throws KmipError UnknownObjectGroup. */
async function checkKnown(groups: readonly string[], context: Context): Promise<void> {
  const { objectDefaults, constraints } = await context.creationRules();
  const named = new Set([...objectDefaults, ...constraints].flatMap((rule) => groupsOf(rule) ?? []));
  for (const group of groups) {
    if (named.has(group) || (await hasMember(group, context))) continue;
    throw new KmipError('UnknownObjectGroup', 'Object Group not found: no object in it is accessible to this client');
  }
}

async function hasMember(group: string, context: Context): Promise<boolean> {
  const members = { instances: [{ key: 'objectGroup', value: group }], storage: allStorage } as const;
  for await (const _ of context.find(members)) return true;
  return false;
}
