import { expect } from 'chai';
import type { ResultReason } from '#protocol/kmip-error';
import { readRequest, usernameAndPassword, versionIn } from '#protocol/message';
import {
  supportedVersions,
  V1_0,
  V1_1,
  V1_2,
  V1_3,
  V1_4,
  V2_0,
  V2_1,
  versionText,
  type WireVersion,
} from '#protocol/versions';
import { decode, type Item } from '#ttlv/index';
import { bytes, plain } from '#test/ttlv/wire';
import { refusal } from './refusal.ts';
import {
  enclose,
  version,
  versionWire,
  maximum,
  clientCorrelation,
  serverCorrelation,
  asynchronousFlag,
  asynchronousValue,
  attestationCapable,
  attestationType,
  authentication,
  errorOption,
  orderOption,
  timeStamp,
  count,
  payload,
  plainItem,
} from './wire.ts';

const request = (header: readonly string[], ...items: readonly string[]): Item =>
  decode(bytes(enclose('420078', enclose('420077', ...header), ...items)));

describe('a request', () => {
  it('is read, header and batch items, in every version', () => {
    for (const each of supportedVersions) {
      const { header, batchItems } = readRequest(request([versionWire(each), count], plainItem));
      expect(header).to.deep.equal({ protocolVersion: each, batchCount: 1 });
      expect(batchItems.map(plain)).to.deep.equal([plain(decode(bytes(plainItem)))]);
    }
  });

  it('is read with every field that 1.0 has', () => {
    const { header } = readRequest(
      request(
        [version(1, 0), maximum, asynchronousFlag, authentication, errorOption, orderOption, timeStamp, count],
        plainItem,
      ),
    );
    const { authentication: given, ...rest } = header;
    expect(rest).to.deep.equal({
      protocolVersion: V1_0,
      maximumResponseSize: 8192,
      asynchronousIndicator: 'Optional',
      batchErrorContinuationOption: 'Continue',
      batchOrderOption: true,
      timeStamp: 0x47da67f8,
      batchCount: 1,
    });
    const [credential] = given?.credential ?? [];
    expect(credential?.credentialType).to.equal('UsernameAndPassword');
    expect(usernameAndPassword.read(credential?.credentialValue as Item, V1_0)).to.deep.equal({
      username: 'bob',
      password: 'pw',
    });
  });

  it('is read with fields out of order, the version too', () => {
    const { header } = readRequest(request([count, timeStamp, version(1, 0), maximum], plainItem));
    expect(header).to.deep.equal({
      protocolVersion: V1_0,
      batchCount: 1,
      timeStamp: 0x47da67f8,
      maximumResponseSize: 8192,
    });
  });

  it('may hold no batch item, and a count that disagrees: the batch judges that', () => {
    expect(readRequest(request([version(1, 4), count])).batchItems).to.deep.equal([]);
  });

  /** The fields that came later, and the first version of each. */
  const later: readonly [name: string, wire: string, since: WireVersion][] = [
    ['Client Correlation Value', clientCorrelation, V1_4],
    ['Server Correlation Value', serverCorrelation, V1_4],
    ['Attestation Capable Indicator', attestationCapable, V1_2],
    ['Attestation Type', attestationType, V1_2],
  ];
  for (const [name, wire, since] of later) {
    it(`may have ${name} from ${versionText(since)} on`, () => {
      for (const each of supportedVersions) {
        const read = () => readRequest(request([versionWire(each), wire, count], plainItem));
        if (each >= since) expect(read().header.batchCount).to.equal(1);
        else
          expect(refusal(read)).to.deep.equal(['InvalidField', `Request Header has no field ${name} in this version`]);
      }
    });
  }

  it('has a Boolean for Asynchronous Indicator in 1.x, an Enumeration in 2.x', () => {
    const read = (each: WireVersion, wire: string) =>
      readRequest(request([versionWire(each), wire, count], plainItem)).header.asynchronousIndicator;
    for (const each of [V1_0, V1_1, V1_2, V1_3, V1_4]) {
      expect(read(each, asynchronousFlag)).to.equal('Optional');
      expect(read(each, asynchronousFlag.replace(/1$/, '0'))).to.equal('Prohibited');
      expect(refusal(() => read(each, asynchronousValue))[0]).to.equal('InvalidMessage');
    }
    for (const each of [V2_0, V2_1]) {
      expect(read(each, asynchronousValue)).to.equal('Mandatory');
      expect(refusal(() => read(each, asynchronousFlag))[0]).to.equal('InvalidMessage');
    }
  });

  it('may repeat Attestation Type and Credential, nothing else', () => {
    const twice = readRequest(request([version(1, 2), attestationType, attestationType, count], plainItem));
    expect(twice.header.attestationType).to.deep.equal(['TPMQuote', 'TPMQuote']);
    const credential = authentication.split(' ').slice(3).join(' ');
    const both = readRequest(request([version(1, 4), enclose('42000c', credential, credential), count], plainItem));
    expect(both.header.authentication?.credential?.length).to.equal(2);
    for (const field of [maximum, authentication, orderOption, timeStamp, count]) {
      const [reason, message] = refusal(() => readRequest(request([version(1, 4), field, count, field], plainItem)));
      expect([reason, message.includes('more than once')]).to.deep.equal(['InvalidMessage', true]);
    }
  });

  const refused: readonly [name: string, wire: string, reason: ResultReason, says: RegExp][] = [
    [
      'a response',
      enclose('42007b', enclose('420077', version(1, 4), count)),
      'InvalidMessage',
      /expected a Request Message/,
    ],
    [
      'an item that is no structure',
      '420078 02 00000004 00000001 00000000',
      'InvalidMessage',
      /Request Message must be of type Structure/,
    ],
    ['an empty message', enclose('420078'), 'InvalidMessage', /has no header/],
    ['a message without header', enclose('420078', plainItem), 'InvalidMessage', /has no header/],
    [
      'a header after the batch',
      enclose('420078', plainItem, enclose('420077', version(1, 4), count)),
      'InvalidMessage',
      /has no header/,
    ],
    [
      'two headers',
      enclose('420078', ...Array<string>(2).fill(enclose('420077', version(1, 4), count))),
      'InvalidMessage',
      /only a header and Batch Items/,
    ],
    [
      'something between the batch items',
      enclose('420078', enclose('420077', version(1, 4), count), plainItem, payload),
      'InvalidMessage',
      /must contain only/,
    ],
    [
      'a header that is no structure',
      enclose('420078', '420077 02 00000004 00000001 00000000'),
      'InvalidMessage',
      /Protocol Version/,
    ],
    ['an empty header', enclose('420078', enclose('420077')), 'InvalidMessage', /lacks Protocol Version/],
    [
      'a header of other fields',
      enclose('420078', enclose('420077', count, timeStamp)),
      'InvalidMessage',
      /lacks Protocol Version/,
    ],
    [
      'a header without Batch Count',
      enclose('420078', enclose('420077', version(1, 4))),
      'InvalidMessage',
      /^Request Header lacks Batch Count$/,
    ],
    [
      'a header with the version twice',
      enclose('420078', enclose('420077', version(1, 4), version(1, 4), count)),
      'InvalidMessage',
      /more than once/,
    ],
    [
      'a header with an extension',
      enclose('420078', enclose('420077', version(1, 4), '540001 07 00000000', count)),
      'InvalidField',
      /tag 540001/,
    ],
    [
      'a credential without value',
      enclose(
        '420078',
        enclose(
          '420077',
          version(1, 4),
          enclose('42000c', enclose('420023', '420024 05 00000004 00000001 00000000')),
          count,
        ),
      ),
      'InvalidMessage',
      /lacks Credential Value/,
    ],
    [
      'a credential of a later version',
      enclose(
        '420078',
        enclose(
          '420077',
          version(1, 0),
          enclose('42000c', enclose('420023', '420024 05 00000004 00000002 00000000', enclose('420025'))),
          count,
        ),
      ),
      'InvalidField',
      /Credential Type/,
    ],
  ];
  for (const [name, wire, reason, says] of refused) {
    it(`is refused when it is ${name}`, () => {
      const [given, message] = refusal(() => readRequest(decode(bytes(wire))));
      expect(given).to.equal(reason);
      expect(message).to.match(says);
    });
  }

  for (const [major, minor] of [
    [0, 0],
    [0, 9],
    [1, 5],
    [1, 255],
    [2, 2],
    [3, 0],
    [9, 9],
    [255, 255],
  ] as const) {
    it(`is refused in version ${major}.${minor}, whatever else it holds`, () => {
      const item = request([version(major, minor), '540001 07 00000000', count], plainItem);
      expect(refusal(() => readRequest(item))[0]).to.equal('UnsupportedProtocolVersion');
      expect(versionIn(item)).to.equal(major * 256 + minor);
    });
  }
});

describe('the version of a message', () => {
  it('is found when nothing else can be read', () => {
    expect(
      versionIn(decode(bytes(enclose('42007b', enclose('42007a', version(2, 1), '540001 07 00000000'))))),
    ).to.equal(V2_1);
  });

  const garbage: readonly [name: string, wire: string][] = [
    ['a number', '420078 02 00000004 00000001 00000000'],
    ['an empty message', enclose('420078')],
    ['a header that is a number', enclose('420078', '420077 02 00000004 00000001 00000000')],
    ['an empty header', enclose('420078', enclose('420077'))],
    ['a header of other fields', enclose('420078', enclose('420077', count, timeStamp))],
    ['a version that is a number', enclose('420078', enclose('420077', '420069 02 00000004 00000001 00000000'))],
    ['an empty version', enclose('420078', enclose('420077', enclose('420069')))],
    [
      'a version of texts',
      enclose('420078', enclose('420077', enclose('420069', '42006a 07 00000001 31 00000000000000'))),
    ],
    [
      'a version with a third part',
      enclose('420078', enclose('420077', version(1, 0).replace('00000020', '00000030') + count)),
    ],
    ['a version below zero', enclose('420078', enclose('420077', version(1, 0).replace('00000001', 'ffffffff')))],
    ['a version beyond one byte', enclose('420078', enclose('420077', version(1, 0).replace('00000001', '00000100')))],
  ];
  for (const [name, wire] of garbage) {
    it(`is unknown in ${name}`, () => {
      expect(versionIn(decode(bytes(wire)))).to.equal(undefined);
    });
  }
});
