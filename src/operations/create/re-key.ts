import { attributeSet } from '#objects/attributes/attribute-groups';
import { interval } from '#protocol/codecs';
import { optional, required } from '#protocol/fields';
import { objectReference, uniqueIdentifier } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { V2_0 } from '#protocol/versions';
import { formatAsked, withoutFormat } from '#operations/new-object/requested-key-format';
import { attributesToGive } from '#operations/new-object/requested-attributes';
import { commitNewObjects } from '#operations/new-object/commit-new-objects';
import { newSymmetricKey } from '#operations/new-object/new-symmetric-key';
import { defineOperation } from '#operations/operation';
import { checkProtectionStorage, protectionStorageMasks } from '#operations/new-object/protection-storage';
import { checkReplaceable, inherited, replacedBy } from '#operations/new-object/replacement';

/** KMIP 2.1 §6.1.46 (1.4 §4.4). A new symmetric key replaces an existing one. */
export const reKey = defineOperation('ReKey', {
  rights: ['create', 'modify', 'read'],
  served: 'withinQuotas',
  request: {
    uniqueIdentifier: optional(Tag.UniqueIdentifier, objectReference),
    offset: optional(Tag.Offset, interval),
    attributes: attributeSet(Tag.Attributes, Tag.TemplateAttribute, 'optional'),
    protectionStorageMasks: optional(Tag.ProtectionStorageMasks, protectionStorageMasks, { since: V2_0 }),
  },
  response: { uniqueIdentifier: required(Tag.UniqueIdentifier, uniqueIdentifier) },

  async run({ uniqueIdentifier: reference, offset, attributes, protectionStorageMasks: wanted }, context) {
    checkProtectionStorage(wanted);
    const existing = await context.load(reference, 'modify');
    checkReplaceable(existing, 'SymmetricKey');
    const given = await attributesToGive('SymmetricKey', [withoutFormat(attributes)], context);
    const { keyFormatType: held } = existing.object.attributes;
    const format = formatAsked(attributes) ?? (held === 'Opaque' ? undefined : held) ?? 'Raw';
    const made = newSymmetricKey(inherited(existing.object, given, offset, context.now()), format, context);
    const changes = [replacedBy(existing, made.object.id, context)];
    return { uniqueIdentifier: await commitNewObjects([made], context, changes) };
  },
});
