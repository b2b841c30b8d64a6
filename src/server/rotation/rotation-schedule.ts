/**
 * Which objects are due for rotation, and when: notes of everything that is due before the next search of all rotating
 * objects. So a minute costs only what is due in it, no matter how many rotating objects there are. What clients of
 * this server create and change meanwhile is noted when it is committed.
 */
import type { ManagedObject } from '#objects/managed-object';
import { dueDate } from '#objects/rotation';

export interface Due {
  readonly id: string;
  readonly owner: string;
}

/** Milliseconds between two searches of all rotating objects. */
const lookPeriod = 15 * 60_000;

const maximumNoted = 10_000;

/** The maximum of notes of one owner, so that no owner's notes take the room of all others. */
const maximumOfOwner = 256;

/** The setting in milliseconds, from the seconds that attributes count. */
export const secondsOf = (milliseconds: number): number => Math.ceil(milliseconds / 1000);

/** Where the notes end of an owner that has more due objects than room for notes. */
interface Left {
  /** The next search continues below this identifier: a search goes from the newest to the oldest. */
  readonly below: string;
  /** Whether one of the noted objects was rotated since: then the owner's next search need not wait. */
  isMoving: boolean;
}

export class RotationSchedule {
  readonly #minimumInterval: number;
  readonly #most: number;
  readonly #mostOfOwner: number;
  /** By identifier; times in milliseconds since 1970. */
  readonly #noted = new Map<string, { readonly owner: string; readonly at: number }>();
  /** How many notes each owner has. */
  readonly #counts = new Map<string, number>();
  readonly #left = new Map<string, Left>();
  #nextLook = 0;
  /** Everything that is due before this time is noted. */
  #until = 0;

  /** @param minimumInterval in seconds. */
  constructor(minimumInterval: number, most: number = maximumNoted, mostOfOwner: number = maximumOfOwner) {
    this.#minimumInterval = minimumInterval;
    this.#most = most;
    this.#mostOfOwner = mostOfOwner;
  }

  /**
   * Notes the object, if it is due before the next search. Without room for the note, a search follows sooner: of all
   * objects, or of those of its owner.
   */
  note({ id, owner, attributes }: ManagedObject): void {
    const seconds = dueDate(attributes, this.#minimumInterval);
    const at = seconds === undefined ? Infinity : seconds * 1000;
    if (at >= this.#until) return this.#remove(id);
    if (this.#noted.has(id)) return void this.#noted.set(id, { owner, at });
    const count = this.#counts.get(owner) ?? 0;
    if (count >= this.#mostOfOwner) {
      if (!this.#left.has(owner)) this.#left.set(owner, { below: id, isMoving: false });
      return;
    }
    if (this.#noted.size >= this.#most) {
      this.#nextLook = Math.min(this.#nextLook, at);
      if (!this.#makeRoom(count)) return;
    }
    this.#noted.set(id, { owner, at });
    this.#counts.set(owner, count + 1);
  }

  /** The same during a search, which continues where the owner's last one ended. */
  noteInLook(object: ManagedObject, begun: ReadonlyMap<string, string>): void {
    const below = begun.get(object.owner);
    if (below === undefined || object.id <= below) this.note(object);
  }

  /**
   * Drops a note of the owner that has the most notes, if that owner has more than `count` + 1. Returns whether it did.
   */
  #makeRoom(count: number): boolean {
    let most = count + 1;
    let whose: string | undefined;
    for (const [owner, notes] of this.#counts) {
      if (notes > most) [whose, most] = [owner, notes];
    }
    if (whose === undefined) return false;
    for (const [id, { owner }] of this.#noted) {
      if (owner !== whose) continue;
      this.#remove(id);
      return true;
    }
    return false;
  }

  #remove(id: string): void {
    const owner = this.#noted.get(id)?.owner;
    if (owner === undefined) return;
    this.#noted.delete(id);
    const count = (this.#counts.get(owner) ?? 1) - 1;
    if (count === 0) this.#counts.delete(owner);
    else this.#counts.set(owner, count);
  }

  /** Whether all rotating objects must be searched, and the time before which what is due will be noted. */
  beginLook(now: number): boolean {
    if (now < this.#nextLook || this.#noted.size > this.#most / 2) return false;
    this.#nextLook = this.#until = now + lookPeriod;
    return true;
  }

  /** Where the search begins for each owner whose last one was incomplete. From now on the new ends are recorded. */
  takeLeft(owners: Iterable<string> = [...this.#left.keys()]): Map<string, string> {
    const begun = new Map<string, string>();
    for (const owner of owners) {
      const left = this.#left.get(owner);
      if (left === undefined) continue;
      begun.set(owner, left.below);
      this.#left.delete(owner);
    }
    return begun;
  }

  /**
   * Owners whose noted objects are done and that have more due objects: their objects are searched before all others.
   */
  ownersToLookAt(): string[] {
    const owners: string[] = [];
    for (const [owner, { isMoving }] of this.#left) if (isMoving && !this.#counts.has(owner)) owners.push(owner);
    return owners;
  }

  /** An object of the owner was rotated. */
  rotated(owner: string): void {
    const left = this.#left.get(owner);
    if (left !== undefined) left.isMoving = true;
  }

  /** The search failed or was stopped: it must be repeated. */
  breakOffLook(): void {
    this.#nextLook = this.#until = 0;
  }

  takeDue(now: number): Due[] {
    const due: Due[] = [];
    for (const [id, { owner, at }] of this.#noted) {
      if (at > now) continue;
      this.#remove(id);
      due.push({ id, owner });
    }
    return due;
  }

  get size(): number {
    return this.#noted.size;
  }
}
