import { asAnswered, atMost } from '#protocol/bounds';
import { many } from '#protocol/fields';
import { protocolVersion } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { supportedVersions } from '#protocol/versions';
import { defineOperation } from '#operations/operation';

/** KMIP 2.1 §6.1.16 (1.4 §4.26). */
export const discoverVersions = defineOperation('DiscoverVersions', {
  rights: ['ask'],
  served: 'inReserve',
  withoutCredential: true,
  request: { protocolVersion: many(Tag.ProtocolVersion, protocolVersion, atMost(100)) },
  response: { protocolVersion: many(Tag.ProtocolVersion, protocolVersion, asAnswered) },

  async run({ protocolVersion: asked }) {
    const common = asked === undefined ? supportedVersions : supportedVersions.filter((each) => asked.includes(each));
    return { protocolVersion: common };
  },
});
