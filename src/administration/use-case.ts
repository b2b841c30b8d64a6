/**
 * What an operator can do. A use case takes a request and its ports and gives data; it prints nothing. The command line
 * formats what it gives, and other doors may give it to programs. Every run is recorded in the audit trail.
 */
import { openClients, type Clients } from '#access/clients';

import { audited, type Alongside } from './audited.ts';
import type { Installation } from './installation.ts';

/** What use cases work with. */
export interface Ports extends Pick<
  Installation,
  'authority' | 'certifyAuthority' | 'config' | 'engine' | 'log' | 'now' | 'rootKey' | 'store'
> {
  readonly clients: Clients;
  /** The audit record of a change, for its commit. Those of `clients` have it already. */
  readonly alongside: Alongside;
}

export interface UseCase<Request = void, Result = void> {
  /** As it is typed and as the audit trail names it: 'client add'. */
  readonly name: string;
  /** What an operator's role has to permit: to look, to change what is kept, to hand out or replace keys. */
  readonly effect: Effect;
  /** Whether a store that is not there is made first. */
  readonly makesStore?: true;
  run(request: Request, ports: Ports): Promise<Result> | Result;
}

export type Effect = 'reads' | 'changes' | 'issues';

export function defineUseCase<Request, Result>(useCase: UseCase<Request, Result>): UseCase<Request, Result> {
  return useCase;
}

/**
 * Runs it once, with one audit record. `take` gets what it gave while the store is open: lists come record by record.
 * A failure of `take` counts as one of the use case.
 */
export function perform<Request, Result, Taken>(
  installation: Installation,
  { name, run }: UseCase<Request, Result>,
  request: Request,
  take: (result: Result) => Promise<Taken> | Taken,
): Promise<Taken> {
  return audited(installation.trail, name, async (alongside) => {
    const { store, now } = installation;
    const clients = openClients({ store, now, alongside: ({ id }) => alongside({ client: id }) });
    const ports: Ports = {
      ...withoutAuthority(installation),
      get authority() {
        return installation.authority;
      },
      ...{ clients, alongside },
    };
    return take(await run(request, ports));
  });
}

/** The authority throws when it is damaged: it is read only by a use case that signs. */
function withoutAuthority({ config, engine, log, now, rootKey, store, certifyAuthority }: Installation) {
  return { config, engine, log, now, rootKey, store, certifyAuthority: () => certifyAuthority() };
}
