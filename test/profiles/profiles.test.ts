import { expect } from 'chai';
import { createClient } from '#client/client';
import { inProcess } from '#test/fixtures/in-process';
import type { Instance } from '#objects/attributes/attribute-codec';
import { attributeByTag, attributeRow } from '#objects/attributes/attributes';
import { create } from '#operations/create/create';
import { getAttributes } from '#operations/attributes/get-attributes';
import { query } from '#operations/server/query';
import { profiles, requirementsIn, serverProfiles } from '#profiles/index';
import type { CustomAttributes, Profile } from '#profiles/profile';
import { enumerationHas, isEnumeration, type EnumerationName } from '#protocol/enumerations';
import { profileNames } from '#protocol/profile-names';
import { Tag, type TagName } from '#protocol/tags';
import { inRange, supportedVersions, versionText, type WireVersion } from '#protocol/versions';
import { ItemType, type Item } from '#ttlv/item';
import { aesKey } from '#test/client/aes-key';
import { openFixture, type Fixture } from '#test/fixtures/fixture';

const versionOf = (text: string): WireVersion =>
  supportedVersions.find((version) => versionText(version) === text) as WireVersion;

const inVersions = (list: readonly Profile[]): { profile: Profile; version: string }[] =>
  list.flatMap((profile) => profile.versions.map((version) => ({ profile, version })));

describe('the profiles', () => {
  it('are known to Query by their names', () => {
    for (const { profile, version } of inVersions(profiles)) {
      expect(profileNames).to.have.property(`${profile.name}KMIPV${version.replace('.', '_')}`);
    }
  });

  for (const { profile, version } of inVersions(profiles)) {
    it(`ask for nothing that ${version} does not have: ${profile.name}`, () => {
      const { objects, attributes, operations, values } = requirementsIn(profile, version);
      const asked = [
        ...objects.map((value) => ['ObjectType', value]),
        ...operations.map((value) => ['Operation', value]),
        ...Object.entries(values).flatMap(([name, list]) => list.map((value) => [name, value])),
      ] as [EnumerationName, string][];
      for (const [name, value] of asked) {
        expect(isEnumeration(name), name).to.equal(true);
        expect(enumerationHas(name, value, versionOf(version)), `${name} ${value}`).to.equal(true);
      }
      for (const name of attributes) {
        const key = attributeByTag(Tag[name as TagName]);
        expect(key, name).to.not.equal(undefined);
        if (key !== undefined) expect(inRange(attributeRow(key), versionOf(version)), name).to.equal(true);
      }
    });
  }
});

/** As many custom attributes, as long, as the profile asks for. */
function customAttributes({ types, perObject, nameLength, valueLength }: CustomAttributes): Instance[] {
  const tag = Tag.AttributeValue;
  const values: Readonly<Record<string, Item>> = {
    TextString: { tag, type: ItemType.TextString, value: 'v'.repeat(valueLength) },
    Integer: { tag, type: ItemType.Integer, value: -1 },
    DateTime: { tag, type: ItemType.DateTime, value: 1_000_000_000n },
  };
  return Array.from({ length: perObject }, (_, index) => {
    const attributeName = String(index).padStart(nameLength - 'x-'.length, 'n');
    const vendor = { vendorIdentification: 'x', attributeName };
    const attributeValue = values[types[index % types.length] as string] as Item;
    return { key: 'vendorAttribute', vendor, value: { ...vendor, attributeValue } };
  });
}

describe('the server', () => {
  let fixture: Fixture;
  before(async () => (fixture = await openFixture()));
  after(() => fixture.close());

  const open = (version: string) => {
    const session = fixture.session();
    const transport = inProcess((message) => fixture.handler.handle(message, session));
    return createClient(transport, { version: versionOf(version) });
  };

  for (const { profile, version } of inVersions(serverProfiles)) {
    it(`lists what ${profile.name} asks for in ${version}`, async () => {
      const { operation, objectType } = await open(version).call(query, {
        queryFunction: ['QueryOperations', 'QueryObjects'],
      });
      const { objects, operations } = requirementsIn(profile, version);
      expect(operation).to.include.members([...operations]);
      expect(objectType).to.include.members([...objects]);
    });
  }

  for (const { profile, version } of inVersions(profiles.filter(({ customAttributes }) => customAttributes))) {
    it(`keeps the custom attributes that ${profile.name} asks for in ${version}`, async () => {
      const custom = customAttributes(profile.customAttributes as CustomAttributes);
      const client = open(version);
      const { uniqueIdentifier } = await client.call(create, aesKey(...custom));
      const held = await client.call(getAttributes, { uniqueIdentifier });
      const names = held.attributes?.flatMap(({ vendor }) => vendor?.attributeName ?? []);
      expect(names).to.have.members(custom.map(({ vendor }) => vendor?.attributeName));
    });
  }
});
