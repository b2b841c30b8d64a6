/**
 * PKCS#12 as Key Format Type, with the openssl command as the other side (KMIP 2.1 §4.39, §6.1.19, §11.46; 1.4 §3.45,
 * §4.11, §11.4).
 */
import { createHash, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { Tag, type TagName } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/index';
import { useOpenSsl } from '#test/certs/openssl';
import { callerOf, given, id, named, serverForEach, type Caller } from '#test/clients/caller';
import { makeChain, type Chain } from '#test/crypto/certificates/chain-of-openssl';
import { at, bool, enumerated, int, isOld, struct, text, value } from '#test/fixtures/items';
import { exported, importing, versionsWithImport } from './export-import.ts';
import { attributesKept } from '#test/operations/create/kept';
import { activated, method, signature, wrapping } from '#test/operations/wrapping/wrapping';
import { keyBlock } from '#test/fixtures/key-blocks';

const password = 'correct horse';
const pkcs8 = enumerated('KeyFormatType', 'PKCS_8');
const pkcs12 = enumerated('KeyFormatType', 'PKCS_12');
const linkTypes = { certificate: 0x101, publicKey: 0x102, pkcs12Certificate: 0x10c, pkcs12Password: 0x10d } as const;
const link = (type: keyof typeof linkTypes, to: string): Item =>
  struct('Link', enumerated('LinkType', linkTypes[type]), text('LinkedObjectIdentifier', to));
const friendlyName = (name: string): Item => text('PKCS_12FriendlyName', name);
const raw = (tag: TagName, value: Uint8Array): Item => ({ tag: Tag[tag], type: ItemType.ByteString, value });

describe('PKCS#12 as Key Format Type', () => {
  const ssl = useOpenSsl();
  const server = serverForEach();
  const { caller } = server;
  const made = new Map<'RSA' | 'EC', Chain>();
  before(() => {
    ssl.file('password', password);
    for (const algorithm of ['RSA', 'EC'] as const) made.set(algorithm, makeChain(ssl, algorithm));
  });
  const chainOf = (algorithm: 'RSA' | 'EC'): Chain => made.get(algorithm) as Chain;
  const pack = ({ pack: packed, withIssuers }: Chain, ...options: string[]): Buffer =>
    packed('-name', 'leaf', '-passout', 'file:password', ...withIssuers, ...options);

  /** An object of several attributes: its identifier. */
  const placed = async (here: Caller, type: number, object: Item, ...attributes: Item[]): Promise<string> =>
    value(
      await here.call('Register', enumerated('ObjectType', type), given(here.version, ...attributes), object),
      'UniqueIdentifier',
    ) as string;
  const keyIn = (tag: TagName, format: number, material: Uint8Array): Item =>
    struct(tag, keyBlock(format, raw('KeyMaterial', material)));
  const secret = (here: Caller, held: string, type = 1, ...more: Item[]): Promise<string> =>
    placed(
      here,
      7,
      struct(
        'SecretData',
        enumerated('SecretDataType', type),
        keyBlock('Opaque', raw('KeyMaterial', Buffer.from(held))),
      ),
      ...more,
    );
  const activeSecret = (here: Caller, held = password): Promise<string> => secret(here, held, 1, activated);
  const signs = int('CryptographicUsageMask', 1);
  const container = (bytes: Uint8Array): Item => keyIn('PrivateKey', 0x16, bytes);
  const certificate = (here: Caller, der: Uint8Array, ...more: Item[]): Promise<string> =>
    placed(
      here,
      1,
      struct('Certificate', enumerated('CertificateType', 'X_509'), raw('CertificateValue', der)),
      ...more,
    );

  const got = async (here: Caller, which: string, ...asked: Item[]): Promise<Buffer> => {
    const payload = await here.call('Get', id(which), ...asked);
    const block = at(payload, 'PrivateKey', 'KeyBlock') as Item;
    if (asked[0] !== undefined) expect(at(block, 'KeyFormatType')?.value).to.equal(asked[0].value);
    return Buffer.from(value(block, 'KeyValue', 'KeyMaterial') as Uint8Array);
  };
  const readBy = (bytes: Uint8Array, by = password): string => {
    ssl.file('by', by);
    ssl.file('read.p12', bytes);
    return ssl.run('pkcs12', '-in', 'read.p12', '-passin', 'file:by', '-noenc');
  };
  const pemOf = (der: Uint8Array): string => new X509Certificate(der).toString().trim();
  const keyText = ({ privateKey }: Chain): string => privateKey.toString('base64').slice(0, 64);

  /** A key with public key and certificates as objects of their own, linked as the text wants them. */
  async function linkedKey(here: Caller, chain: Chain, ...more: Item[]): Promise<string> {
    const [leaf, intermediate, root] = chain.certificates as [Buffer, Buffer, Buffer];
    const top = await certificate(here, root, activated);
    const middle = await certificate(here, intermediate, activated, link('certificate', top));
    const bottom = await certificate(here, leaf, activated, link('certificate', middle));
    const base = link(isOld(here.version) ? 'certificate' : 'pkcs12Certificate', bottom);
    const verifies = int('CryptographicUsageMask', 2);
    const open = await placed(here, 3, keyIn('PublicKey', 5, chain.publicKey), verifies, base);
    const mine = [signs, activated, link('publicKey', open), ...more];
    return placed(here, 4, keyIn('PrivateKey', 4, chain.privateKey), ...mine);
  }

  for (const algorithm of ['RSA', 'EC'] as const) {
    for (const [ciphers, options] of [
      ['AES-256', []],
      ['triple DES', ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ] as const) {
      it(`takes ${algorithm} keys in containers of ${ciphers}, and gives them as they came and in other formats`, async () => {
        const chain = chainOf(algorithm);
        const bytes = pack(chain, ...options);
        for (const version of versionsWithImport) {
          const here = caller(version);
          const links = link('pkcs12Password', await activeSecret(here));
          const key = await placed(here, 4, container(bytes), signs, links);
          expect(await got(here, key, pkcs12)).to.deep.equal(bytes);
          expect(await got(here, key)).to.deep.equal(bytes);
          expect(await got(here, key, pkcs8)).to.deep.equal(chain.privateKey);
          const kept = await attributesKept(server.fixture, key);
          expect(kept).to.include({ pkcs12FriendlyName: 'leaf', keyFormatType: 'PKCS_12' });
          expect(kept?.cryptographicLength).to.equal(algorithm === 'RSA' ? 2048 : 256);
          expect(kept?.digest?.[0]?.digestValue).to.deep.equal(createHash('sha256').update(bytes).digest());
          // Versions that have no word for the format.
          const older = at(await caller('1.3').call('Get', id(key)), 'PrivateKey', 'KeyBlock', 'KeyFormatType');
          expect(older?.value).to.be.oneOf([3, 6]);
        }
      });
    }

    it(`puts ${algorithm} keys together with the chain that links lead to`, async () => {
      const chain = chainOf(algorithm);
      for (const version of versionsWithImport) {
        const here = caller(version);
        const key = await linkedKey(here, chain, link('pkcs12Password', await activeSecret(here)));
        const said = readBy(await got(here, key, pkcs12));
        expect(said).to.include('friendlyName: alias').and.include(keyText(chain));
        for (const each of chain.certificates) expect(said).to.include(pemOf(each));
        expect(said.match(/BEGIN CERTIFICATE/g)).to.have.length(3);
        const block = at(await here.call('Get', id(key), pkcs12), 'PrivateKey', 'KeyBlock') as Item;
        expect(at(block, 'CryptographicAlgorithm')).to.equal(undefined);
      }
    });
  }

  it('calls the key as PKCS#12 Friendly Name says, and finds it by that name', async () => {
    const chain = chainOf('EC');
    for (const version of versionsWithImport) {
      const here = caller(version);
      const links = link('pkcs12Password', await activeSecret(here));
      const key = await linkedKey(here, chain, links, friendlyName('web server'));
      expect(readBy(await got(here, key, pkcs12))).to.include('friendlyName: web server');
      const bytes = pack(chain);
      const found = await placed(here, 4, container(bytes), signs, links, friendlyName('LEAF'));
      expect(await got(here, found, pkcs12)).to.deep.equal(bytes);
      const payload = [
        enumerated('ObjectType', 'PrivateKey'),
        given(version, signs, links, friendlyName('other')),
        container(bytes),
      ];
      expect((await here.refused('Register', ...payload)).reason).to.equal(
        isOld(version) ? 'InvalidField' : 'InvalidAttributeValue',
      );
    }
  });

  it('takes a container without a chain, and gives it the chain that links lead to later', async () => {
    const chain = chainOf('EC');
    const bytes = chain.pack('-passout', 'file:password', '-name', 'leaf');
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await placed(here, 4, container(bytes), signs, link('pkcs12Password', await activeSecret(here)));
      expect(await got(here, key, pkcs12)).to.deep.equal(bytes);
      const root = await certificate(here, chain.certificates[2] as Buffer);
      const middle = await certificate(here, chain.certificates[1] as Buffer, link('certificate', root));
      const leaf = await certificate(here, chain.certificates[0] as Buffer, link('certificate', middle));
      const added = link('certificate', leaf);
      await here.call('AddAttribute', id(key), isOld(version) ? named(added) : struct('NewAttribute', added));
      expect(readBy(await got(here, key, pkcs12)).match(/BEGIN CERTIFICATE/g)).to.have.length(3);
    }
  });

  it('protects with the password that is linked now, not with the one of old', async () => {
    const bytes = pack(chainOf('EC'));
    for (const version of versionsWithImport) {
      const here = caller(version);
      const old = await activeSecret(here);
      const key = await placed(here, 4, container(bytes), signs, link('pkcs12Password', old));
      const found = await exported(here, key);
      const next = await activeSecret(here, 'another one');
      const attributes = found.attributes.map((each) => replaceText(each, old, next));
      // By Import, which reads the container with the password that its attributes lead to.
      const refused = await here.refused(
        'Import',
        ...importing(here, { ...found, attributes }, bool('ReplaceExisting', true)),
      );
      expect(refused.reason).to.equal(isOld(version) ? 'InvalidField' : 'BadPassword');
      const to = link('pkcs12Password', next);
      await here.call(
        'DeleteAttribute',
        id(key),
        ...(isOld(version)
          ? [text('AttributeName', 'Link')]
          : [struct('CurrentAttribute', link('pkcs12Password', old))]),
      );
      expect((await here.refused('Get', id(key), pkcs12)).reason).to.equal(
        isOld(version) ? 'InvalidField' : 'BadPassword',
      );
      await here.call('AddAttribute', id(key), isOld(version) ? named(to) : struct('NewAttribute', to));
      const again = await got(here, key, pkcs12);
      expect(again).to.not.deep.equal(bytes);
      expect(readBy(again, 'another one')).to.include(keyText(chainOf('EC')));
    }
  });

  it('gives a certificate with its chain, and no key', async () => {
    const chain = chainOf('EC');
    for (const version of versionsWithImport) {
      const here = caller(version);
      const root = await certificate(here, chain.certificates[1] as Buffer);
      const links = [link('certificate', root), link('pkcs12Password', await activeSecret(here))];
      const leaf = await certificate(here, chain.certificates[0] as Buffer, ...links);
      const payload = await here.call('Get', id(leaf), pkcs12);
      const said = readBy(value(payload, 'Certificate', 'CertificateValue') as Uint8Array);
      expect(said.match(/BEGIN CERTIFICATE/g)).to.have.length(2);
      expect(said).to.not.include('PRIVATE KEY');
    }
  });

  it('goes through Export and Import', async () => {
    const bytes = pack(chainOf('RSA'));
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await placed(here, 4, container(bytes), signs, link('pkcs12Password', await activeSecret(here)));
      const found = await exported(here, key, pkcs12);
      await here.call('Import', ...importing(here, found, bool('ReplaceExisting', true)));
      const again = await exported(here, key);
      expect(again.object).to.deep.equal(found.object);
      expect(again.attributes).to.have.deep.members(found.attributes);
      expect(await got(here, key, pkcs8)).to.deep.equal(chainOf('RSA').privateKey);
    }
  });

  it('lets a key that came in a container be used', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const links = link('pkcs12Password', await activeSecret(here));
      const parameters = struct(
        'CryptographicParameters',
        enumerated('HashingAlgorithm', 'SHA_256'),
        enumerated('DigitalSignatureAlgorithm', 'SHA_256WithRSAEncryption'),
      );
      const key = await placed(here, 4, container(pack(chainOf('RSA'))), signs, links, activated, parameters);
      const wrapped = await here.call('Get', id(await here.create()), wrapping(method.macSign, signature(key)));
      const made = value(wrapped, 'SymmetricKey', 'KeyBlock', 'KeyWrappingData', 'MACSignature') as Uint8Array;
      expect(made).to.have.length(256);
    }
  });

  it('refuses more than one valid chain, and passes over what is no longer valid', async () => {
    const chain = chainOf('EC');
    const [leaf, , root] = chain.certificates as [Buffer, Buffer, Buffer];
    for (const version of versionsWithImport) {
      const here = caller(version);
      const first = await certificate(here, leaf, activated);
      const second = await certificate(here, leaf, activated);
      const links = [link('certificate', first), link('certificate', second), link('certificate', 'gone')];
      const password = link('pkcs12Password', await activeSecret(here));
      const key = await placed(here, 4, keyIn('PrivateKey', 4, chain.privateKey), signs, password, ...links);
      expect((await here.refused('Get', id(key), pkcs12)).reason).to.equal('KeyFormatTypeNotSupported');
      await here.call(
        'Revoke',
        id(first),
        struct('RevocationReason', enumerated('RevocationReasonCode', 'Superseded')),
      );
      expect(readBy(await got(here, key, pkcs12)).match(/BEGIN CERTIFICATE/g)).to.have.length(1);
      const other = await certificate(here, root, activated);
      const stranger = await placed(
        here,
        4,
        keyIn('PrivateKey', 4, chain.privateKey),
        signs,
        ...[password, link('certificate', other)],
      );
      expect((await here.refused('Get', id(stranger), pkcs12)).reason).to.equal('KeyFormatTypeNotSupported');
    }
  });

  it('refuses with a reason of its own when the password is not there, or wrong', async () => {
    const bytes = pack(chainOf('EC'));
    for (const version of versionsWithImport) {
      const here = caller(version);
      const bad = isOld(version) ? 'InvalidField' : 'BadPassword';
      const refused = async (...links: Item[]): Promise<unknown> => {
        const attributes = given(version, signs, ...links);
        return (await here.refused('Register', enumerated('ObjectType', 'PrivateKey'), attributes, container(bytes)))
          .reason;
      };
      const good = await activeSecret(here);
      expect(await refused(), 'missing').to.equal(bad);
      expect(await refused(link('pkcs12Password', good), link('pkcs12Password', await activeSecret(here)))).to.equal(
        bad,
      );
      expect(await refused(link('pkcs12Password', 'nothing'))).to.equal(bad);
      expect(await refused(link('pkcs12Password', await here.create(activated))), 'a key').to.equal(bad);
      expect(await refused(link('pkcs12Password', await secret(here, password, 2, activated))), 'a seed').to.equal(bad);
      expect(await refused(link('pkcs12Password', await activeSecret(here, 'wrong')))).to.equal(bad);
      const gone = await secret(here, password);
      await here.call('Destroy', id(gone));
      expect(await refused(link('pkcs12Password', gone)), 'destroyed').to.equal(bad);
      const other = callerOf(server.fixture.handler, server.fixture.session('client-2'), version);
      expect(await refused(link('pkcs12Password', await activeSecret(other))), "another client's").to.equal(bad);
      const dormant = await secret(here, password);
      const attributes = given(version, signs, link('pkcs12Password', dormant));
      const payload = [enumerated('ObjectType', 'PrivateKey'), attributes, container(bytes)];
      if (isOld(version)) await here.call('Register', ...payload);
      else expect((await here.refused('Register', ...payload)).reason).to.equal(bad);
    }
  });

  it('refuses what is no container of a key, and forms that nobody sends', async () => {
    const chain = chainOf('EC');
    const certificates = ssl.bytes(
      ...['pkcs12', '-export', '-nokeys', '-in', 'EC-leaf.pem', '-passout', 'file:password'],
    );
    for (const version of versionsWithImport) {
      const here = caller(version);
      const links = link('pkcs12Password', await activeSecret(here));
      const refused = async (object: Item, type = 4): Promise<unknown> =>
        (await here.refused('Register', enumerated('ObjectType', type), given(version, signs, links), object)).reason;
      expect(await refused(container(certificates))).to.equal('InvalidField');
      expect(await refused(container(pack(chain).subarray(0, 100)))).to.equal('InvalidField');
      expect(await refused(container(chain.privateKey))).to.equal('InvalidField');
      expect(await refused(keyIn('PublicKey', 0x16, pack(chain)), 3)).to.equal('InvalidField');
      const inner = struct('KeyMaterial', raw('KeyMaterial', pack(chain)), raw('PrivateKey', chain.privateKey));
      const forged = struct('PrivateKey', struct('KeyBlock', pkcs12, struct('KeyValue', inner)));
      expect(await refused(forged)).to.equal('InvalidField');
      const key = await here.create();
      expect((await here.refused('Get', id(key), pkcs12)).reason).to.equal('KeyFormatTypeNotSupported');
      const sensitive = await linkedKey(here, chain, links, bool('Sensitive', true));
      expect((await here.refused('Get', id(sensitive), pkcs12)).reason).to.equal('Sensitive');
    }
    const old = caller('1.3');
    expect((await old.refused('Get', id(await old.create()), pkcs12)).reason).to.equal('InvalidField');
  });
});

const replaceText = (item: Item, from: string, to: string): Item =>
  item.type === ItemType.Structure
    ? { ...item, value: item.value.map((each) => replaceText(each, from, to)) }
    : item.value === from
      ? { ...item, value: to }
      : item;
