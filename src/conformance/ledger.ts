/**
 * What a run knows about objects from its requests and the answers: who made their material, and which of their values
 * the client chose.
 */
import { ItemType, type Item } from '#ttlv/item';
import { enumerationNumber, enumerationValue } from '#protocol/enumerations';
import { attributeTag } from '#protocol/names';
import { Tag, tagName } from '#protocol/tags';
import { all, numberIn, partOf, partsOf, textIn } from './tree.ts';

export interface ObjectFacts {
  /**
   * True when the client gave the material, so that the server must return it. Else the server made it, or it existed
   * before the run.
   */
  readonly given: boolean;
  /** The Cryptographic Algorithm as its number. */
  readonly algorithm?: number;
  /** The attribute Cryptographic Parameters. */
  readonly parameters?: Item;
  /** Dates that the client set, by the name of their attribute. */
  readonly dates: ReadonlyMap<string, bigint>;
}

export const unknownObject: ObjectFacts = { given: false, dates: new Map() };

/** By Unique Identifier, as the server said it. */
export type Ledger = ReadonlyMap<string, ObjectFacts>;

/** The origin of the material of a new object. */
const births: Readonly<Record<string, 'given' | 'made' | 'as its source'>> = {
  Register: 'given',
  Import: 'given',
  Create: 'made',
  CreateKeyPair: 'made',
  CreateSplitKey: 'made',
  ReKey: 'made',
  ReKeyKeyPair: 'made',
  Certify: 'made',
  ReCertify: 'made',
  DeriveKey: 'as its source',
  JoinSplitKey: 'as its source',
};

/** Dates that the server sets again, whatever the client chose before. */
const resets: Readonly<Record<string, string>> = { Activate: 'ActivationDate' };

/** Which identifier of the answer a set of attributes belongs to. */
const ofPair = [Tag.PrivateKeyUniqueIdentifier, Tag.PublicKeyUniqueIdentifier];
const setsOf: ReadonlyMap<number, readonly number[]> = new Map([
  [Tag.TemplateAttribute, [Tag.UniqueIdentifier]],
  [Tag.Attributes, [Tag.UniqueIdentifier]],
  [Tag.NewAttribute, [Tag.UniqueIdentifier]],
  [Tag.CommonTemplateAttribute, ofPair],
  [Tag.CommonAttributes, ofPair],
  [Tag.PrivateKeyTemplateAttribute, [Tag.PrivateKeyUniqueIdentifier]],
  [Tag.PrivateKeyAttributes, [Tag.PrivateKeyUniqueIdentifier]],
  [Tag.PublicKeyTemplateAttribute, [Tag.PublicKeyUniqueIdentifier]],
  [Tag.PublicKeyAttributes, [Tag.PublicKeyUniqueIdentifier]],
]);
const newIdentifiers = [Tag.UniqueIdentifier, Tag.PrivateKeyUniqueIdentifier, Tag.PublicKeyUniqueIdentifier];

export interface Attribute {
  /** The tag's name, or the vendor's own. */
  readonly name: string;
  readonly value: Item;
}

/** One attribute in the shape of 1.x, of a vendor in 2.x, or by its tag. */
export function attributeIn(item: Item): Attribute | undefined {
  if (item.tag !== Tag.Attribute) {
    const name = tagName(item.tag);
    return name === undefined ? undefined : { name, value: item };
  }
  const name = textIn(partOf(item, Tag.AttributeName));
  const value = partOf(item, Tag.AttributeValue);
  if (name === undefined || value === undefined) return undefined;
  const vendor = textIn(partOf(item, Tag.VendorIdentification));
  if (vendor !== undefined) return { name: `${vendor}-${name}`, value };
  return { name: attributeTag(name) ?? name, value };
}

/** The attributes that a payload sets, with the tags of the identifiers in its answer that name their objects. */
function* attributesSet(payload: readonly Item[]): Generator<Attribute & { readonly of: readonly number[] }> {
  for (const item of payload) {
    const of = setsOf.get(item.tag);
    const items = of === undefined ? [item] : partsOf(item);
    for (const each of items) {
      const attribute = attributeIn(each);
      if (attribute !== undefined) yield { ...attribute, of: of ?? [Tag.UniqueIdentifier] };
    }
  }
}

/** Dates that a request names, by attribute: the answer may repeat them. */
export function datesIn(payload: readonly Item[]): Map<string, bigint> {
  const dates = new Map<string, bigint>();
  for (const { name, value } of attributesSet(payload)) {
    if (value.type === ItemType.DateTime) dates.set(name, value.value);
  }
  return dates;
}

/** The objects that a request and its answer name, in whatever role. */
function objectsNamed(payloads: readonly Item[]): Set<string> {
  const ids = new Set<string>();
  for (const payload of payloads) {
    for (const item of all(payload)) {
      const id = newIdentifiers.includes(item.tag) ? textIn(item) : undefined;
      if (id !== undefined) ids.add(id);
    }
  }
  return ids;
}

const success = enumerationNumber('ResultStatus', 'Success');

export const operationIn = (batchItem: Item | undefined): string | undefined => {
  const code = numberIn(partOf(batchItem, Tag.Operation));
  return code === undefined ? undefined : enumerationValue('Operation', code);
};

/** Operations that set what their request says, besides those that make objects. */
const setters: ReadonlySet<string> = new Set(['AddAttribute', 'ModifyAttribute', 'SetAttribute', 'Activate', 'Revoke']);

/** Records what one batch item and its answer say about objects. */
export function learn(ledger: Map<string, ObjectFacts>, request: Item, answer: Item): void {
  const operation = operationIn(request);
  const birth = births[operation ?? ''];
  if (operation === undefined || (birth === undefined && !setters.has(operation))) return;
  if (numberIn(partOf(answer, Tag.ResultStatus)) !== success) return;
  const asked = partsOf(partOf(request, Tag.RequestPayload));
  const answered = partOf(answer, Tag.ResponsePayload);
  const attributes = [...attributesSet(asked)];

  for (const tag of newIdentifiers) {
    const id = textIn(partOf(answered, tag));
    if (id === undefined) continue;
    const facts = ledger.get(id) ?? unknownObject;
    const dates = new Map(facts.dates);
    dates.delete(resets[operation] ?? '');
    let { algorithm, parameters } = facts;
    for (const { name, value, of } of attributes) {
      if (!of.includes(tag)) continue;
      if (value.type === ItemType.DateTime) dates.set(name, value.value);
      else if (name === 'CryptographicAlgorithm') algorithm = numberIn(value);
      else if (name === 'CryptographicParameters') parameters = value;
    }
    const ofBlock = asked.map((item) => numberIn(partOf(partOf(item, Tag.KeyBlock), Tag.CryptographicAlgorithm)));
    algorithm = ofBlock.find((each) => each !== undefined) ?? algorithm;
    ledger.set(id, {
      given:
        birth === undefined ? facts.given : birth === 'given' || (birth === 'as its source' && allGiven(ledger, asked)),
      dates,
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(parameters === undefined ? {} : { parameters }),
    });
  }
}

/** Whether the client gave the material of every object that is named. */
export const allGiven = (ledger: Ledger, payloads: readonly Item[]): boolean =>
  [...objectsNamed(payloads)].every((id) => ledger.get(id)?.given === true);
