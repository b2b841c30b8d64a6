import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { inProcess } from '#test/fixtures/in-process';
import { findCases } from '#conformance/cases';
import { runConformance, type CaseResult } from '#conformance/run';
import { resultLine, summarize } from '#conformance/summary';
import { openFixture, type Fixture } from '#test/fixtures/fixture';

const version = `<ProtocolVersion>
      <ProtocolVersionMajor type="Integer" value="2"/><ProtocolVersionMinor type="Integer" value="1"/>
    </ProtocolVersion>`;
const request = (operation: string, payload: string): string => `<RequestMessage>
  <RequestHeader>${version}<BatchCount type="Integer" value="1"/></RequestHeader>
  <BatchItem><Operation type="Enumeration" value="${operation}"/><RequestPayload>${payload}</RequestPayload></BatchItem>
</RequestMessage>`;
const answer = (operation: string, payload: string): string => `<ResponseMessage>
  <ResponseHeader>${version}<TimeStamp type="DateTime" value="$NOW"/><BatchCount type="Integer" value="1"/></ResponseHeader>
  <BatchItem><Operation type="Enumeration" value="${operation}"/><ResultStatus type="Enumeration" value="Success"/>
    <ResponsePayload>${payload}</ResponsePayload></BatchItem>
</ResponseMessage>`;

const id = '<UniqueIdentifier type="TextString" value="$UNIQUE_IDENTIFIER_0"/>';
const symmetricKey = '<ObjectType type="Enumeration" value="SymmetricKey"/>';
const create = (more = ''): string =>
  request(
    'Create',
    `${symmetricKey}<Attributes><CryptographicAlgorithm type="Enumeration" value="AES"/>
    <CryptographicLength type="Integer" value="128"/><CryptographicUsageMask type="Integer" value="Encrypt"/>${more}</Attributes>`,
  );
const created = answer('Create', `${symmetricKey}${id}`);
const attributes = (names: string[], values: string): string =>
  request(
    'GetAttributes',
    id + names.map((name) => `<AttributeReference type="Enumeration" value="${name}"/>`).join(''),
  ) + answer('GetAttributes', `${id}<Attributes>${values}</Attributes>`);
const state = (value: string): string => attributes(['State'], `<State type="Enumeration" value="${value}"/>`);
const conversation = (...parts: string[]): string => `<KMIP>\n# TIME 0\n${parts.join('\n# TIME 1\n')}\n</KMIP>\n`;

describe('the conformance runner', () => {
  let fixture: Fixture;
  let root: string;

  beforeEach(async () => {
    fixture = await openFixture();
    root = await mkdtemp(join(tmpdir(), 'kmipd-cases-'));
  });
  afterEach(async () => {
    await fixture.close();
    await rm(root, { recursive: true });
  });

  async function write(cases: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(cases)) {
      await mkdir(join(root, name, '..'), { recursive: true });
      await writeFile(join(root, `${name}.xml`), text);
    }
  }

  async function run(only?: string): Promise<CaseResult[]> {
    const session = fixture.session();
    return runConformance({
      files: await findCases(root, only),
      open: async () => inProcess((message) => fixture.handler.handle(message, session)),
      now: () => fixture.clock.now,
    });
  }

  it('plays a conversation, its variables bound at first sight', async () => {
    await write({ 'A-M-1-21': conversation(create() + created, state('PreActive')) });
    const [result] = await run();
    expect(result).to.include({ exchanges: 2, passedExchanges: 2 }).and.not.have.property('failure');
  });

  it('reports the first difference with its place, and goes on with the next case', async () => {
    await write({
      'A-M-1-21': conversation(create() + created, state('Active'), state('PreActive')),
      'A-M-2-21': conversation(create() + created),
    });
    const [failed, passed] = await run();
    expect(failed?.failure?.reason).to.equal(
      'BatchItem[1]/ResponsePayload/Attributes/State: expected Enumeration Active, got Enumeration PreActive',
    );
    expect(failed?.failure?.line).to.be.greaterThan(1);
    expect(failed?.passedExchanges).to.equal(1);
    expect(passed).to.not.have.property('failure');
  });

  it('lets the server choose its own dates within the run, and no others', async () => {
    const dates = (value: string): string =>
      attributes(['InitialDate'], `<InitialDate type="DateTime" value="${value}"/>`);
    await write({ 'A-M-1-21': conversation(create() + created, dates('2012-04-27T08:12:24+00:00')) });
    expect((await run())[0]).to.not.have.property('failure');

    const activation = '<ActivationDate type="DateTime" value="$NOW-3600"/>';
    const asked = attributes(['ActivationDate'], activation);
    await write({ 'A-M-1-21': conversation(create(activation) + created, asked) });
    expect((await run())[0]).to.not.have.property('failure');
  });

  it('lets a PKCS#12 container be another each time, and no other form of a key', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' });
    const block = (format: string, material: string): string =>
      `<KeyBlock><KeyFormatType type="Enumeration" value="${format}"/><KeyValue>
      <KeyMaterial type="ByteString" value="${material}"/></KeyValue></KeyBlock>`;
    const type = (name: string): string => `<ObjectType type="Enumeration" value="${name}"/>`;
    const password = `<SecretData><SecretDataType type="Enumeration" value="Password"/>${block('Opaque', '61626364')}</SecretData>`;
    const links = `<CryptographicUsageMask type="Integer" value="Sign"/><Link><LinkType type="Enumeration"
      value="PKCS_12PasswordLink"/><LinkedObjectIdentifier type="TextString" value="$UNIQUE_IDENTIFIER_0"/></Link>`;
    const keyId = id.replace('_0', '_1');
    const registering =
      request(
        'Register',
        `${type('SecretData')}<Attributes><ActivationDate type="DateTime" value="2020-01-01T00:00:00+00:00"/></Attributes>${password}`,
      ) + answer('Register', id);
    const registeringKey =
      request(
        'Register',
        `${type('PrivateKey')}<Attributes>${links}</Attributes><PrivateKey>${block('PKCS_8', key.toString('hex'))}</PrivateKey>`,
      ) + answer('Register', keyId);
    const getting = (format: string): string =>
      request('Get', `${keyId}<KeyFormatType type="Enumeration" value="${format}"/>`) +
      answer('Get', `${type('PrivateKey')}${keyId}<PrivateKey>${block(format, '00')}</PrivateKey>`);
    await write({
      'A-M-1-21': conversation(registering, registeringKey, getting('PKCS_12')),
      'A-M-2-21': conversation(registering, registeringKey, getting('PKCS_8')),
    });
    const [packed, plain] = await run();
    expect(packed).to.not.have.property('failure');
    expect(plain?.failure?.difference?.path).to.match(/KeyMaterial/);
  });

  it('runs folder by folder in natural order, and only what was asked for', async () => {
    const text = conversation(create() + created);
    await write({ '1.4/A-M-10-14': text, '1.4/A-M-2-14': text, '1.0/B-M-1-10': text, '1.4/B-O-1-14': text });
    const results = await run();
    expect(results.map(({ file }) => file.name)).to.deep.equal(['B-M-1-10', 'A-M-2-14', 'A-M-10-14', 'B-O-1-14']);
    expect((await run('A-?-*')).map(({ file }) => file.name)).to.deep.equal(['A-M-2-14', 'A-M-10-14']);
    expect(summarize(results)).to.deep.equal([
      { family: 'B', folder: '1.0', passed: 1, failed: 0 },
      { family: 'B', folder: '1.4', passed: 1, failed: 0 },
      { family: 'A', folder: '1.4', passed: 2, failed: 0 },
    ]);
  });

  it('fails a case whose file cannot be read, with the line', async () => {
    await write({ 'A-M-1-21': '<KMIP>\n<RequestMessage>\n<Nonsense/>\n</RequestMessage>\n</KMIP>' });
    const [result] = await run();
    expect(result?.failure?.reason).to.match(/at line \d/);
    expect(resultLine(result as CaseResult)).to.match(/^FAIL A-M-1-21, line 0: /);
  });

  it('lets dates that the server reckons from its clock follow that clock', async () => {
    const session = fixture.session();
    const run = (late: number): Promise<CaseResult[]> =>
      findCases('profiles/cases', 'REKEY-M-3-11').then((files) =>
        runConformance({
          files,
          async open() {
            const end = fixture.clock.now + 1000 * late;
            return inProcess((message) => {
              fixture.clock.now = end;
              return fixture.handler.handle(message, session);
            });
          },
          now: () => fixture.clock.now,
        }),
      );
    for (const late of [0, 1, 30]) expect((await run(late))[0], `${late} s late`).to.not.have.property('failure');
  });

  it('fails a case that the connection does not survive, and opens another for the next', async () => {
    await write({ 'A-M-1-21': conversation(create() + created), 'A-M-2-21': conversation(create() + created) });
    const session = fixture.session();
    let connections = 0;
    const results = await runConformance({
      files: await findCases(root),
      open: async () => {
        const isFirst = connections++ === 0;
        return inProcess((message) =>
          isFirst
            ? Promise.reject(new Error('the server closed the connection'))
            : fixture.handler.handle(message, session),
        );
      },
      now: () => fixture.clock.now,
    });
    expect(results.map(({ failure }) => failure?.reason)).to.deep.equal([
      'the server closed the connection',
      undefined,
    ]);
    expect(connections).to.equal(2);
  });

  it('never prints key material', async () => {
    const got = request('Get', id) + answer('Get', `${symmetricKey}${id}`);
    await write({ 'A-M-1-21': conversation(create() + created, got) });
    expect((await run())[0]?.failure?.reason).to.equal(
      'BatchItem[1]/ResponsePayload/SymmetricKey: expected nothing, got SymmetricKey',
    );
    const shorter = `${symmetricKey}${id}<SymmetricKey><KeyBlock><KeyFormatType type="Enumeration" value="Raw"/>
      <KeyValue><KeyMaterial type="ByteString" value="00"/></KeyValue></KeyBlock></SymmetricKey>`;
    await write({ 'A-M-1-21': conversation(create() + created, request('Get', id) + answer('Get', shorter)) });
    expect((await run())[0]?.failure?.reason).to.equal(
      'BatchItem[1]/ResponsePayload/SymmetricKey/KeyBlock/KeyValue/KeyMaterial: expected ByteString of 1 bytes, got ByteString of 16 bytes',
    );
  });
});
