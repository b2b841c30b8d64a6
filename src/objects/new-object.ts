/**
 * What every object has from its beginning: the attributes that the server sets, whoever made the object (2.1 chapter
 * 4, "When implicitly set").
 */
import { hash } from 'node:crypto';
import type { Attributes, AttributeValue } from '#objects/attributes/attributes';
import { isDestroyed, stateAt } from './life-cycle.ts';
import type { ManagedObject } from './managed-object.ts';
import { takeMaterial } from './material.ts';
import { isWrapped, type KeyBlock, type ObjectStructure } from './object-structure.ts';
import { containerIn } from './opened-container.ts';

/** Seconds; how long clients may use what they fetched without asking again (2.1 §4.30). No policy here shortens it. */
const leaseTime = 3600;

/** 2.1 §4.44, §12.2: kept by software, sealed, on this system. */
const protectionStorageMask = 0x01;

export interface NewObject {
  readonly id: string;
  readonly owner: string;
  readonly structure: ObjectStructure;
  /** What the client gave, already checked. */
  readonly given: Attributes;
  /** What the server found out about the object, such as its algorithm; a Digest joins that of the material itself. */
  readonly found: Attributes;
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
    objectType === 'Template'
      ? { initialDate: now, lastChangeDate: now }
      : implicit(structure, material, attributes, now, generated),
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

function implicit(
  structure: ObjectStructure,
  material: Uint8Array | undefined,
  given: Attributes,
  now: number,
  generated: boolean,
): Attributes {
  const sensitive = given.sensitive ?? false;
  const extractable = given.extractable ?? true;
  const keyBlock = 'keyBlock' in structure ? structure.keyBlock : undefined;
  const isReadable = material !== undefined && !(keyBlock?.keyValue !== undefined && isWrapped(keyBlock.keyValue));
  const registered = keyBlock && containerIn(keyBlock)?.container;
  const limits = given.usageLimits;
  const { activationDate, deactivationDate } = given;
  const always: Attributes = {
    state: stateAt({ activationDate, deactivationDate, state: 'PreActive' }, now),
    initialDate: now,
    lastChangeDate: now,
    leaseTime,
    // "Unless the client provides a False value in Register or Import" (2.1 §4.24).
    fresh: generated || given.fresh !== false,
    sensitive,
    alwaysSensitive: sensitive,
    extractable,
    neverExtractable: !extractable,
    protectionStorageMask,
    shortUniqueIdentifier: shortIdentifier(given.uniqueIdentifier as string),
  };
  return Object.assign(
    always,
    generated && { originalCreationDate: now },
    isReadable && { digest: [digestOf(registered ?? material, keyBlock?.keyFormatType), ...(given.digest ?? [])] },
    keyBlock && { keyFormatType: keyBlock.keyFormatType },
    keyBlock && keyBlock.keyValue === undefined && !isDestroyed(given.state) && { keyValuePresent: false },
    limits && { usageLimits: { ...limits, usageLimitsCount: limits.usageLimitsTotal } },
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

/** 2.1 §4.56: "a SHA-256 hash of the Unique Identifier". */
const shortIdentifier = (id: string): Uint8Array => hash('sha256', id, 'buffer');
