/**
 * The damaged records that this process has met: each is named once for each of its revisions, and only so many of one
 * kind are.
 */
import type { DamagedRecordError } from '#store/engines/engine';

/** Of each kind: clients fill some kinds, and what becomes of those must not hide what becomes of the server's own. */
const remembered = 1000;

export interface DamageRegister {
  report(damaged: DamagedRecordError): void;
  listen(listener: (damaged: DamagedRecordError) => void): void;
}

export function createDamageRegister(log?: { warn(message: string): unknown }): DamageRegister {
  const met = new Map<string, DamagedRecordError>();
  const listeners: ((damaged: DamagedRecordError) => void)[] = [];
  const ofKind = new Map<string, number>();

  return {
    report(damaged) {
      const name = `${damaged.kind}\0${damaged.id}`;
      const before = met.get(name);
      if (before?.revision === damaged.revision) return;
      const { kind, id, why } = damaged;
      if (before === undefined) {
        const count = (ofKind.get(kind) ?? 0) + 1;
        if (count > remembered + 1) return;
        ofKind.set(kind, count);
        if (count > remembered) {
          log?.warn(`more than ${remembered} records ${kind} are damaged: kmipd store check names all of them`);
          return;
        }
      }
      met.set(name, damaged);
      log?.warn(`the record ${kind} ${JSON.stringify(id)} is damaged and set aside: ${why}`);
      for (const listener of listeners) listener(damaged);
    },
    listen(listener) {
      listeners.push(listener);
      for (const damaged of met.values()) listener(damaged);
    },
  };
}
