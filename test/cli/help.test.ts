import { expect } from 'chai';
import type { Command } from 'commander';

import { createProgram } from '#cli/program';
import { settingNames } from '#config';

import { makePlace, type Place } from './kmipd.ts';

interface Leaf {
  readonly command: Command;
  /** Its name after those of its groups. */
  readonly path: readonly string[];
}

/** Every command that does something. */
function leaves(parent: Command, above: readonly string[] = []): Leaf[] {
  return parent.commands.flatMap((command) => {
    const path = [...above, command.name()];
    return command.commands.length > 0 ? leaves(command, path) : [{ command, path }];
  });
}

/** The program, and every name that stands for several commands. */
function groups(parent: Command): Command[] {
  return parent.commands.length === 0 ? [] : [parent, ...parent.commands.flatMap(groups)];
}

/** What the command's help says, and the lines of examples in it. */
function helpOf(command: Command): { help: string; examples: string[] } {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  const [, examples = ''] = help.split('\nExamples:\n');
  return { help, examples: examples.trimEnd().split('\n') };
}

describe('the help', () => {
  let place: Place;
  before(() => {
    place = makePlace();
  });
  after(() => place.remove());

  const commands = leaves(createProgram());

  it('lists every command that operators were promised', () => {
    expect(commands.map(({ path }) => path.join(' '))).to.include.members([
      ...[
        'serve',
        'client add',
        'client sign',
        'client bind',
        'client renew',
        'client revoke',
        'client list',
        'client test',
      ],
      ...['server-cert renew', 'crl', 'object list', 'object show', 'object give', 'audit show', 'audit verify'],
      ...['root-key change', 'data-key rotate'],
    ]);
  });

  for (const { command, path } of commands) {
    const name = path.join(' ');

    it(`of ${name} has examples of it, and takes --data and --store`, () => {
      const { help, examples } = helpOf(command);
      expect(examples).to.have.length.above(0);
      for (const line of examples) expect(line.startsWith(`  $ kmipd ${name}`), line).to.equal(true);
      expect(help)
        .to.match(/^ {2}--data /m)
        .and.match(/^ {2}--store /m);
      expect(command.summary()).to.match(/^[a-z].*[^.]$/);
    });
  }

  it('of a name for several commands has an example of each', () => {
    for (const group of groups(createProgram())) {
      const path = group.parent === null ? '' : `${group.name()} `;
      const { examples } = helpOf(group);
      for (const [place, command] of group.commands.entries()) {
        const start = `  $ kmipd ${path}${command.name()} `;
        expect(`${examples[place]} `.startsWith(start), start).to.equal(true);
      }
    }
  });

  it('goes to stdout with status 0, and a wrong command line to stderr with status 2', async () => {
    const help = await place.kmipd('client', '--help');
    expect(help).to.include({ status: 0, stderr: '' });
    expect(help.stdout).to.match(/Usage: kmipd client /);
    for (const wrong of [['nonsense'], ['client', 'add'], ['client', 'list', '--nonsense'], ['crl', '--out']]) {
      const ended = await place.kmipd(...wrong);
      expect(ended.status, wrong.join(' ')).to.equal(2);
      expect(ended.stdout).to.equal('');
      expect(ended.stderr).to.match(/^error: .*\nhint: /);
    }
  });

  it('says where a wrong setting came from', async () => {
    const ended = await place.kmipd('client', 'list', '--audit-file-size', '1');
    expect(ended.status).to.equal(1);
    expect(ended.stderr).to.match(
      /^kmipd: audit-file-size \(from --audit-file-size\) must be a size from 64KiB to 1GiB/,
    );
  });

  it('offers every setting with some command', () => {
    const offered = new Set(commands.flatMap(({ command }) => command.options.map(({ long }) => long)));
    for (const name of settingNames) expect(offered).to.include(`--${name}`);
  });
});
