/** What operators see of an object: identifiers and attributes, never material. */
import { ItemType } from '#ttlv/item';
import { printText } from '#ttlv/text';
import { listedAttributes } from '#objects/attributes/attribute-groups';
import { attributesAt, stateText } from '#objects/life-cycle';
import { allInstances, objectTypeOf, type ManagedObject } from '#objects/managed-object';
import { asAnswered } from '#protocol/bounds';
import { names } from '#protocol/names';
import { atRest } from '#protocol/versions';

/** The object as the clock has it; `now` in milliseconds since 1970. */
export function objectAt(object: ManagedObject, now: number): ManagedObject {
  return { ...object, attributes: attributesAt(object.attributes, Math.floor(now / 1000)) };
}

export interface ObjectSummary {
  readonly id: string;
  /** The owner's name, or its identifier when no client has that. */
  readonly client: string;
  readonly type: string;
  readonly state?: string;
  readonly algorithm?: string;
  readonly length?: number;
  readonly names: readonly string[];
}

export function summaryOf(object: ManagedObject, clientNames: ReadonlyMap<string, string>): ObjectSummary {
  const { state, cryptographicAlgorithm, cryptographicLength, name = [] } = object.attributes;
  return {
    id: object.id,
    client: clientNames.get(object.owner) ?? object.owner,
    type: objectTypeOf(object),
    ...(state === undefined ? {} : { state: stateText(state) }),
    ...(cryptographicAlgorithm === undefined ? {} : { algorithm: cryptographicAlgorithm }),
    ...(cryptographicLength === undefined ? {} : { length: cryptographicLength }),
    names: name.map(({ nameValue }) => nameValue),
  };
}

/** Every attribute, in the order of the table, as lines. */
export function attributeLines(object: ManagedObject): string[] {
  const lists = listedAttributes(asAnswered).write(allInstances(object), atRest);
  const items = lists.flatMap((list) => (list.type === ItemType.Structure ? list.value : []));
  return items.flatMap((item) => printText(item, names).trimEnd().split('\n'));
}
