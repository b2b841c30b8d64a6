/**
 * What a batch remembers of itself: the ID Placeholder (KMIP 2.1 §6.1; 1.4 §4), and in 2.x the identifiers of all answers before, by number and by the
 * operation that gave them (2.1 §4.58, §11.58).
 */
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';

/** The fields of answers that hold identifiers, in their order there, and what the Unique Identifier enumeration adds to the operation's name for them. */
const identifierFields = [
  ['privateKeyUniqueIdentifier', 'PrivateKey'],
  ['publicKeyUniqueIdentifier', 'PublicKey'],
  ['uniqueIdentifier', ''],
] as const;

export class Placeholders {
  #placeholder: string | undefined;
  /** "Zero based nth Unique Identifier in the response." */
  readonly #answered: string[] = [];
  /** "If an operation appears multiple times in a request, it is the most recent that is referred to." */
  readonly #byOperation = new Map<string, readonly string[]>();

  set placeholder(id: string | undefined) {
    this.#placeholder = id;
  }

  /** Takes note of a successful answer. */
  answered(operation: string, response: object): void {
    const all: string[] = [];
    for (const [field, suffix] of identifierFields) {
      const held = (response as { readonly [field: string]: string | readonly string[] | undefined })[field];
      const ids = typeof held === 'string' ? [held] : (held ?? []);
      this.#byOperation.set(operation + suffix, ids);
      all.push(...ids);
    }
    this.#byOperation.set(operation, all);
    this.#answered.push(...all);
  }

  /** The identifiers that a request's Unique Identifier means, its absence included: none when the batch has nothing to take its place. */
  standsFor(reference: ObjectReference | undefined): readonly string[] {
    if (typeof reference === 'string') return [reference];
    if (reference === undefined) return present(this.#placeholder);
    // "If negative the count is backwards from the beginning of the current operation's batch item."
    if ('item' in reference) return present(this.#answered.at(reference.item));
    if (reference.made === 'IDPlaceholder') return present(this.#placeholder);
    return this.#byOperation.get(reference.made) ?? [];
  }

  /** @throws KmipError when it stands for nothing. */
  resolve(reference: ObjectReference | undefined): string {
    const [id] = this.standsFor(reference);
    if (id !== undefined) return id;
    throw new KmipError('ObjectNotFound', 'no Unique Identifier is given, and the batch has none to take its place');
  }
}

const present = (id: string | undefined): readonly string[] => (id === undefined ? [] : [id]);
