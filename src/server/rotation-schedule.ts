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

/** A setting in milliseconds, as dates of attributes are counted. */
export const secondsOf = (milliseconds: number): number => Math.ceil(milliseconds / 1000);

export class RotationSchedule {
  readonly #minimumInterval: number;
  readonly #most: number;
  /** By identifier; times in milliseconds since 1970. */
  readonly #noted = new Map<string, { readonly owner: string; readonly at: number }>();
  #nextLook = 0;

  /** @param minimumInterval seconds. */
  constructor(minimumInterval: number, most: number = maximumNoted) {
    this.#minimumInterval = minimumInterval;
    this.#most = most;
  }

  /** Notes the object, if it is due before the next look, or makes that earlier when there is no more room. */
  note({ id, owner, attributes }: ManagedObject): void {
    const seconds = dueDate(attributes, this.#minimumInterval);
    if (seconds === undefined) return void this.#noted.delete(id);
    const at = seconds * 1000;
    if (at >= this.#nextLook) return void this.#noted.delete(id);
    if (this.#noted.size < this.#most || this.#noted.has(id)) this.#noted.set(id, { owner, at });
    else this.#nextLook = at;
  }

  /** Whether all rotating objects are to be looked at, and with what is to be noted until the look after that. */
  beginLook(now: number): boolean {
    if (now < this.#nextLook || this.#noted.size > this.#most / 2) return false;
    this.#nextLook = now + lookPeriod;
    return true;
  }

  /** The look failed or was broken off: it is to be begun again. */
  breakOffLook(): void {
    this.#nextLook = 0;
  }

  takeDue(now: number): Due[] {
    const due: Due[] = [];
    for (const [id, { owner, at }] of this.#noted) {
      if (at > now) continue;
      this.#noted.delete(id);
      due.push({ id, owner });
    }
    return due;
  }

  get size(): number {
    return this.#noted.size;
  }
}
