/** KMIP 2.1 §6.1.16 (1.4 §4.26): since 1.1. */
import { expect } from 'chai';
import type { Item } from '#ttlv/item';
import { ask } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, int, struct, value, versions } from '#test/fixtures/items';

const protocolVersion = (version: string): Item => {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  return struct('ProtocolVersion', int('ProtocolVersionMajor', major), int('ProtocolVersionMinor', minor));
};
const newestFirst = versions.slice().reverse();

describe('Discover Versions', () => {
  let fixture: Fixture;
  before(async () => (fixture = await openFixture()));
  after(() => fixture.close());

  async function discover(version: string, ...offered: string[]): Promise<string[]> {
    const { payload, message } = await ask(fixture, version, 'DiscoverVersions', offered.map(protocolVersion));
    if (message !== undefined) throw new Error(message);
    return all(payload, 'ProtocolVersion').map(
      (each) => `${value(each, 'ProtocolVersionMajor') as number}.${value(each, 'ProtocolVersionMinor') as number}`,
    );
  }

  it('is not there in 1.0', async () => {
    expect((await ask(fixture, '1.0', 'DiscoverVersions')).reason).to.equal('OperationNotSupported');
  });

  for (const version of versions.slice(1)) {
    it(`lists every version in ${version}, the newest first, when none is asked for`, async () => {
      expect(await discover(version)).to.deep.equal(newestFirst);
    });

    it(`lists in ${version} only what both have, in the server's order`, async () => {
      expect(await discover(version, '1.4')).to.deep.equal(['1.4']);
      expect(await discover(version, '1.0', '2.1', '1.2')).to.deep.equal(['2.1', '1.2', '1.0']);
      expect(await discover(version, '3.0', '1.1', '9.9', '1.1')).to.deep.equal(['1.1']);
    });

    it(`answers with an empty list in ${version} when both have none`, async () => {
      expect(await discover(version, '3.0', '0.9')).to.deep.equal([]);
    });
  }
});
