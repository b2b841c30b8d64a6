/** What this server truly offers in a version, read from the tables: what Query tells. */
import { operations } from '#operations/registry/served';
import type { Offered, ServerFacts } from '#operations/context';
import { isIn } from '#operations/operation';
import { offeredProtectionStorage } from '#operations/new-object/protection-storage';
import { registrableTypes } from '#operations/key-material/registration-rules';
import { enumerationHas, enumerationValues, type EnumerationValue } from '#protocol/enumerations';
import { namesOf, serverProfiles } from '#profiles/index';
import type { Version } from '#protocol/versions';

export const offeredIn = (version: Version, facts: ServerFacts): Offered => ({
  operations: operations
    .filter((each) => isIn(each, version) && each.offered?.(facts) !== false)
    .map(({ name }) => name),
  objectTypes: enumerationValues('ObjectType', version).filter((each) => registrableTypes.includes(each)),
  profiles: serverProfiles.flatMap(namesOf).filter((name) => isProfileName(name, version)),
  protectionStorageMask: offeredProtectionStorage,
});

const isProfileName = (name: string, version: Version): name is EnumerationValue<'ProfileName'> =>
  enumerationHas('ProfileName', name, version);
