/**
 * What a batch remembers of itself: the ID Placeholder (KMIP 2.1 §6; 1.4 §4), and in 2.x the identifiers of all answers before, by number and by the operation
 * that gave them (2.1 §4.58, §11.59).
 */
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';

/** The fields of answers that hold identifiers, and what the Unique Identifier enumeration adds to the operation's name for them. */
const identifierFields = [
  ['privateKeyUniqueIdentifier', 'PrivateKey'],
  ['publicKeyUniqueIdentifier', 'PublicKey'],
  ['uniqueIdentifier', ''],
] as const;

export class Placeholders {
  #placeholder: string | undefined;
  readonly #answered: string[] = [];
  readonly #byOperation = new Map<string, string>();

  set placeholder(id: string | undefined) {
    this.#placeholder = id;
  }

  /** Takes note of a successful answer. */
  answered(operation: string, response: object): void {
    for (const [field, suffix] of identifierFields) {
      const held = (response as Record<string, unknown>)[field];
      const ids = typeof held === 'string' ? [held] : Array.isArray(held) ? (held as string[]) : [];
      const [first] = ids;
      if (first === undefined) continue;
      this.#answered.push(...ids);
      this.#byOperation.set(operation + suffix, first);
      if (suffix === 'PrivateKey') this.#byOperation.set(operation, first);
    }
  }

  /** @throws KmipError when it stands for nothing. */
  resolve(reference: ObjectReference | undefined): string {
    if (typeof reference === 'string') return reference;
    const id = this.#find(reference);
    if (id === undefined)
      throw new KmipError('ObjectNotFound', 'no Unique Identifier is given, and the batch has none to take its place');
    return id;
  }

  #find(reference: Exclude<ObjectReference, string> | undefined): string | undefined {
    if (reference === undefined) return this.#placeholder;
    if ('item' in reference) return this.#answered.at(reference.item);
    return reference.made === 'IDPlaceholder' ? this.#placeholder : this.#byOperation.get(reference.made);
  }
}
