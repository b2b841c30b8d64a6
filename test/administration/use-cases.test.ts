/** The table of what operators can do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect } from 'chai';
import { openInstallation, type Installation } from '#administration/installation';
import { perform } from '#administration/use-case';
import { useCases } from '#administration/use-cases';
import type { NewFile } from '#administration/files';
import { show } from '#audit/show';
import { createProgram } from '#cli/program';
import { loadConfig } from '#config';
import { createLog } from '#log';

/** Commands that are no use case on a store: they serve, connect to a server, or check the trail from outside. */
const others = ['serve', 'client test', 'audit verify', 'conformance'];

const namesOf = (command: Command, path = ''): string[] => {
  const name = `${path} ${command.name()}`.trim();
  return command.commands.length === 0 ? [name] : command.commands.flatMap((each) => namesOf(each, name));
};

describe('the use cases of operators', () => {
  it('are the commands, each under its name', () => {
    const commands = createProgram().commands.flatMap((command) => namesOf(command));
    const names = Object.values(useCases).map(({ name }) => name);
    expect([...names, ...others].sort()).to.deep.equal(commands.sort());
  });

  describe('without a command line', () => {
    let data: string;
    let installation: Installation;
    before(async () => {
      data = mkdtempSync(join(tmpdir(), 'kmipd-use-cases-'));
      const log = createLog({ level: 'error', format: 'text' });
      installation = await openInstallation({ config: loadConfig({ data }, {}), log }, true);
    });
    after(async () => {
      await installation.close();
      rmSync(data, { recursive: true });
    });

    /** As a door that gives files to programs would take them. */
    async function deliver(files: readonly NewFile[], purpose: () => Promise<unknown>): Promise<string[]> {
      await purpose();
      return files.map(({ name }) => name);
    }

    async function recorded(): Promise<string[]> {
      const lines: string[] = [];
      for await (const { kind, operation, status, reason = '' } of show(join(data, 'audit'))) {
        if (kind === 'administration') lines.push(`${operation} ${status} ${reason}`.trim());
      }
      return lines;
    }

    it('give data, stream lists, and leave a record each', async () => {
      const request = { name: 'array', keyType: 'P-256', p12Format: 'modern', deliver } as const;
      const names = await perform(installation, useCases.addClient, request, (delivered) => delivered);
      expect(names).to.include.members(['array.crt', 'array.key', 'ca.crt']);
      const listed = await perform(installation, useCases.listClients, undefined, async (clients) => {
        const found: unknown[] = [];
        for await (const client of clients) found.push('damaged' in client ? client.id : client.name);
        return found;
      });
      expect(listed).to.deep.equal(['array']);
      expect(await recorded()).to.include.members(['client add Success', 'client list Success']);
    });

    it('never give the hashes of passwords', async () => {
      const view = await perform(installation, useCases.showClient, 'array', (client) => client);
      expect(view).to.include({ name: 'array', passwordRequired: false });
      expect(view).to.not.have.any.keys('credentials');
    });

    it('record that they failed, also when the door cannot take what they give', async () => {
      const failure = await perform(installation, useCases.showClient, 'nobody', () => undefined).catch(String);
      expect(failure).to.match(/^OperatorError: client "nobody" not found/);
      const broken = await perform(installation, useCases.showClient, 'array', () => {
        throw new TypeError('the door is shut');
      }).catch(String);
      expect(broken).to.equal('TypeError: the door is shut');
      expect((await recorded()).slice(-2)).to.deep.equal([
        'client show OperationFailed OperatorError',
        'client show OperationFailed TypeError',
      ]);
    });
  });
});
