/** Validate (KMIP 2.1 §6.1.57; 1.4 §4.24). */
import { randomBytes, type X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { createAuthority, issueClientCertificate, type Authority } from '#certs/authority';
import { publicKeyInfo, signCertificate, subjectOfCertificate } from '#certs/certificate';
import { basicConstraints, keyUsage } from '#certs/extensions';
import { fingerprintOf } from '#certs/inspect';
import { generateKeys } from '#certs/keys';
import { subjectOf } from '#certs/certificate-names';
import { enumerationValue } from '#protocol/enumerations';
import { id, type Caller } from '#test/clients/caller';
import { bytes, date, enumerated, isOld, struct, value } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { certificateItem, hex, openCertifying, registerCertificate, type Certifying } from './authority.ts';

const begin = new Date(Date.UTC(2026, 0, 1));

/** An authority under another, or what only claims to be one. */
async function authorityUnder(parent: Authority, commonName: string, ca = true): Promise<Authority> {
  const { privateKey, publicKey } = await generateKeys('P-256');
  const certificate = signCertificate(
    {
      subject: subjectOf(commonName),
      issuer: subjectOfCertificate(parent.certificate),
      key: publicKeyInfo(publicKey),
      notAfter: new Date(Date.UTC(2028, 0, 1)),
      extensions: [basicConstraints(ca), ...(ca ? [keyUsage('keyCertSign', 'cRLSign')] : [])],
    },
    parent.privateKey,
    { now: begin },
  );
  return { certificate, privateKey };
}

async function leafUnder(parent: Authority): Promise<X509Certificate> {
  const { publicKey } = await generateKeys('P-256');
  return issueClientCertificate(parent, { commonName: `leaf ${hex(randomBytes(4))}`, publicKey }, { now: begin });
}

for (const version of ['1.0', '1.4', '2.1']) {
  describe(`Validate in ${version}`, () => {
    let server: Certifying;
    let caller: Caller;
    let between: Authority;
    let leaf: X509Certificate;
    let foreignRoot: Authority;
    let foreignLeaf: X509Certificate;

    before(async () => {
      server = await openCertifying();
      caller = server.caller(version);
      between = await authorityUnder(server.authority, 'between');
      leaf = await leafUnder(between);
      foreignRoot = await createAuthority('foreign CA', { now: begin });
      foreignLeaf = await leafUnder(foreignRoot);
    });
    after(() => server.fixture.close());

    const judged = async (...payload: Item[]) =>
      enumerationValue(
        'ValidityIndicator',
        value(await caller.call('Validate', ...payload), 'ValidityIndicator') as number,
      );
    const inline = (...certificates: X509Certificate[]): Item[] => certificates.map(({ raw }) => certificateItem(raw));
    const refusal = async (...payload: Item[]) => (await caller.refused('Validate', ...payload)).reason;

    it('finds chains valid that lead to the own authority, in any order, given or kept', async () => {
      expect(await judged(...inline(leaf, between.certificate))).to.equal('Valid');
      expect(await judged(...inline(between.certificate, leaf, server.authority.certificate))).to.equal('Valid');
      const kept = await registerCertificate(caller, between.certificate.raw);
      expect(await judged(...inline(leaf), id(kept))).to.equal('Valid');
      expect(await judged(id(kept))).to.equal('Valid');
    });

    it('does not know of chains that end in a foreign authority, or nowhere', async () => {
      expect(await judged(...inline(foreignLeaf, foreignRoot.certificate))).to.equal('Unknown');
      expect(await judged(...inline(foreignLeaf))).to.equal('Unknown');
      expect(await judged(...inline(leaf))).to.equal('Unknown');
    });

    it('trusts an authority that the client keeps here, and only that client', async () => {
      const kept = await registerCertificate(server.caller(version, 'client-3'), foreignRoot.certificate.raw);
      const missing = isOld(version) ? 'ItemNotFound' : 'ObjectNotFound';
      expect(await refusal(...inline(foreignLeaf), id(kept))).to.equal(missing);
      const own = await registerCertificate(caller, foreignRoot.certificate.raw);
      expect(await judged(...inline(foreignLeaf), id(own))).to.equal('Valid');
    });

    it('finds what has ended, and what has not begun, invalid at that date', async () => {
      const chain = inline(leaf, between.certificate);
      const at = (year: number) => date('ValidityDate', Date.UTC(year, 5, 1) / 1000);
      expect(await judged(...chain, at(2027))).to.equal('Valid');
      expect(await judged(...chain, at(2030))).to.equal('Invalid');
      expect(await judged(...chain, at(2025))).to.equal('Invalid');
    });

    it('finds forged signatures, and issuers that are no authority, invalid', async () => {
      const { privateKey } = await generateKeys('P-256');
      const forged = await leafUnder({ certificate: between.certificate, privateKey });
      expect(await judged(...inline(forged, between.certificate))).to.equal('Invalid');
      const claimed = await authorityUnder(server.authority, 'no authority', false);
      const under = await authorityUnder(claimed, 'under it', false);
      expect(await judged(...inline(under.certificate, claimed.certificate))).to.equal('Invalid');
    });

    it('finds what its client has revoked invalid, though it is given along', async () => {
      const bad = await leafUnder(server.authority);
      expect(await judged(...inline(bad))).to.equal('Valid');
      const kept = await registerCertificate(caller, bad.raw);
      await caller.call(
        'Revoke',
        id(kept),
        struct('RevocationReason', enumerated('RevocationReasonCode', 'KeyCompromise')),
      );
      expect(await judged(...inline(bad))).to.equal('Invalid');
      expect(await judged(id(kept))).to.equal('Invalid');
      await caller.call('Destroy', id(kept));
      expect(await judged(...inline(bad))).to.equal('Invalid');
    });

    it('finds what the administrator has revoked invalid', async () => {
      const bad = await leafUnder(server.authority);
      server.revoked.add(fingerprintOf(bad.raw));
      expect(await judged(...inline(bad))).to.equal('Invalid');
    });

    it('refuses chains that lead back to themselves', async () => {
      // Each of the two has issued the other; only their leaf begins the chain.
      const [one, other] = [
        await createAuthority('one', { now: begin }),
        await createAuthority('other', { now: begin }),
      ];
      const crossed = (holder: Authority, issuer: Authority): Authority => ({
        ...holder,
        certificate: signCertificate(
          {
            subject: subjectOfCertificate(holder.certificate),
            issuer: subjectOfCertificate(issuer.certificate),
            key: publicKeyInfo(holder.certificate.publicKey),
            notAfter: new Date(Date.UTC(2028, 0, 1)),
            extensions: [basicConstraints(true), keyUsage('keyCertSign', 'cRLSign')],
          },
          issuer.privateKey,
          { now: begin },
        ),
      });
      const loop = [crossed(one, other), crossed(other, one)] as const;
      const end = await leafUnder(loop[0]);
      expect(await refusal(...inline(end, loop[0].certificate, loop[1].certificate))).to.equal('InvalidField');
      expect(await refusal(...inline(loop[0].certificate, loop[1].certificate))).to.equal('InvalidField');
    });

    it('refuses none, several chains, too many, broken ones, and what is no certificate', async () => {
      expect(await refusal()).to.equal('InvalidField');
      expect(await refusal(...inline(leaf, foreignLeaf))).to.equal('InvalidField');
      expect(await refusal(...Array.from({ length: 17 }, () => certificateItem(leaf.raw)))).to.equal('InvalidField');
      expect(await refusal(certificateItem(leaf.raw.subarray(1)))).to.equal('InvalidField');
      expect(
        await refusal(struct('Certificate', enumerated('CertificateType', 'PGP'), bytes('CertificateValue', '00'))),
      ).to.equal('InvalidField');
      expect(await refusal(id(await caller.create()))).to.equal(
        isOld(version) ? 'InvalidMessage' : 'InvalidObjectType',
      );
    });
  });
}
