/** Certify (KMIP 2.1 §6.1.6; 1.4 §4.7) and Re-certify (2.1 §6.1.45; 1.4 §4.8). */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { generateKeys, type KeyPair } from '#certs/keys';
import { readPem } from '#certs/pem';
import { createRequest } from '#test/certs/create-request';
import { makeCrmf } from '#test/certs/crmf';
import { useOpenSsl } from '#test/certs/openssl';
import { given, id, name, type Caller } from '#test/clients/caller';
import { at, bytes, date, enumerated, int, isOld, struct, text, value, item } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import { Tag } from '#protocol/tags';
import {
  getCertificate,
  hex,
  isKeyOf,
  openCertifying,
  registerCertificate,
  registerPublicKey,
  type Certifying,
} from './authority.ts';

const requestTypes = { CRMF: 1, PKCS_10: 2, PEM: 3, PGP: 4 } as const;

/** A request as the version has it. */
const csr = (version: string, type: keyof typeof requestTypes, request: Uint8Array): Item[] => [
  enumerated('CertificateRequestType', requestTypes[type]),
  bytes(isOld(version) ? 'CertificateRequest' : 'CertificateRequestValue', hex(request)),
];

const day = 24 * 3600;

for (const version of ['1.0', '1.4', '2.0', '2.1']) {
  describe(`certificates made in ${version}`, () => {
    const ssl = useOpenSsl();
    let server: Certifying;
    let caller: Caller;
    let keys: KeyPair;
    let pem: string;
    let der: Uint8Array;
    const now = () => Math.floor(server.fixture.clock.now / 1000);

    before(async () => {
      server = await openCertifying();
      caller = server.caller(version);
      keys = await generateKeys('P-256');
      pem = createRequest({ commonName: 'array 7', names: ['array.example.org'] }, keys);
      der = readPem(pem)[0]?.der as Uint8Array;
    });
    after(() => server.fixture.close());

    const identifierIn = (payload: Item): string => value(payload, 'UniqueIdentifier') as string;
    const certify = async (...payload: Item[]): Promise<string> =>
      identifierIn(await caller.call('Certify', ...payload));

    /** The identifiers that the object's links lead to, by the number of their type. */
    async function linksOf(identifier: string): Promise<ReadonlyMap<number, string>> {
      const link = isOld(version) ? text('AttributeName', 'Link') : undefined;
      const reference: Item = link ?? {
        tag: Tag.AttributeReference,
        type: ItemType.Enumeration,
        value: Tag.Link,
      };
      const found = await caller.attributes(identifier, reference);
      return new Map(
        found.map((each) => {
          const structure = at(each, 'AttributeValue') ?? each;
          return [value(structure, 'LinkType') as number, value(structure, 'LinkedObjectIdentifier') as string];
        }),
      );
    }

    for (const type of ['PKCS_10', 'PEM'] as const) {
      it(`come from a ${type} request, and are good for clients alone`, async () => {
        const made = await certify(...csr(version, type, type === 'PEM' ? Buffer.from(pem) : der));
        const certificate = await getCertificate(caller, made);
        expect(certificate.subject).to.equal('CN=array 7');
        expect(certificate.subjectAltName).to.equal('DNS:array.example.org');
        expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.2']);
        expect(certificate.ca).to.equal(false);
        expect(certificate.verify(server.authority.certificate.publicKey)).to.equal(true);
        expect(isKeyOf(certificate, keys.publicKey)).to.equal(true);
      });
    }

    it('come from a request in the format of RFC 4211, made by openssl, and are renewed by one', async () => {
      const { requests } = makeCrmf(ssl, { more: ['-sans', 'array.example.org'] });
      const made = await certify(...csr(version, 'CRMF', requests));
      const certificate = await getCertificate(caller, made);
      expect(certificate.subject).to.equal('O=Example\nCN=array 7');
      expect(certificate.subjectAltName).to.equal('DNS:array.example.org');
      const key = createPublicKey(readFileSync(ssl.path('crmf.key')));
      expect(isKeyOf(certificate, key)).to.equal(true);
      const renewed = identifierIn(await caller.call('ReCertify', id(made), ...csr(version, 'CRMF', requests)));
      expect(isKeyOf(await getCertificate(caller, renewed), key)).to.equal(true);
      const unproven = makeCrmf(ssl, { proof: 'raVerified' }).requests;
      const refused = await caller.refused('Certify', ...csr(version, 'CRMF', unproven));
      expect(refused.reason).to.equal(isOld(version) ? 'InvalidField' : 'InvalidCSR');
    });

    it('come from a public key alone, under its Name, and each leads to the other', async () => {
      const publicKey = await registerPublicKey(caller, keys.publicKey, name('array 8'));
      const made = await certify(id(publicKey), given(version, enumerated('CertificateType', 'X_509')));
      const certificate = await getCertificate(caller, made);
      expect(certificate.subject).to.equal('CN=array 8');
      expect(isKeyOf(certificate, keys.publicKey)).to.equal(true);
      expect(await linksOf(made)).to.deep.equal(new Map([[0x102, publicKey]]));
      expect(await linksOf(publicKey)).to.deep.equal(new Map([[0x101, made]]));
    });

    it('replace the link to the earlier one when a public key is certified again', async () => {
      const publicKey = await registerPublicKey(caller, keys.publicKey);
      await certify(id(publicKey));
      const second = await certify(id(publicKey), ...csr(version, 'PKCS_10', der));
      expect(await linksOf(publicKey)).to.deep.equal(new Map([[0x101, second]]));
      expect((await getCertificate(caller, second)).subject).to.equal('CN=array 7');
    });

    it('end with the Deactivation Date', async () => {
      const end = now() + 10 * day;
      const made = await certify(...csr(version, 'PKCS_10', der), given(version, date('DeactivationDate', end)));
      expect(new Date((await getCertificate(caller, made)).validTo).getTime()).to.equal(end * 1000);
    });

    it('say of themselves what they are, whatever was asked for', async () => {
      const asked = given(version, enumerated('CryptographicAlgorithm', 'RSA'), int('CryptographicLength', 2048));
      const made = await certify(...csr(version, 'PKCS_10', der), asked);
      const found = await caller.attributes(made);
      const lengths = found.flatMap((each) =>
        isOld(version)
          ? value(each, 'AttributeName') === 'Cryptographic Length'
            ? [value(each, 'AttributeValue')]
            : []
          : each.tag === Tag.CryptographicLength
            ? [each.value]
            : [],
      );
      expect(lengths).to.deep.equal([256]);
    });

    it('are refused for a request of another type, a broken one, one for another key, and PGP', async () => {
      const old = isOld(version);
      const reasonOf = async (...payload: Item[]) => (await caller.refused('Certify', ...payload)).reason;
      const invalid = old ? 'InvalidField' : 'InvalidCSR';
      expect(await reasonOf(...csr(version, 'PEM', der))).to.equal(invalid);
      expect(await reasonOf(...csr(version, 'PKCS_10', Buffer.from(pem)))).to.equal(invalid);
      const changed = Uint8Array.from(der);
      changed.set([(changed.at(-1) ?? 0) ^ 1], changed.length - 1);
      expect(await reasonOf(...csr(version, 'PKCS_10', changed))).to.equal(invalid);
      const another = await registerPublicKey(caller, (await generateKeys('P-256')).publicKey);
      expect(await reasonOf(id(another), ...csr(version, 'PKCS_10', der))).to.equal(invalid);
      expect(await reasonOf(...csr(version, 'CRMF', der))).to.equal(invalid);
      expect(await reasonOf(...csr(version, 'PGP', der))).to.equal(old ? 'FeatureNotSupported' : 'InvalidField');
      expect(await linksOf(another)).to.deep.equal(new Map());
    });

    it('are refused for keys of others, and for what is no public key', async () => {
      const foreign = await registerPublicKey(server.caller(version, 'client-2'), keys.publicKey);
      const missing = isOld(version) ? 'ItemNotFound' : 'ObjectNotFound';
      expect((await caller.refused('Certify', id(foreign))).reason).to.equal(missing);
      expect((await caller.refused('Certify', id(await caller.create()))).reason).to.equal(
        isOld(version) ? 'PermissionDenied' : 'InvalidObjectType',
      );
    });

    it('are renewed: names go over, links lead both ways, and the public key follows', async () => {
      const publicKey = await registerPublicKey(caller, keys.publicKey, name('array 9'));
      const first = await certify(id(publicKey), given(version, name('the certificate')));
      const second = identifierIn(await caller.call('ReCertify', id(first)));
      const [before, after] = [await getCertificate(caller, first), await getCertificate(caller, second)];
      expect([after.subject, isKeyOf(after, keys.publicKey)]).to.deep.equal([before.subject, true]);
      expect(after.serialNumber).to.not.equal(before.serialNumber);
      expect((await linksOf(first)).get(0x106)).to.equal(second);
      expect((await linksOf(second)).get(0x107)).to.equal(first);
      expect(await linksOf(publicKey)).to.deep.equal(new Map([[0x101, second]]));
      expect(await caller.locate(name('the certificate'))).to.deep.equal([second]);
    });

    it('are renewed with the dates that an Offset gives', async () => {
      const [from, to] = [now() - day, now() + 9 * day];
      const dates = given(version, date('ActivationDate', from), date('DeactivationDate', to));
      const first = await certify(...csr(version, 'PKCS_10', der), dates);
      const offset: Item = { tag: Tag.Offset, type: ItemType.Interval, value: day };
      const second = identifierIn(await caller.call('ReCertify', id(first), offset));
      const { validTo } = await getCertificate(caller, second);
      expect(new Date(validTo).getTime() / 1000).to.equal(to + (now() + day - from));
      expect((await caller.refused('ReCertify', id(first), offset, dates)).reason).to.equal('InvalidMessage');
    });

    it('are renewed for the same key only', async () => {
      const first = await certify(...csr(version, 'PKCS_10', der));
      const other = createRequest({ commonName: 'array 7' }, await generateKeys('P-256'));
      const refused = await caller.refused('ReCertify', id(first), ...csr(version, 'PEM', Buffer.from(other)));
      expect(refused.reason).to.equal(isOld(version) ? 'InvalidField' : 'InvalidCSR');
    });

    if (!isOld(version)) {
      it('come from a Certificate Request that is kept here', async () => {
        const kept = await caller.call(
          'Register',
          enumerated('ObjectType', 'CertificateRequest'),
          given(version),
          struct(
            'CertificateRequest',
            enumerated('CertificateRequestType', 'PKCS_10'),
            bytes('CertificateRequestValue', hex(der)),
          ),
        );
        const first = await certify(id(identifierIn(kept)));
        expect((await getCertificate(caller, first)).subject).to.equal('CN=array 7');
        const named = text('CertificateRequestUniqueIdentifier', identifierIn(kept));
        const second = identifierIn(await caller.call('ReCertify', id(first), named));
        expect((await getCertificate(caller, second)).subject).to.equal('CN=array 7');
      });
    }

    if (version === '2.1') {
      it('say how often they were renewed, and which is the latest', async () => {
        const first = await certify(...csr(version, 'PKCS_10', der));
        const second = identifierIn(await caller.call('ReCertify', id(first)));
        const rotationOf = async (identifier: string): Promise<unknown[]> => {
          const all = struct('Attributes', ...(await caller.attributes(identifier)));
          return [at(all, 'RotateGeneration')?.value, at(all, 'RotateLatest')?.value, at(all, 'RotateDate')?.value];
        };
        expect(await rotationOf(first)).to.deep.equal([0, false, BigInt(now())]);
        expect(await rotationOf(second)).to.deep.equal([1, true, undefined]);
      });
    }

    it('are found in a batch through the ID Placeholder', async () => {
      const [made, got] = await caller.send([
        item('Certify', csr(version, 'PKCS_10', der), '01'),
        item('Get', [], '02'),
      ]);
      expect([made?.status, got?.status]).to.deep.equal(['Success', 'Success']);
      expect(identifierIn(got?.payload as Item)).to.equal(identifierIn(made?.payload as Item));
    });

    it('take the place of registered ones of every issuer', async () => {
      const own = await getCertificate(caller, await certify(...csr(version, 'PKCS_10', der)));
      const registered = await registerCertificate(caller, own.raw);
      const renewed = identifierIn(await caller.call('ReCertify', id(registered)));
      expect((await getCertificate(caller, renewed)).subjectAltName).to.equal(own.subjectAltName);
    });
  });
}
