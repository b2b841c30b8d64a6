/** A client's creation rules as a record under the client's identifier: TTLV in the shapes of `atRest`. */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { constraints, defaultsInformation, type CreationRules } from '#objects/creation-rules';
import { privateTags } from '#objects/private-tags';
import { optional, structure } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import { atRest } from '#protocol/versions';
import { bounds } from '#store/engines/bounds';
import type { Kind } from '#store/store';

const record = structure('creation rules', {
  defaults: optional(Tag.DefaultsInformation, defaultsInformation),
  constraints: optional(Tag.Constraints, constraints),
});

const limits = { maximumBytes: bounds.recordBytes, maximumDepth: 64, maximumItems: bounds.recordBytes / 8 };

export const creationRulesKind: Kind<CreationRules> = {
  name: 'creation-rules',
  encode: (rules) =>
    encode(
      record.write(
        privateTags.creationRulesRecord.tag,
        {
          defaults: { objectDefaults: rules.objectDefaults },
          constraints: { constraint: rules.constraints },
        },
        atRest,
      ),
    ),
  decode(bytes) {
    const { defaults, constraints: kept } = record.read(decode(bytes, limits), atRest);
    return { objectDefaults: defaults?.objectDefaults ?? [], constraints: kept?.constraint ?? [] };
  },
  terms: () => [],
};
