/**
 * What a batch knows of its earlier items: the ID Placeholder (KMIP 2.1 §6.1; 1.4 §4), and in 2.x the identifiers in
 * all earlier answers, by number and by operation (2.1 §4.58, §11.58).
 */
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';

/**
 * The fields of answers that hold identifiers, in their order, and the suffix that the Unique Identifier enumeration
 * adds to the operation's name for each.
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
  /** Read only when an item refers to it: most batches have one item. */
  readonly #answers: Answer[] = [];
  /** The identifiers of the first answers, as far as they were read. */
  readonly #identifiers: string[] = [];
  #lookedInto = 0;

  set placeholder(id: string | undefined) {
    this.#placeholder = id;
  }

  /** Records a successful answer. */
  answered(operation: string, response: object): void {
    this.#answers.push({ operation, response });
  }

  /**
   * The identifiers that a request's Unique Identifier stands for, or its absence: none when the batch has no object to
   * take its place.
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

  /** Each answer is read once, however many items refer to it. */
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

  /** @throws KmipError when it stands for no object. */
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
