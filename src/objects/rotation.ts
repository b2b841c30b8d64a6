/**
 * The Rotate attributes (KMIP 2.1 §4.48 to §4.54) of the two objects of a rotation: Re-key, Re-key Key Pair,
 * Re-certify, or the server's equivalent of them. Clients set Rotate Name, Automatic, Interval and Offset, which hold
 * for the whole set of rotated objects and so pass from each to the next.
 */
import type { Attributes } from '#objects/attributes/attributes';
import { storageStatusOf } from './storage-status.ts';

/** Of an Integer. */
const largestGeneration = 2 ** 31 - 1;

export interface Rotation {
  /** For the rotated object. */
  readonly replaced: Attributes;
  /** For the object that takes its place; attributes of the request take precedence. */
  readonly replacement: Attributes;
}

/**
 * Both sets replace attributes of the objects; `rotateDate` and `rotateGeneration` are set once for an object (tables
 * 128 and 130). Versions without the attributes do not see them.
 * @param now seconds since 1970.
 */
export function rotation(existing: Attributes, now: number): Rotation {
  const { rotateGeneration = 0, rotateName, rotateAutomatic, rotateInterval, rotateOffset } = existing;
  const passedOn: Attributes = { rotateName, rotateAutomatic, rotateInterval, rotateOffset };
  return {
    replaced: { rotateDate: existing.rotateDate ?? now, rotateGeneration, rotateLatest: false },
    replacement: {
      ...Object.fromEntries(Object.entries(passedOn).filter(([, value]) => value !== undefined)),
      // An imported object may already have the largest generation.
      rotateGeneration: Math.min(rotateGeneration + 1, largestGeneration),
      rotateLatest: true,
    },
  };
}

/** Whether the server will rotate the object at some time, if nothing changes (2.1 §4.48, §4.51). */
export const isRotating = (attributes: Attributes): boolean =>
  attributes.rotateAutomatic === true &&
  attributes.rotateInterval !== undefined &&
  attributes.rotateLatest !== false &&
  storageStatusOf(attributes) === 'OnLineStorage';

/**
 * The date of the next rotation, in seconds since 1970: "when the difference between the Initial Date of the Managed
 * Object and the current server time reaches or exceeds" the Rotate Interval, or the longer minimum interval of the
 * server. Undefined for an object that is not rotating.
 */
export function dueDate(attributes: Attributes, minimumInterval: number): number | undefined {
  if (!isRotating(attributes)) return undefined;
  const { initialDate, rotateInterval = Infinity } = attributes;
  return initialDate === undefined ? undefined : initialDate + Math.max(rotateInterval, minimumInterval);
}

/**
 * Whether the object must be rotated at `now` (seconds), with its state at that time. An object that its owner has
 * ended, or whose Deactivation Date has passed, is not replaced.
 */
export function isDue(attributes: Attributes, now: number, minimumInterval: number): boolean {
  const { state } = attributes;
  const lives = state === 'PreActive' || state === 'Active';
  return lives && (dueDate(attributes, minimumInterval) ?? Infinity) <= now;
}
