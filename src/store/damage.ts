/**
 * The damaged records that this process has found: each is reported once for each of its revisions, up to a maximum for
 * each kind.
 */
import type { DamagedRecordError } from '#store/engines/engine';

/**
 * The maximum for each kind: clients fill some kinds, and damage there must not hide damage of the server's own
 * records.
 */
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
