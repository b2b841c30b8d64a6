/**
 * The attributes that the server sets on every new object, whichever operation makes it (2.1 chapter 4, "When
 * implicitly set").
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
  /**
   * What the server derived from the object, such as its algorithm; a Digest in it is added to that of the material.
   */
  readonly found?: Attributes;
  /** Seconds since 1970. */
  readonly now: number;
  /** The server made the material, as against a client that registered it. */
  readonly generated: boolean;
  /** Given attributes are kept, whatever the server would have set (Import, 2.1 §6.1.25). */
  readonly asGiven?: true;
}

/** An object that is not stored yet, and its material, which the caller wipes after the object was stored. */
export interface MadeObject {
  readonly object: ManagedObject;
  readonly material?: Uint8Array;
}

export function newObject(from: NewObject): MadeObject {
  const { id, owner, structure, given, found, now, generated, asGiven } = from;
  const { rest, material } = takeMaterial(structure);
  const { objectType } = structure;
  // V8 takes twenty times as long to spread so many properties.
  const attributes: Attributes = Object.assign({}, found, given, { uniqueIdentifier: id, objectType });
  Object.assign(
    attributes,
    implicit({ id, now, generated, given: attributes }, attributes, objectType),
    saidBy(structure, material, attributes),
    asGiven && given,
    asGiven && given.usageLimits && { usageLimits: restored(given.usageLimits) },
  );
  return {
    object: { id, owner, attributes, indexes: {}, structure: rest },
    ...(material === undefined ? {} : { material }),
  };
}

/** Usage that another server has counted stays counted. */
const restored = (limits: AttributeValue<'usageLimits'>): AttributeValue<'usageLimits'> => ({
  ...limits,
  usageLimitsCount: limits.usageLimitsCount ?? limits.usageLimitsTotal,
});

const initial = keysWith('initial').map((key) => [key, attributeRow(key)] as const);
const initialOfTemplates = initial.filter(([, row]) => row.initialOfTemplates === true);

function implicit(made: Beginning, given: Attributes, objectType: ObjectType): Attributes {
  const set: { [key: string]: unknown } = {};
  for (const [key, row] of objectType === 'Template' ? initialOfTemplates : initial) {
    const value = row.initial?.(made, given[key]);
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

/** SHA-256, the mandatory algorithm (2.1 §4.21), of material as `materialBytes` returns it. */
export const digestOf = (
  material: Uint8Array,
  keyFormatType?: KeyBlock['keyFormatType'],
): AttributeValue<'digest'> => ({
  hashingAlgorithm: 'SHA_256',
  digestValue: hash('sha256', material, 'buffer'),
  ...(keyFormatType === undefined ? {} : { keyFormatType }),
});
