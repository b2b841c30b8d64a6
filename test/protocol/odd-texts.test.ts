/** What XML and JSON can say and TTLV cannot: it is refused where it is read, whatever item it stands in. */
import { Agent } from 'node:https';
import { expect } from 'chai';
import { toTtlv } from '#protocol/carried-texts';
import { encodings } from '#protocol/encodings';
import { enumerationHas, enumerationNumber } from '#protocol/enumerations';
import { Tag, tags, type TagName } from '#protocol/tags';
import { V2_1 } from '#protocol/versions';
import { RequestScope } from '#server/run/request-scope';
import { serverSession } from '#test/fixtures/handler';
import { openTlsPlace, type Holder, type TlsPlace } from '#test/server/network/tls-place';
import { contentTypes, encodings as readers, exchange, post, query } from '#test/server/network/https-requests';
import { enumerated, request, value, item } from '#test/fixtures/items';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { TtlvError, itemTypeName, ItemType } from '#ttlv/item';

/** Of any type. */
const odd: readonly string[] = [
  ...[
    '',
    ' ',
    '0x',
    '0X',
    '0xZZ',
    '0x1.5',
    '0x1e3',
    '0x100000000',
    '0x10000000000000000',
    '-0x1',
    '+0x1',
    '0x-1',
    '0x 1',
  ],
  ...[
    '0x8000000',
    '0x800000001',
    '0x8000000g',
    '0xffffffff.0',
    '#1',
    '1',
    '+1',
    '-1',
    ' 1',
    '1 ',
    '1e3',
    '1.5',
    '01',
    '.5',
    '5.',
  ],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '1n',
    '1_000',
    '2147483648',
    '4294967296',
    '9223372036854775808',
    '-9223372036854775809',
  ],
  ...[
    '\u0661',
    '\uff11',
    '\u{1d7ce}',
    'e\u0301',
    '\u202e1',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
  ],
  ...[
    'AES',
    'Aes',
    'aes',
    'SymmetricKey',
    'Encrypt',
    'Encrypt|',
    '|Encrypt',
    'Encrypt Encrypt',
    'Encrypt|0x',
    'true',
    'TRUE',
    'null',
    'undefined',
  ],
  ...[
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '999999-01-01T00:00:00Z',
    '275760-09-13T00:00:01Z',
    '2026-01-01T24:00:00Z',
    '0000-00-00T00:00:00Z',
  ],
  ...[
    '0',
    'f',
    'abc',
    '0xab',
    'ab cd',
    'zz',
    '9'.repeat(5000),
    '0x'.padEnd(5000, 'f'),
    'A'.repeat(100_000),
    'Encrypt '.repeat(5000),
  ],
];
/** Only JSON can hold these. */
const oddJson: readonly string[] = [
  '1e3',
  '1.5',
  '-0',
  '1e400',
  '-1',
  '4294967296',
  '9007199254740993',
  'null',
  'true',
  '[]',
  '{}',
  '"\\ud800"',
  '"\\u0000"',
];

/** Places whose texts mean something each, and one that means nothing. */
const places: readonly TagName[] = [
  ...([
    'ObjectType',
    'CryptographicUsageMask',
    'AttributeReference',
    'Tag',
    'PKCS_11Function',
    'ExtensionType',
  ] as const),
  ...(['LinkedObjectIdentifier', 'UniqueIdentifier', 'TimeStamp', 'Comment'] as const),
];
const types = Object.values(ItemType).map(itemTypeName);

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const xmlOf = (tag: string, type: string, text: string): string => `<${tag} type="${type}" value="${escaped(text)}"/>`;
const jsonOf = (tag: string, type: string, value: string): string =>
  `{"tag":${JSON.stringify(tag)},"type":${JSON.stringify(type)},"value":${value}}`;

/** Whether the body is taken; then it is TTLV that reads back. */
function isTaken(name: 'xml' | 'json', body: string): boolean {
  try {
    const ttlv = toTtlv(encodings[name], Buffer.from(body));
    decode(ttlv, { maximumBytes: ttlv.length });
    return true;
  } catch (error) {
    expect(error, `${name} ${body.slice(0, 200)}`).to.be.instanceOf(TtlvError);
    expect((error as Error).message).to.match(/ at (?:line|item|offset) \d+$/);
    return false;
  }
}

describe('odd texts', () => {
  it('are read as what TTLV can say, or refused, in every place and type', async () => {
    let taken = 0;
    let refused = 0;
    const count = (is: boolean): unknown => (is ? taken++ : refused++);
    for (const tag of places) {
      for (const type of types) {
        for (const text of odd) {
          count(isTaken('xml', xmlOf(tag, type, text)));
          count(isTaken('json', jsonOf(tag, type, JSON.stringify(text))));
        }
        for (const text of oddJson) count(isTaken('json', jsonOf(tag, type, text)));
      }
    }
    expect(taken).to.be.above(1000);
    expect(refused).to.be.above(10_000);
  });

  it('are no tags, types, attributes or properties', async () => {
    for (const text of odd.filter((each) => !Object.hasOwn(tags, each))) {
      expect(isTaken('xml', `<TTLV tag="${escaped(text)}" type="Integer" value="1"/>`), text).to.equal(false);
      expect(isTaken('xml', xmlOf('Comment', text, '1')), text).to.equal(false);
      expect(isTaken('json', jsonOf(text, 'Integer', '1')), text).to.equal(false);
      expect(isTaken('json', jsonOf('Comment', text, '1')), text).to.equal(false);
      expect(isTaken('json', `{"tag":"Comment",${JSON.stringify(text)}:1}`), text).to.equal(false);
    }
  });

  it('are no numbers of enumerations, but for the eight digits of a vendor', () => {
    for (const text of [
      '0xZZ',
      '0x',
      '0x1.5',
      '0x100000000',
      '0x1',
      '0x00000001',
      '0x7fffffff',
      '0x8000000',
      '0x800000000',
      '0x8000000 ',
    ]) {
      expect(enumerationNumber('ObjectType', text), text).to.equal(undefined);
      expect(enumerationHas('ObjectType', text, V2_1), text).to.equal(false);
    }
    expect(enumerationNumber('ObjectType', '0x80000001')).to.equal(0x80000001);
    expect(enumerationHas('ObjectType', '0xffffffff', V2_1)).to.equal(true);
  });

  it('cannot be said twice in one item', async () => {
    expect(isTaken('xml', '<Comment type="TextString" value="a" value="b"/>')).to.equal(false);
    expect(isTaken('xml', '<TTLV tag="Comment" tag="Name" type="TextString" value="b"/>')).to.equal(false);
    expect(isTaken('xml', '<Comment type="TextString" value="a" xmlns="" xmlns=""/>')).to.equal(false);
    for (const again of [
      '"tag":"Name"',
      '"type":"TextString"',
      '"value":"b"',
      '"\\u0076alue":"b"',
      '"name":"a","name":"b"',
    ]) {
      expect(isTaken('json', `{"tag":"Comment","type":"TextString","value":"a",${again}}`), again).to.equal(false);
    }
    const whole = '{"tag":"Comment","type":"TextString","value":"a","name":"Comment"}';
    expect(isTaken('json', whole)).to.equal(true);
    expect(isTaken('json', `{"tag":"Attribute","value":[${whole},{"tag":"Comment","tag":"Name"}]}`)).to.equal(false);
  });

  it('do not make the names of values dear: each looks at what can stand before it alone', async () => {
    const values = Array.from(
      { length: 19_000 },
      () => '{"tag":"AttributeValue","type":"Enumeration","value":"0x00000001"}',
    );
    const body = `{"tag":"Attribute","value":[${values.join()}]}`;
    const apart = body.replaceAll('AttributeValue', 'ObjectType');
    const times = { together: Infinity, apart: Infinity };
    for (let run = 0; run < 5; run++) {
      for (const [which, text] of [
        ['together', body],
        ['apart', apart],
      ] as const) {
        const start = performance.now();
        expect(isTaken('json', text)).to.equal(true);
        times[which] = Math.min(times[which], performance.now() - start);
      }
    }
    expect(times.together).to.be.below(times.apart * 2.5);
  });
});

describe('odd texts sent to the server', () => {
  let place: TlsPlace;
  let array: Holder;
  const records: string[] = [];
  before(async () => {
    place = await openTlsPlace({
      https: true,
      services: (services) => ({
        ...services,
        audit: {
          ...{ chain: services.audit.chain, healthy: true, close: () => services.audit.close() },
          pending: (entry) => services.audit.pending(entry),
          append(...entry) {
            records.push(entry[0].reason ?? entry[0].status ?? 'nothing');
            return services.audit.append(...entry);
          },
        },
      }),
    });
    array = await place.add('array');
  });
  after(() => place.close());

  const requests = {
    'text/xml': (tag: string, type: string, text: string) =>
      '<RequestMessage><RequestHeader><ProtocolVersion><ProtocolVersionMajor type="Integer" value="2"/>' +
      '<ProtocolVersionMinor type="Integer" value="1"/></ProtocolVersion><BatchCount type="Integer" value="1"/></RequestHeader>' +
      `<BatchItem><Operation type="Enumeration" value="Create"/><RequestPayload>${xmlOf(tag, type, text)}</RequestPayload></BatchItem></RequestMessage>`,
    'application/json': (tag: string, type: string, text: string) =>
      '{"tag":"RequestMessage","value":[{"tag":"RequestHeader","value":[{"tag":"ProtocolVersion","value":[{"tag":"ProtocolVersionMajor","type":"Integer","value":2},' +
      '{"tag":"ProtocolVersionMinor","type":"Integer","value":1}]},{"tag":"BatchCount","type":"Integer","value":1}]},' +
      `{"tag":"BatchItem","value":[{"tag":"Operation","type":"Enumeration","value":"Create"},{"tag":"RequestPayload","value":[${jsonOf(tag, type, JSON.stringify(text))}]}]}]}`,
  };
  const refused = ['0xZZ', '0x', '0x1.5', '0x100000000', '-0x1', 'NaN', '__proto__', 'constructor', ''];

  for (const [type, requestWith] of Object.entries(requests)) {
    it(`get an answer and one audit record each in ${type}`, async () => {
      for (const tag of ['ObjectType', 'CryptographicAlgorithm', 'AttributeReference', 'KeyFormatType']) {
        for (const text of refused) {
          // A new window: of many in one window the later ones are counted.
          place.server.state.countedEntries.close();
          records.length = 0;
          const body = Buffer.from(requestWith(tag, 'Enumeration', text));
          const { status, body: said } = await post(place, array, body, { headers: { 'content-type': type } });
          expect(status, said.toString()).to.equal(200);
          const answer = readers[type as 'text/xml'].read(said);
          expect(value(answer, 'ResponseHeader', 'ProtocolVersion', 'ProtocolVersionMinor')).to.equal(1);
          expect(value(answer, 'BatchItem', 'ResultReason'), text).to.equal(4);
          expect(records, text).to.deep.equal(['InvalidMessage']);
        }
      }
    });
  }

  it('are answered in the same encoding when something fails that must not', async () => {
    for (const type of ['text/xml', 'application/json'] as const) {
      const { session } = serverSession({ connection: 1, clientId: 'array', fingerprint: '00' });
      const scope = new RequestScope(session);
      const answer = await place.server.core.refuse(new Error('a fault of ours'), V2_1, scope);
      const body = encodings[type === 'text/xml' ? 'xml' : 'json'].write(answer);
      const read = readers[type].read(Buffer.from(body));
      expect(value(read, 'BatchItem', 'ResultReason')).to.equal(0x100);
      expect(records.at(-1)).to.equal('GeneralFailure');
      expect(read.tag).to.equal(Tag.ResponseMessage);
    }
    expect(place.said()).to.contain('a fault of ours');
  });
});

describe('an answer that cannot be encoded', () => {
  it('is a General Failure in every encoding, with its record, and the connection goes on', async () => {
    // Half a surrogate pair is no text: the fault is in what the server has to say of itself.
    const facts = { vendorIdentification: 'half \ud800', productVersion: '0', interop: false };
    const place = await openTlsPlace({ https: true, services: (services) => ({ ...services, facts }) });
    const array = await place.add('array');
    const asked = request('1.4', [item('Query', [enumerated('QueryFunction', 'QueryServerInformation')])]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const type of contentTypes) {
      const answer = await exchange(place, array, type, asked, { agent });
      expect(value(answer, 'BatchItem', 'ResultReason'), type).to.equal(0x100);
      expect(value(await exchange(place, array, type, query('1.4'), { agent }), 'BatchItem', 'ResultStatus')).to.equal(
        0,
      );
    }
    const peer = await place.dial(array);
    for (const [sent, status] of [
      [asked, 1],
      [query('1.4'), 0],
    ] as const) {
      peer.socket.write(encode(sent));
      const answer = decode((await peer.next()) as Buffer);
      expect(value(answer, 'BatchItem', 'ResultStatus')).to.equal(status);
    }
    expect(place.said()).to.contain('failed unexpectedly');
    agent.destroy();
    await place.close();
  });
});
