import { Command } from 'commander';

import { addCommands, defineGroup } from './command.ts';
import { auditShow } from '#cli/commands/audit/audit-show';
import { auditVerify } from '#cli/commands/audit/audit-verify';
import { certificateList } from '#cli/commands/certificate/certificate-list';
import { certificateRevoke } from '#cli/commands/certificate/certificate-revoke';
import { clientAdd } from '#cli/commands/client/client-add';
import { clientBind } from '#cli/commands/client/client-bind';
import { clientLimit } from '#cli/commands/client/client-limit';
import { clientList } from '#cli/commands/client/client-list';
import { clientRenew } from '#cli/commands/client/client-renew';
import { clientRevoke } from '#cli/commands/client/client-revoke';
import { clientShow } from '#cli/commands/client/client-show';
import { clientSign } from '#cli/commands/client/client-sign';
import { clientTest } from '#cli/commands/client/client-test';
import { conformance } from './commands/conformance.ts';
import { crl } from '#cli/commands/certificate/crl';
import { dataKeyRotate } from '#cli/commands/store/data-key-rotate';
import { objectGive } from '#cli/commands/object/object-give';
import { objectList } from '#cli/commands/object/object-list';
import { objectShow } from '#cli/commands/object/object-show';
import { rootKeyChange } from '#cli/commands/store/root-key-change';
import { serve } from './commands/serve.ts';
import { storeCheck } from '#cli/commands/store/store-check';
import { serverCertRenew } from '#cli/commands/certificate/server-cert-renew';
import { version } from '#daemon/version';

/** The whole program; the table of commands in the documents is made from it. */
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
    defineGroup('object', 'the objects of clients', [objectList, objectShow, objectGive]),
    defineGroup('audit', 'who did what, and when', [auditShow, auditVerify]),
    defineGroup('store', 'where everything is kept', [storeCheck]),
    defineGroup('root-key', 'the key that opens the store', [rootKeyChange]),
    defineGroup('data-key', 'the key that records are sealed under', [dataKeyRotate]),
    conformance,
  ];
  return inherit(addCommands(program, commands));
}

/** Commands that were made apart from their parent do not inherit its settings by themselves. */
function inherit(parent: Command): Command {
  for (const command of parent.commands) inherit(command.copyInheritedSettings(parent));
  return parent;
}
