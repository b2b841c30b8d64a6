import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { makePlace, type Place } from './kmipd.ts';

const cases = 'profiles/cases';

describe('kmipd conformance', () => {
  let place: Place;
  beforeEach(() => (place = makePlace()));
  afterEach(() => place.remove());

  it('runs cases against a server of its own, and writes what came of each', async () => {
    const json = place.path('results.json');
    const { status, stdout } = await place.kmipd('conformance', cases, '--only', 'VERSION-*', '--json', json);
    expect(stdout)
      .to.match(/^pass 1\.1\/VERSION-M-1-11 \(3\)$/m)
      .and.match(/^VERSION +1\.1 +2 +0$/m);
    expect(stdout.trim().split('\n').at(-1)).to.equal('2 passed, 0 failed');
    expect(status).to.equal(0);
    const results = JSON.parse(readFileSync(json, 'utf8')) as { case: string; passed: boolean }[];
    expect(results.map((each) => [each.case, each.passed])).to.deep.equal([
      ['VERSION-M-1-11', true],
      ['VERSION-M-2-11', true],
    ]);
  });

  it('runs them against a server that is there already, as a client of it', async () => {
    const server = await place.serve();
    await place.kmipd('client', 'add', 'suite', '--out', place.path('suite'));
    const file = (name: string) => place.path(`suite/${name}`);
    const { status, stdout } = await place.kmipd(
      ...['conformance', cases, '--only', 'STATE-*', '--server', `127.0.0.1:${server.port}`],
      ...['--cert', file('suite.crt'), '--key', file('suite.key'), '--ca', file('ca.crt')],
    );
    expect(stdout).to.include('1 passed, 0 failed');
    expect(status).to.equal(0);
  });

  for (const encoding of ['ttlv', 'xml', 'json']) {
    it(`runs cases over HTTPS in ${encoding}`, async () => {
      const { status, stdout } = await place.kmipd('conformance', cases, '--only', 'STATE-*', '--over-https', encoding);
      expect(stdout).to.include(' passed, 0 failed');
      expect(status).to.equal(0);
    });
  }

  it('ends with status 1 when a case fails, and says where', async () => {
    mkdirSync(place.path('cases'));
    const text = readFileSync(`${cases}/1.1/VERSION-M-1-11.xml`, 'utf8');
    writeFileSync(place.path('cases/VERSION-M-1-11.xml'), text.replace('value="Success"', 'value="OperationFailed"'));
    const { status, stdout, stderr } = await place.kmipd('conformance', place.path('cases'));
    expect(stdout).to.match(
      /^FAIL VERSION-M-1-11, line \d+: BatchItem\[1\]\/ResultStatus: expected Enumeration OperationFailed, got Enumeration Success$/m,
    );
    expect(stderr).to.match(/1 of 1 cases failed/);
    expect(status).to.equal(1);
  });

  it('lets its own server know the user names and passwords of the cases', async () => {
    mkdirSync(place.path('cases'));
    const credential =
      '<Authentication><Credential><CredentialType type="Enumeration" value="UsernameAndPassword"/><CredentialValue>' +
      '<Username type="TextString" value="somebody"/><Password type="TextString" value="a password"/>' +
      '</CredentialValue></Credential></Authentication>';
    const text = readFileSync(`${cases}/1.1/VERSION-M-1-11.xml`, 'utf8');
    const header = /(<RequestHeader>.*?)(<BatchCount)/gs;
    writeFileSync(place.path('cases/VERSION-M-1-11.xml'), text.replace(header, `$1${credential}$2`));
    const { stdout } = await place.kmipd('conformance', place.path('cases'));
    expect(stdout).to.include('1 passed, 0 failed');
  });

  it('says what is missing', async () => {
    const none = await place.kmipd('conformance', cases, '--only', 'NONE-*');
    expect(none.stderr).to.match(/no test case found/);
    const alone = await place.kmipd('conformance', cases, '--server', '127.0.0.1:5696');
    expect(alone.stderr).to.match(/--server needs --cert, --key and --ca/);
    await place.kmipd('client', 'add', 'suite', '--out', place.path('suite'));
    const file = (name: string) => place.path(`suite/${name}`);
    const files = ['--cert', file('suite.crt'), '--key', file('suite.key'), '--ca', file('ca.crt')];
    const nobody = await place.kmipd('conformance', cases, '--server', '127.0.0.1:1', ...files);
    expect(nobody.stderr).to.match(/^kmipd: 127\.0\.0\.1:1: .*ECONNREFUSED.*\nhint: is the server running there/);
    expect([none.status, alone.status, nobody.status]).to.deep.equal([1, 1, 1]);
  });
});
