/** KMIP 2.1 §6.1.26: since 2.0, and only where the operator asked for it. */
import { expect } from 'chai';
import { objectIn, states } from '#test/access/objects-in-states';
import { ask, createKey } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { callerOf } from '#test/clients/caller';
import { at, bytes, enumerated, int, struct, text, versions } from '#test/fixtures/items';
import { importing, symmetricKey } from '#test/operations/fetch/export-import';
import { attributesKept, hasMaterial } from '#test/operations/create/kept';

const functions = { Begin: 1, End: 2, Reset: 3 } as const;

describe('Interop', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture({ interop: true })));
  afterEach(() => fixture.close());

  const interop = (which: keyof typeof functions, version = '2.1', of: Fixture = fixture, client?: string) =>
    ask(
      of,
      version,
      'Interop',
      [enumerated('InteropFunction', functions[which]), text('InteropIdentifier', 'a case')],
      client === undefined ? undefined : of.session(client),
    );
  const isThere = async (id: string): Promise<boolean> => (await hasMaterial(fixture, id)) === true;

  it('is answered with nothing, in 2.0 and 2.1', async () => {
    for (const version of versions) {
      const { reason, item } = await interop('Begin', version);
      expect(reason, version).to.equal(version < '2' ? 'OperationNotSupported' : undefined);
      expect(at(item, 'ResponsePayload')?.value, version).to.deep.equal(version < '2' ? undefined : []);
    }
  });

  it('"SHALL NOT be available in a production server"', async () => {
    const production = await openFixture();
    try {
      for (const which of ['Begin', 'End', 'Reset'] as const) {
        expect((await interop(which, '2.1', production)).reason).to.equal('OperationNotSupported');
      }
    } finally {
      await production.close();
    }
  });

  it('changes nothing with Begin and End', async () => {
    const before = await createKey(fixture);
    await interop('Begin');
    const within = await createKey(fixture);
    await interop('End');
    expect([await isThere(before), await isThere(within)]).to.deep.equal([true, true]);
  });

  it('destroys with Reset what the caller made since its Begin, in whatever state, and nothing else', async () => {
    const before = await createKey(fixture);
    await interop('Begin');
    const made = await Promise.all(states.map((state) => objectIn(fixture, '2.1', 'SymmetricKey', state)));
    const reset = await interop('Reset');
    expect(reset.status).to.equal('Success');
    expect(await isThere(before)).to.equal(true);
    const left = await Promise.all(made.map((id) => attributesKept(fixture, id)));
    expect(left.map((attributes) => attributes?.state)).to.deep.equal([
      'Destroyed',
      'Destroyed',
      'Destroyed',
      'DestroyedCompromised',
      'Destroyed',
      'DestroyedCompromised',
    ]);
    expect(await Promise.all(made.map(isThere))).to.not.include(true);
  });

  it('leaves what others made alone, and does nothing without a Begin', async () => {
    await interop('Begin', '2.1', fixture, 'client-2');
    const others = await createKey(fixture);
    await interop('Reset', '2.1', fixture, 'client-2');
    await interop('Reset');
    expect(await isThere(others)).to.equal(true);
  });

  it('leaves alone what was imported before Begin, whatever it is called', async () => {
    const here = callerOf(fixture.handler, fixture.session(), '2.1');
    const material = struct('KeyValue', bytes('KeyMaterial', '00112233445566778899aabbccddeeff'));
    const said = [enumerated('CryptographicAlgorithm', 'AES'), int('CryptographicLength', 128)];
    const key = struct('SymmetricKey', struct('KeyBlock', enumerated('KeyFormatType', 'Raw'), material, ...said));
    const what = symmetricKey('zebra', [int('CryptographicUsageMask', 12)], key);
    await here.call('Import', ...importing(here, what));
    await interop('Begin');
    const within = await createKey(fixture);
    await interop('Reset');
    expect([await isThere('zebra'), await isThere(within)]).to.deep.equal([true, false]);
  });

  it('needs a function and an identifier', async () => {
    for (const payload of [[], [enumerated('InteropFunction', 'Begin')], [text('InteropIdentifier', 'a case')]]) {
      expect((await ask(fixture, '2.1', 'Interop', payload)).reason).to.equal('InvalidMessage');
    }
    const unknown = [enumerated('InteropFunction', 9), text('InteropIdentifier', 'a case')];
    expect((await ask(fixture, '2.1', 'Interop', unknown)).reason).to.equal('InvalidField');
  });
});
