/** What this server truly offers in a version, read from the tables: what Query tells. */
import { operations } from '#operations/index';
import type { Offered, ServerFacts } from '#operations/context';
import { isIn } from '#operations/operation';
import { offeredProtectionStorage } from '#operations/protection-storage';
import { enumerationHas } from '#protocol/enumerations';
import type { Version } from '#protocol/versions';

/** The types that clients can create or register here. */
const objectTypes = ['SymmetricKey', 'Template', 'SecretData', 'OpaqueObject'] as const;

export const offeredIn = (version: Version, facts: ServerFacts): Offered => ({
  operations: operations
    .filter((each) => isIn(each, version) && each.offered?.(facts) !== false)
    .map(({ name }) => name),
  objectTypes: objectTypes.filter((each) => enumerationHas('ObjectType', each, version)),
  profiles: [],
  protectionStorageMask: offeredProtectionStorage,
});
