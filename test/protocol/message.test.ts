import { expect } from 'chai';
import type { ResultReason } from '#protocol/kmip-error';
import {
  echoOf,
  messageExtension,
  operationName,
  readBatchItem,
  readRequest,
  readResponse,
  writeRequest,
  writeResponse,
  type ResponseMessage,
} from '#protocol/message';
import { Tag } from '#protocol/tags';
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
import { decode, encode, ItemType, type Item } from '#ttlv/index';
import { bytes, hex } from '#test/ttlv/wire';
import { refusal } from './refusal.ts';
import {
  enclose,
  version,
  versionWire,
  clientCorrelation,
  serverCorrelation,
  attestationType,
  timeStamp,
  count,
  activate,
  ephemeral,
  batchId,
  payload,
  extension,
  plainItem,
} from './wire.ts';

const request = (header: readonly string[], ...items: readonly string[]): Item =>
  decode(bytes(enclose('420078', enclose('420077', ...header), ...items)));

describe('a batch item', () => {
  const read = (each: WireVersion, ...fields: string[]) =>
    readBatchItem(decode(bytes(enclose('42000f', ...fields))), each);

  it('is read with its payload untouched', () => {
    const item = read(V1_0, activate, batchId, payload, extension);
    expect(operationName(item.operation)).to.equal('Activate');
    expect(hex(item.uniqueBatchItemID ?? new Uint8Array())).to.equal('0a0b');
    expect(hex(encode(item.requestPayload))).to.equal(hex(bytes(payload)));
    expect(
      item.messageExtension?.map(({ vendorIdentification, criticalityIndicator }) => [
        vendorIdentification,
        criticalityIndicator,
      ]),
    ).to.deep.equal([['v', false]]);
  });

  it('keeps the number of an operation that nobody knows', () => {
    expect(read(V1_0, activate.replace('00000012', '7fffffff'), payload).operation).to.equal(0x7fffffff);
    expect(operationName(0x7fffffff)).to.equal(undefined);
    expect(operationName(0x80000001)).to.equal('0x80000001');
    expect(operationName(0x12)).to.equal('Activate');
  });

  it('may be Ephemeral from 2.0 on', () => {
    expect(read(V2_0, activate, ephemeral, payload).ephemeral).to.equal(true);
    expect(refusal(() => read(V1_4, activate, ephemeral, payload))[0]).to.equal('InvalidField');
  });

  const refused: readonly [name: string, fields: string[], reason: ResultReason, says: RegExp][] = [
    ['it has no operation', [payload], 'InvalidMessage', /lacks Operation/],
    ['it has no payload', [activate], 'InvalidMessage', /lacks Request Payload/],
    ['it has two payloads', [activate, payload, payload], 'InvalidMessage', /more than once/],
    ['its operation is a number', [activate.replace(' 05 ', ' 02 '), payload], 'InvalidMessage', /Operation/],
    [
      'its payload is a text',
      [activate, '420079 07 00000000'],
      'InvalidMessage',
      /Request Payload must be of type Structure/,
    ],
    [
      'its identifier is a text',
      [activate, batchId.replace(' 08 ', ' 07 '), payload],
      'InvalidMessage',
      /Unique Batch Item ID/,
    ],
    [
      'it has a field of answers',
      [activate, payload, '42007f 05 00000004 00000000 00000000'],
      'InvalidField',
      /Result Status/,
    ],
    [
      'an extension lacks its Criticality Indicator',
      [activate, payload, enclose('420051', '42009d 07 00000000', enclose('42009c'))],
      'InvalidMessage',
      /^Message Extension lacks Criticality Indicator$/,
    ],
    [
      'an extension holds no structure',
      [
        activate,
        payload,
        enclose('420051', '42009d 07 00000000', '420026 06 00000008 0000000000000000', '42009c 07 00000000'),
      ],
      'InvalidMessage',
      /Vendor Extension must be of type Structure/,
    ],
  ];
  for (const [name, fields, reason, says] of refused) {
    it(`is refused when ${name}`, () => {
      const [given, message] = refusal(() => read(V2_1, ...fields));
      expect(given).to.equal(reason);
      expect(message).to.match(says);
    });
  }

  it('is echoed as far as it can be read', () => {
    const echo = (wire: string) => echoOf(decode(bytes(wire)));
    expect(echo(enclose('42000f', activate, batchId))).to.deep.equal({
      operation: 0x12,
      uniqueBatchItemID: Buffer.from('0a0b', 'hex'),
    });
    const nothing = { operation: undefined, uniqueBatchItemID: undefined };
    expect(echo(enclose('42000f', '540001 07 00000000', batchId))).to.deep.equal({
      ...nothing,
      uniqueBatchItemID: Buffer.from('0a0b', 'hex'),
    });
    expect(echo(enclose('42000f', activate.replace(' 05 ', ' 02 '), batchId.replace(' 08 ', ' 07 ')))).to.deep.equal(
      nothing,
    );
    expect(echo('42000f 02 00000004 00000001 00000000')).to.deep.equal(nothing);
  });

  it('keeps the structure of an extension as it came', () => {
    const item = decode(bytes(extension));
    expect(hex(encode(messageExtension.write(Tag.MessageExtension, messageExtension.read(item, V1_0), V1_0)))).to.equal(
      hex(bytes(extension)),
    );
  });
});

describe('an answer', () => {
  const answer = (protocolVersion: WireVersion): ResponseMessage => ({
    header: {
      protocolVersion,
      timeStamp: 0x47da67f8,
      clientCorrelationValue: 'c',
      serverCorrelationValue: 's',
      attestationType: ['TPMQuote'],
      nonce: { nonceID: Buffer.from('01', 'hex'), nonceValue: Buffer.from('02', 'hex') },
      serverHashedPassword: Buffer.from('03', 'hex'),
      batchCount: 2,
    },
    batchItems: [
      {
        responsePayload: { tag: Tag.ResponsePayload, type: ItemType.Structure, value: [] },
        resultStatus: 'Success',
        uniqueBatchItemID: Buffer.from('0a0b', 'hex'),
        operation: 0x12,
      },
      { resultMessage: 'no', resultReason: 'ItemNotFound', resultStatus: 'OperationFailed' },
    ],
  });

  const nonce = enclose('4200c8', '4200c9 08 00000001 01 00000000000000', '4200ca 08 00000001 02 00000000000000');
  const hashedPassword = '420155 08 00000001 03 00000000000000';
  const two = count.replace('00000001', '00000002');
  const items = [
    enclose('42000f', activate, batchId, '42007f 05 00000004 00000000 00000000', enclose('42007c')),
    enclose(
      '42000f',
      '42007f 05 00000004 00000001 00000000',
      '42007e 05 00000004 00000001 00000000',
      '42007d 07 00000002 6e6f 000000000000',
    ),
  ];
  const headers: readonly [of: WireVersion, fields: readonly string[]][] = [
    [V1_0, [timeStamp, two]],
    [V1_1, [timeStamp, two]],
    [V1_2, [timeStamp, nonce, attestationType, two]],
    [V1_3, [timeStamp, nonce, attestationType, two]],
    [V1_4, [timeStamp, nonce, attestationType, clientCorrelation, serverCorrelation, two]],
    [V2_0, [timeStamp, nonce, hashedPassword, attestationType, clientCorrelation, serverCorrelation, two]],
    [V2_1, [timeStamp, nonce, hashedPassword, attestationType, clientCorrelation, serverCorrelation, two]],
  ];
  for (const [each, fields] of headers) {
    it(`is written in ${versionText(each)} with its fields only, in the order of the table`, () => {
      const wire = enclose('42007b', enclose('42007a', versionWire(each), ...fields), ...items);
      expect(hex(encode(writeResponse(answer(each))))).to.equal(hex(bytes(wire)));
    });
  }

  it('is read as it was written', () => {
    expect(readResponse(decode(encode(writeResponse(answer(V2_1)))))).to.deep.equal(answer(V2_1));
  });

  it('never holds a reason that its version lacks', () => {
    const message: ResponseMessage = {
      header: { protocolVersion: V1_4, timeStamp: 0, batchCount: 1 },
      batchItems: [{ resultStatus: 'OperationFailed', resultReason: 'ObjectNotFound' }],
    };
    expect(() => writeResponse(message)).to.throw('ObjectNotFound in this version');
  });

  it('is refused by a client when it is a request, or names no version', () => {
    expect(refusal(() => readResponse(request([version(1, 4), count], plainItem)))[0]).to.equal('InvalidMessage');
    expect(refusal(() => readResponse(decode(bytes(enclose('42007b', enclose('42007a', timeStamp))))))[0]).to.equal(
      'InvalidMessage',
    );
  });
});

describe('a request that a client writes', () => {
  it('is what the server reads, in every version', () => {
    for (const each of supportedVersions) {
      const header = {
        protocolVersion: each,
        maximumResponseSize: 8192,
        asynchronousIndicator: 'Prohibited',
        batchCount: 1,
      } as const;
      const payloadItem = decode(bytes(payload));
      const item = decode(encode(writeRequest(header, [{ operation: 0x12, requestPayload: payloadItem }])));
      const read = readRequest(item);
      expect(read.header).to.deep.equal(header);
      expect(read.batchItems.map((raw) => readBatchItem(raw, each))).to.deep.equal([
        { operation: 0x12, requestPayload: payloadItem },
      ]);
    }
  });
});
