import type { KeyChoice } from '#administration/clients/client-files';
import { renewClient } from '#administration/clients/enrol';
import { defineCommand, filesIn, outOption } from '#cli/command';
import { keyOptions } from '#cli/key-options';
import { runUseCase } from '#cli/run-use-case';

interface Given extends KeyChoice {
  readonly name: string;
  readonly out: string;
}

export const clientRenew = defineCommand<Given>({
  usage: 'renew <name>',
  summary: 'make one more certificate and key for a client',
  description:
    'Writes the same files as client add. The certificates that the client has stay valid until they end or are ' +
    'revoked, and its objects stay its own, so that nothing stops while the product gets the new one.',
  examples: ['client renew my-array --out ./my-array-2'],
  scopes: ['issue'],
  options: [outOption(), ...keyOptions()],
  async run(invocation, { name, out, ...choice }) {
    await runUseCase(invocation, renewClient, { name, ...choice, deliver: filesIn(out) }, (paths) => {
      for (const path of paths) invocation.output.line(path);
    });
  },
});
