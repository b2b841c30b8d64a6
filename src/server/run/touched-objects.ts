/** The identifiers of all objects that an operation held or made, each once, for its audit record. */

/** So many are looked through as fast as asked of a set. */
const few = 8;

export class TouchedObjects {
  /** In the order in which they were touched; it grows as they are. */
  readonly ids: string[] = [];
  #set: Set<string> | undefined;

  add(id: string): void {
    const { ids } = this;
    if (ids.length < few) {
      if (!ids.includes(id)) ids.push(id);
      return;
    }
    this.#set ??= new Set(ids);
    if (this.#set.has(id)) return;
    this.#set.add(id);
    ids.push(id);
  }
}
