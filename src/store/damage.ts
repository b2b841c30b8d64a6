/**
 * The damaged records that this process has met: each is named once for each of its revisions, and only so many are.
 */
import type { DamagedRecordError } from './engine.ts';

const remembered = 1000;

export interface DamageRegister {
  report(damaged: DamagedRecordError): void;
  listen(listener: (damaged: DamagedRecordError) => void): void;
}

export function createDamageRegister(log?: { warn(message: string): unknown }): DamageRegister {
  const met = new Map<string, DamagedRecordError>();
  const listeners: ((damaged: DamagedRecordError) => void)[] = [];
  let isFull = false;

  return {
    report(damaged) {
      const name = `${damaged.kind}\0${damaged.id}`;
      const before = met.get(name);
      if (before?.revision === damaged.revision) return;
      if (before === undefined && met.size >= remembered) {
        if (!isFull) log?.warn(`more than ${remembered} records are damaged: kmipd store check names all of them`);
        isFull = true;
        return;
      }
      met.set(name, damaged);
      const { kind, id, why } = damaged;
      log?.warn(`the record ${kind} ${JSON.stringify(id)} is damaged and set aside: ${why}`);
      for (const listener of listeners) listener(damaged);
    },
    listen(listener) {
      listeners.push(listener);
      for (const damaged of met.values()) listener(damaged);
    },
  };
}
