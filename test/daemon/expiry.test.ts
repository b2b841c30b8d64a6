import { readFileSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { issueServerCertificate } from '#certs/authority';
import { factsOf, readCertificateChain } from '#certs/inspect';
import { generateKeys, writePrivateKey } from '#certs/keys';
import { openInstallation } from '#administration/installation';
import { loadConfig } from '#config';
import { createLog } from '#log';

import { makePlace, openssl, type Place } from '#test/cli/kmipd';

const dayMs = 24 * 3600 * 1000;

describe('certificates that end soon', () => {
  let place: Place;
  beforeEach(() => {
    place = makePlace();
  });
  afterEach(() => place.remove());

  /** Puts a certificate of this authority into the place of the server's own. */
  async function showFor(days: number): Promise<void> {
    await place.kmipd('server-cert', 'renew');
    const log = createLog({ level: 'error', format: 'text' });
    const installation = await openInstallation({ config: loadConfig({ data: place.data }, {}), log }, false);
    const { publicKey, privateKey } = await generateKeys('P-256');
    const now = new Date();
    const certificate = issueServerCertificate(
      installation.authority,
      { names: ['localhost', 'kms.example.org'], publicKey },
      { now, notAfter: new Date(now.getTime() + days * dayMs) },
    );
    await installation.close();
    writeFileSync(`${place.data}/server.pem`, `${writePrivateKey(privateKey)}${certificate}`);
  }

  it("is renewed at the start when it is the server's own, names and all", async () => {
    await showFor(20);
    const server = await place.serve();
    expect(server.stderr()).to.match(/^made a server certificate for .*kms\.example\.org/m);
    const [certificate] = readCertificateChain(readFileSync(`${place.data}/server.pem`, 'latin1'));
    if (certificate === undefined) throw new Error('there is no certificate');
    expect(certificate.checkHost('kms.example.org')).to.equal('kms.example.org');
    expect(factsOf(certificate).notAfter.getTime()).to.be.above(Date.now() + 360 * dayMs);
  });

  it('is left as it is while it lasts, and reported in the log', async () => {
    await showFor(60);
    const server = await place.serve();
    expect(server.stderr()).to.not.match(/^made /m);
    expect(server.stderr()).to.match(
      /info .*the server's certificate ends in (59|60) days .*hint="kmipd server-cert renew"/,
    );
  });

  it("is reported in the log when it is a client's", async () => {
    const [key, certificate] = [place.path('key'), place.path('crt')];
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x', '-days', '5'];
    await openssl('req', '-x509', ...made, '-keyout', key, '-out', certificate);
    await place.kmipd('client', 'bind', 'ending', certificate);
    const server = await place.serve();
    await server.says(/warn .*the certificate of the client ending ends in [45] days/);
  });
});
