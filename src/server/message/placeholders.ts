/**
 * What a batch remembers of itself: the ID Placeholder (KMIP 2.1 §6.1; 1.4 §4), and in 2.x the identifiers of all
 * answers before, by number and by the operation that gave them (2.1 §4.58, §11.58).
 */
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';

/**
 * The fields of answers that hold identifiers, in their order there, and what the Unique Identifier enumeration adds to
 * the operation's name for them.
 */
const identifierFields = [
  ['privateKeyUniqueIdentifier', 'PrivateKey'],
  ['publicKeyUniqueIdentifier', 'PublicKey'],
  ['uniqueIdentifier', ''],
] as const;

interface Answer {
  readonly operation: string;
  readonly response: object;
}

export class Placeholders {
  #placeholder: string | undefined;
  /** Looked into only when somebody asks: most batches are one item. */
  readonly #answers: Answer[] = [];
  /** Those of the first answers, so far as anybody has asked. */
  readonly #identifiers: string[] = [];
  #lookedInto = 0;

  set placeholder(id: string | undefined) {
    this.#placeholder = id;
  }

  /** Takes note of a successful answer. */
  answered(operation: string, response: object): void {
    this.#answers.push({ operation, response });
  }

  /**
   * The identifiers that a request's Unique Identifier means, its absence included: none when the batch has
   * nothing to take its place.
   */
  standsFor(reference: ObjectReference | undefined): readonly string[] {
    if (typeof reference === 'string') return [reference];
    if (reference === undefined) return present(this.#placeholder);
    // "Zero based nth Unique Identifier in the response. If negative the count is backwards from the beginning of the
    // current operation's batch item."
    if ('item' in reference) return present(this.#allIdentifiers().at(reference.item));
    if (reference.made === 'IDPlaceholder') return present(this.#placeholder);
    return this.#madeBy(reference.made);
  }

  /** Each answer is looked into once, however often somebody asks. */
  #allIdentifiers(): readonly string[] {
    for (const answer of this.#answers.slice(this.#lookedInto)) {
      for (const id of identifiersIn(answer)) this.#identifiers.push(id);
    }
    this.#lookedInto = this.#answers.length;
    return this.#identifiers;
  }

  /** "If an operation appears multiple times in a request, it is the most recent that is referred to." */
  #madeBy(made: string): readonly string[] {
    for (let place = this.#answers.length - 1; place >= 0; place--) {
      const answer = this.#answers[place] as Answer;
      if (answer.operation === made) return identifiersIn(answer);
      const field = identifierFields.find(([, suffix]) => answer.operation + suffix === made)?.[0];
      if (field !== undefined) return heldIn(answer, field);
    }
    return [];
  }

  /** @throws KmipError when it stands for nothing. */
  resolve(reference: ObjectReference | undefined): string {
    const [id] = this.standsFor(reference);
    if (id !== undefined) return id;
    throw new KmipError('ObjectNotFound', 'Unique Identifier is missing, and the batch has no ID Placeholder');
  }
}

const present = (id: string | undefined): readonly string[] => (id === undefined ? [] : [id]);

function heldIn({ response }: Answer, field: string): readonly string[] {
  const held = (response as { readonly [field: string]: string | readonly string[] | undefined })[field];
  return typeof held === 'string' ? [held] : (held ?? []);
}

const identifiersIn = (answer: Answer): readonly string[] =>
  identifierFields.flatMap(([field]) => heldIn(answer, field));
