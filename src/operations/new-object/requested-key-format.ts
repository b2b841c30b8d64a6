/**
 * The Key Format Type that a client requests for a new key: "a particular Key Format Type MAY be requested by the
 * client if the cryptographic material is produced by the server" (2.1 §4.26). It is the only attribute that the server
 * sets and a request for keys may give.
 */
import type { GivenAttributes } from '#objects/attributes/attribute-groups';
import type { AttributeValue } from '#objects/attributes/attributes';

export type KeyFormatType = AttributeValue<'keyFormatType'>;

/** The first format that one of the sets names. */
export const formatAsked = (...sets: readonly (GivenAttributes | undefined)[]): KeyFormatType | undefined =>
  sets.flatMap((set) => set?.instances ?? []).find(({ key }) => key === 'keyFormatType')?.value as
    KeyFormatType | undefined;

export const withoutFormat = (set: GivenAttributes | undefined): GivenAttributes | undefined =>
  set && { ...set, instances: set.instances.filter(({ key }) => key !== 'keyFormatType') };
