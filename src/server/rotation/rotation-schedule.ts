/**
 * Which objects are due for rotation, and when: what is due before all rotating objects are looked at again. So a
 * minute costs what is due in it, however many rotating objects there are; what clients make and change here meanwhile
 * is noted as it is committed.
 */
import type { ManagedObject } from '#objects/managed-object';
import { dueDate } from '#objects/rotation';

export interface Due {
  readonly id: string;
  readonly owner: string;
}

/** From one look at all rotating objects to the next, in milliseconds. */
const lookPeriod = 15 * 60_000;

const maximumNoted = 10_000;

/** Of one owner, so that nobody's notes leave no room for those of others. */
const maximumOfOwner = 256;

/** A setting in milliseconds, as dates of attributes are counted. */
export const secondsOf = (milliseconds: number): number => Math.ceil(milliseconds / 1000);

/** Where the notes of an owner ended who has more than there is room for. */
interface Left {
  /** The next look goes on below this identifier: looks go from the newest to the oldest. */
  readonly below: string;
  /** Whether one of them was rotated since: then the owner's next look need not wait for that at all. */
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
  /** What is due before this is noted. */
  #until = 0;

  /** @param minimumInterval seconds. */
  constructor(minimumInterval: number, most: number = maximumNoted, mostOfOwner: number = maximumOfOwner) {
    this.#minimumInterval = minimumInterval;
    this.#most = most;
    this.#mostOfOwner = mostOfOwner;
  }

  /**
   * Notes the object, if it is due before the next look. Without room for it, a look follows sooner: of all, or of its
   * owner alone.
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

  /** The same in a look, which goes on where the owner's last one ended. */
  noteInLook(object: ManagedObject, begun: ReadonlyMap<string, string>): void {
    const below = begun.get(object.owner);
    if (below === undefined || object.id <= below) this.note(object);
  }

  /** Takes a note from the owner who has the most, if that is more than somebody has who has so many. */
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

  /** Whether all rotating objects are to be looked at, and with what is to be noted until the look after that. */
  beginLook(now: number): boolean {
    if (now < this.#nextLook || this.#noted.size > this.#most / 2) return false;
    this.#nextLook = this.#until = now + lookPeriod;
    return true;
  }

  /** Where the look begins for owners of whom the last one left some; what it leaves itself is said from now on. */
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

  /** Owners whose noted objects are done, of whom more are due: to be looked at before all are. */
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

  /** The look failed or was broken off: it is to be begun again. */
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
