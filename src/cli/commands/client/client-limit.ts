import { Option } from 'commander';

import type { ClientLimits } from '#access/client-edits';
import { quotaNames, quotaSettings, type QuotaName } from '#access/quota';
import { limitClient } from '#administration/clients/manage';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';
import { settingNames, propertyOf, settings } from '#config';
import { OperatorError } from '#operator-error';

type Given = { readonly name: string; readonly rotations?: 'on' | 'off' } & {
  readonly [N in QuotaName]?: string;
};

/** How each number is asked for. */
const flags: { readonly [N in QuotaName]: string } = {
  objects: '--objects <n>',
  bytes: '--bytes <size>',
  requestsPerSecond: '--requests-per-second <n>',
  requestsBurst: '--requests-burst <n>',
};

const settingOf = (name: QuotaName) => {
  const found = settingNames.find((each) => propertyOf(each) === quotaSettings[name]);
  if (found === undefined) throw new Error(`no setting is named ${quotaSettings[name]}`);
  return settings[found];
};

export const clientLimit = defineCommand<Given>({
  usage: 'limit <name>',
  summary: "set a client's own quotas, and whether its objects are rotated",
  description:
    'They hold for this client in place of the settings, within two seconds, on every server. The word default takes ' +
    'the number of the settings again; 0 sets no bound. kmipd client show tells what a client has and uses.',
  examples: [
    'client limit my-array --objects 5000000 --bytes 20GiB',
    'client limit my-array --requests-per-second 500 --requests-burst 10000',
    'client limit my-array --objects default',
    'client limit my-array --rotations off',
  ],
  options: [
    ...quotaNames.map((name) => new Option(flags[name], settingOf(name).help)),
    new Option('--rotations <on|off>', 'whether the server rotates its objects by itself').choices(['on', 'off']),
  ],
  async run(invocation, { name, rotations, ...given }) {
    const limits: ClientLimits = {
      quota: Object.fromEntries(
        quotaNames.flatMap((each) => (given[each] === undefined ? [] : [[each, numberOf(each, given[each])]])),
      ),
      ...(rotations === undefined ? {} : { rotations }),
    };
    if (Object.keys(limits.quota).length === 0 && rotations === undefined) {
      throw new OperatorError('no limit was given', 'kmipd client limit --help lists what can be set');
    }
    await runUseCase(invocation, limitClient, { name, limits }, () =>
      invocation.output.note(`running servers hold ${name} to it within two seconds`),
    );
  },
});

/** null: the setting's. */
function numberOf(name: QuotaName, text: string): number | null {
  if (text === 'default') return null;
  const { type } = settingOf(name);
  const value = type.parse(text, '');
  if (typeof value === 'number') return value;
  throw new OperatorError(`${name} must be ${type.rule}, or default; not ${JSON.stringify(text)}`);
}
