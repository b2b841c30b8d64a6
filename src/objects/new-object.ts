/**
 * What every object has from its beginning: the attributes that the server sets, whoever made the object (2.1 chapter
 * 4, "When implicitly set").
 */
import { hash } from 'node:crypto';
import {
  attributeRow,
  keysWith,
  type Attributes,
  type AttributeValue,
  type ObjectType,
} from '#objects/attributes/attributes';
import type { Beginning } from '#objects/attributes/attribute-row';
import { isDestroyed } from './life-cycle.ts';
import type { ManagedObject } from './managed-object.ts';
import { takeMaterial } from './material.ts';
import { isWrapped, type KeyBlock, type ObjectStructure } from './object-structure.ts';
import { containerIn } from './opened-container.ts';

export interface NewObject {
  readonly id: string;
  readonly owner: string;
  readonly structure: ObjectStructure;
  /** What the client gave, already checked. */
  readonly given: Attributes;
  /** What the server found out about the object, such as its algorithm; a Digest joins that of the material itself. */
  readonly found?: Attributes;
  /** Seconds since 1970. */
  readonly now: number;
  /** The server made the material, as against a client that registered it. */
  readonly generated: boolean;
  /** What is given stands, whatever the server would have set (Import, 2.1 §6.1.25). */
  readonly asGiven?: true;
}

/** An object that is not kept yet, and its material apart, which the caller wipes once it is. */
export interface MadeObject {
  readonly object: ManagedObject;
  readonly material?: Uint8Array;
}

export function newObject(from: NewObject): MadeObject {
  const { id, owner, structure, given, found, now, generated, asGiven } = from;
  const { rest, material } = takeMaterial(structure);
  const { objectType } = structure;
  // V8 spreads so many properties at twenty times the cost.
  const attributes: Attributes = Object.assign({}, found, given, { uniqueIdentifier: id, objectType });
  Object.assign(
    attributes,
    implicit({ id, now, generated, given: attributes }, objectType),
    saidBy(structure, material, attributes),
    asGiven && given,
    asGiven && given.usageLimits && { usageLimits: restored(given.usageLimits) },
  );
  return {
    object: { id, owner, attributes, indexes: {}, structure: rest },
    ...(material === undefined ? {} : { material }),
  };
}

/** What of them was used up elsewhere stays so. */
const restored = (limits: AttributeValue<'usageLimits'>): AttributeValue<'usageLimits'> => ({
  ...limits,
  usageLimitsCount: limits.usageLimitsCount ?? limits.usageLimitsTotal,
});

const initial = keysWith('initial').map((key) => [key, attributeRow(key)] as const);
const initialOfTemplates = initial.filter(([, row]) => row.initialOfTemplates === true);

function implicit(made: Beginning, objectType: ObjectType): Attributes {
  const set: { [key: string]: unknown } = {};
  for (const [key, row] of objectType === 'Template' ? initialOfTemplates : initial) {
    const value = row.initial?.(made);
    if (value !== undefined) set[key] = value;
  }
  return set;
}

/** What the object says of itself, whatever it is. */
function saidBy(structure: ObjectStructure, material: Uint8Array | undefined, given: Attributes): Attributes {
  if (structure.objectType === 'Template') return {};
  const keyBlock = 'keyBlock' in structure ? structure.keyBlock : undefined;
  const isReadable = material !== undefined && !(keyBlock?.keyValue !== undefined && isWrapped(keyBlock.keyValue));
  const registered = keyBlock && containerIn(keyBlock)?.container;
  return Object.assign(
    {},
    isReadable && { digest: [digestOf(registered ?? material, keyBlock?.keyFormatType), ...(given.digest ?? [])] },
    keyBlock && { keyFormatType: keyBlock.keyFormatType },
    keyBlock && keyBlock.keyValue === undefined && !isDestroyed(given.state) && { keyValuePresent: false },
  );
}

/** SHA-256, the one that is mandatory (2.1 §4.21), over material as `materialBytes` has it. */
export const digestOf = (
  material: Uint8Array,
  keyFormatType?: KeyBlock['keyFormatType'],
): AttributeValue<'digest'> => ({
  hashingAlgorithm: 'SHA_256',
  digestValue: hash('sha256', material, 'buffer'),
  ...(keyFormatType === undefined ? {} : { keyFormatType }),
});
