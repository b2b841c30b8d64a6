import { Command } from 'commander';

import { addCommands, defineGroup } from './command.ts';
import { auditShow } from './commands/audit-show.ts';
import { auditVerify } from './commands/audit-verify.ts';
import { certificateList } from './commands/certificate-list.ts';
import { certificateRevoke } from './commands/certificate-revoke.ts';
import { clientAdd } from './commands/client-add.ts';
import { clientBind } from './commands/client-bind.ts';
import { clientLimit } from './commands/client-limit.ts';
import { clientList } from './commands/client-list.ts';
import { clientRenew } from './commands/client-renew.ts';
import { clientRevoke } from './commands/client-revoke.ts';
import { clientShow } from './commands/client-show.ts';
import { clientSign } from './commands/client-sign.ts';
import { clientTest } from './commands/client-test.ts';
import { conformance } from './commands/conformance.ts';
import { crl } from './commands/crl.ts';
import { dataKeyRotate } from './commands/data-key-rotate.ts';
import { objectGive } from './commands/object-give.ts';
import { objectList } from './commands/object-list.ts';
import { objectShow } from './commands/object-show.ts';
import { rootKeyChange } from './commands/root-key-change.ts';
import { serve } from './commands/serve.ts';
import { storeCheck } from './commands/store-check.ts';
import { serverCertRenew } from './commands/server-cert-renew.ts';
import { version } from './version.ts';

/** The whole program; the README's table of commands is checked against it. */
export function createProgram(): Command {
  const program = new Command('kmipd')
    .description('A KMIP key management server and its administration')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .exitOverride()
    .showHelpAfterError('hint: kmipd --help lists the commands and options');
  const commands = [
    serve,
    defineGroup('client', 'clients and their certificates', [
      clientAdd,
      clientSign,
      clientBind,
      clientRenew,
      clientRevoke,
      clientList,
      clientShow,
      clientLimit,
      clientTest,
    ]),
    defineGroup('server-cert', "this server's own certificate", [serverCertRenew]),
    defineGroup('certificate', 'what clients had certified (Certify, Re-certify)', [
      certificateList,
      certificateRevoke,
    ]),
    crl,
    defineGroup('object', 'the objects that clients keep here', [objectList, objectShow, objectGive]),
    defineGroup('audit', 'who did what, and when', [auditShow, auditVerify]),
    defineGroup('store', 'where everything is kept', [storeCheck]),
    defineGroup('root-key', 'the key that opens the store', [rootKeyChange]),
    defineGroup('data-key', 'the key that records are sealed under', [dataKeyRotate]),
    conformance,
  ];
  return inherit(addCommands(program, commands));
}

/** Commands that were built apart do not take their parent's manners over by themselves. */
function inherit(parent: Command): Command {
  for (const command of parent.commands) inherit(command.copyInheritedSettings(parent));
  return parent;
}
