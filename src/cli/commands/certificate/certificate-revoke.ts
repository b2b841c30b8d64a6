import { Option } from 'commander';

import { revokeCertificate } from '#administration/certificates/certificates';
import { operatorReasons } from '#administration/certificates/issued';
import type { RevocationReason } from '#certs/revocation-list';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

interface Given {
  readonly certificate: string;
  readonly reason: RevocationReason;
}

export const certificateRevoke = defineCommand<Given>({
  usage: 'revoke <certificate>',
  summary: 'revoke a certificate that a client had made',
  description:
    'CERTIFICATE is its fingerprint (SHA-256), its serial number, or the identifier of its object, which may be ' +
    'destroyed. Validate finds it invalid at once, Re-certify refuses it, and the next kmipd crl names it. For ' +
    'what a client connects with: kmipd client revoke.',
  examples: [
    'certificate revoke 0123456789abcdef0123456789abcdef01',
    'certificate revoke 3fd7c7b4-9f7f-4a5e-8d3e-2f1c5d0a9b11 --reason keyCompromise',
  ],
  options: [
    new Option('--reason <reason>', 'what the list says of it').choices(operatorReasons).default('unspecified'),
  ],
  async run(invocation, request) {
    await runUseCase(invocation, revokeCertificate, request, ({ serial, fingerprint }) => {
      invocation.output.line(fingerprint);
      invocation.output.note(`the certificate ${serial} is revoked; kmipd crl --out FILE writes the lists`);
    });
  },
});
