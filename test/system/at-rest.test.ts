/** A thief of the data directory without the root key reads no key, no name and nothing else that a client gave. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { addAttribute } from '#operations/attributes/add-attribute';
import { get } from '#operations/fetch/get';
import { locate } from '#operations/server/locate';
import { log } from '#operations/server/log';
import { register } from '#operations/create/register';
import { Tag } from '#protocol/tags';
import { makePlace, type Place } from '#test/cli/kmipd';
import { ItemType } from '#ttlv/item';
import { startServerProcess, type ServerProcess } from '#test/fixtures/server-process';

/** All forms of some bytes that a careless writer might leave, base64 at any of its three alignments. */
function formsOf(plain: Buffer): string[] {
  const base64 = [0, 1, 2].flatMap((shift) => {
    const middle = plain.subarray(shift, shift + 3 * Math.floor((plain.length - shift) / 3));
    return [middle.toString('base64'), middle.toString('base64url')];
  });
  return [plain.toString('latin1'), plain.toString('hex'), plain.toString('hex').toUpperCase(), ...base64];
}

describe('the data directory', () => {
  let place: Place;
  let server: ServerProcess | undefined;
  before(() => (place = makePlace()));
  after(async () => {
    await server?.end('SIGKILL');
    await place.remove();
  });

  it('holds nothing that a client gave, raw, in hex or in base64, while the server runs or after', async () => {
    const material = randomBytes(32);
    const texts = {
      client: 'Tresorraum-Nord',
      name: 'Kronjuwelen-Tresor-7',
      group: 'Reichsapfel-Gruppe-8',
      vendorValue: 'Zepter-Sonderwert-9',
      vendorName: 'Krone-Sondername-3',
      contact: 'Schatzmeister-Kontakt-5',
      username: 'Hofmarschall-Konto-2',
      password: 'Siegelring-Losung-4',
      opaque: 'Urkunde-Geheimtext-6-lang-genug-fuer-sich',
    };
    const passwordFile = place.path('password');
    writeFileSync(passwordFile, texts.password);
    const credential = ['--username', texts.username, '--password-file', passwordFile];
    const added = await place.kmipd('client', 'add', texts.client, '--out', place.path(texts.client), ...credential);
    expect(added.status, added.stderr).to.equal(0);

    server = await startServerProcess(place, texts.client, { args: ['--log-level', 'debug'] });
    const client = await server.connect();
    const attributeValue = { tag: Tag.AttributeValue, type: ItemType.TextString, value: texts.vendorValue } as const;
    const { uniqueIdentifier } = await client.call(register, {
      objectType: 'SymmetricKey',
      attributes: {
        instances: [
          { key: 'cryptographicUsageMask', value: 12 },
          { key: 'name', value: { nameValue: texts.name, nameType: 'UninterpretedTextString' } },
          { key: 'objectGroup', value: texts.group },
          { key: 'contactInformation', value: texts.contact },
        ],
      },
      object: {
        objectType: 'SymmetricKey',
        keyBlock: {
          keyFormatType: 'Raw',
          keyValue: { keyMaterial: material },
          cryptographicAlgorithm: 'AES',
          cryptographicLength: 256,
        },
      },
    });
    await client.call(register, {
      objectType: 'OpaqueObject',
      attributes: { instances: [] },
      object: { objectType: 'OpaqueObject', opaqueDataType: '0x80000001', opaqueDataValue: Buffer.from(texts.opaque) },
    });
    await client.call(addAttribute, {
      uniqueIdentifier,
      newAttribute: {
        key: 'vendorAttribute',
        value: { vendorIdentification: 'x', attributeName: texts.vendorName, attributeValue },
      },
    });
    const asked = { key: 'name', value: { nameValue: texts.name, nameType: 'UninterpretedTextString' } } as const;
    const { uniqueIdentifier: found = [] } = await client.call(locate, { attributes: [asked] });
    expect(found).to.deep.equal([uniqueIdentifier]);
    await client.call(get, { uniqueIdentifier });
    await client.call(log, { logMessage: 'ein Wort an den Betreiber' });

    const secrets = [material, ...Object.values(texts).map((text) => Buffer.from(text))];
    const search = (all: string): string[] =>
      secrets
        .filter((secret) => formsOf(secret).some((form) => all.includes(form)))
        .map((secret) => secret.toString('latin1'));
    const running = filesOf(place.data);
    await client.close();
    expect(await server.end()).to.equal(0);
    for (const all of [running, filesOf(place.data), server.stderr()]) {
      expect(search(all)).to.deep.equal([]);
    }
    // What is readable is found, so the search would find the rest.
    expect(running).to.include(uniqueIdentifier);
  });

  function filesOf(directory: string): string {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).to.include.members(['data.mdb', 'root.key']);
    return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n');
  }
});
