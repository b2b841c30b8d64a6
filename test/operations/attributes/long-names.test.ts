/**
 * Certificates whose names are longer than a text may be: they are refused, and not kept as what nobody can read again.
 */
import { expect } from 'chai';
import { Certificate } from 'pkijs';
import { createAuthority, signRequest } from '#certs/authority';
import { generateKeys } from '#certs/keys';
import { readRequest } from '#certs/request';
import { hostileRequest, named } from '#test/certs/hostile-request';
import { enumerated, bytes, struct } from '#test/fixtures/items';
import { given, serverForEach } from '#test/clients/caller';
import { hex, registerCertificate } from '#test/operations/certificates/authority';

describe('a certificate with a long name', () => {
  const server = serverForEach();

  for (const version of ['1.0', '1.4', '2.1']) {
    it(`is refused in ${version} when its name is longer than a text may be`, async () => {
      const here = server.caller(version);
      const keys = await generateKeys('P-256');
      const now = new Date(server.fixture.clock.now);
      const authority = await createAuthority('elsewhere', { now });
      const short = signRequest(authority, readRequest(hostileRequest(keys, named('array 7'))), { now }).raw;
      // A comma takes two characters in the text of a name. Nobody checks the signature of what is registered.
      const certificate = (length: number): Uint8Array => {
        const content = Certificate.fromBER(Uint8Array.from(short));
        content.subject = named(','.repeat(length));
        return new Uint8Array(content.toSchema(true).toBER());
      };
      const long = struct(
        'Certificate',
        enumerated('CertificateType', 'X_509'),
        bytes('CertificateValue', hex(certificate(60_000))),
      );
      const { reason, message } = await here.refused(
        'Register',
        enumerated('ObjectType', 'Certificate'),
        given(version),
        long,
      );
      expect(reason).to.equal('InvalidField');
      expect(message).to.match(/ of the Certificate must be at most 65536 characters$/);
      const kept = await registerCertificate(here, certificate(1000));
      expect(await here.attributes(kept)).to.not.have.length(0);
      expect(server.fixture.logged.filter((line) => /damaged|unexpected/.test(line))).to.deep.equal([]);
    });
  }
});
