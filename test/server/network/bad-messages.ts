/** Messages that no client should send, in bytes, and the answers that KMIP 1.4 §11.1 (2.1 §11.46) asks for. */
import { enclose, version } from '#test/protocol/wire';
import { bytes, hex } from '#test/ttlv/wire';

export const reasons = {
  invalidMessage: 4,
  operationNotSupported: 5,
  invalidField: 7,
  featureNotSupported: 8,
  unsupportedVersion: 0x3f,
};

const number = (tag: string, type: '02' | '05', of: number): string =>
  `${tag} ${type} 00000004 ${of.toString(16).padStart(8, '0')} 00000000`;
const string = (tag: string, type: '07' | '08', of: Buffer): string =>
  `${tag} ${type} ${of.length.toString(16).padStart(8, '0')} ${hex(of)} ${'00'.repeat((8 - (of.length % 8)) % 8)}`;

const batchCount = (count: number): string => number('42000d', '02', count);
export const header = (major: number, minor: number, ...more: string[]): string =>
  enclose('420077', version(major, minor), ...more, ...(more.length > 0 ? [] : [batchCount(1)]));
export const message = (...parts: string[]): string => enclose('420078', ...parts);
const item = (operation: number, ...payload: string[]): string =>
  enclose('42000f', number('42005c', '05', operation), enclose('420079', ...payload));
const identifier = (id: string): string => string('420094', '07', Buffer.from(id));

export const [activate, get, destroy, discoverVersions] = [0x12, 0x0a, 0x14, 0x1e];
export const discover = item(discoverVersions);

/** A failure of the whole message, or of the item whose Operation it echoes. */
export interface Failure {
  readonly version: readonly [major: number, minor: number];
  readonly reason: number;
  readonly says: string;
  readonly ofItem?: boolean;
  readonly operation?: number;
}

export function answerWire(
  { version: [major, minor], reason, says, operation }: Failure,
  milliseconds: number,
): string {
  const time = Math.floor(milliseconds / 1000);
  const head = enclose(
    '42007a',
    version(major, minor),
    `420092 09 00000008 ${time.toString(16).padStart(16, '0')}`,
    batchCount(1),
  );
  const failed = enclose(
    '42000f',
    ...(operation === undefined ? [] : [number('42005c', '05', operation)]),
    number('42007f', '05', 1),
    number('42007e', '05', reason),
    string('42007d', '07', Buffer.from(says)),
  );
  return hex(bytes(enclose('42007b', head, failed)));
}

export interface Row {
  readonly name: string;
  readonly sends: string;
  readonly answer: Failure;
  /** The connection ends after the answer. */
  readonly closes?: true;
}

const whole = (major: number, minor: number, says: string, reason = reasons.invalidMessage): Failure => ({
  ...{ version: [major, minor], reason, says },
});
/** A failed item is recorded in the audit trail only; one that cannot even be echoed has no Operation. */
const ofItem = (operation: number | undefined, says: string, reason = reasons.invalidMessage): Failure => ({
  ...{ version: [1, 4], reason, says, ofItem: true, ...(operation === undefined ? {} : { operation }) },
});

/** Structures within structures, `depth` of them. */
const nested = (depth: number): string => (depth === 0 ? '' : enclose('420079', nested(depth - 1)));

export const rows: readonly Row[] = [
  { name: 'an empty structure', sends: enclose('420078'), answer: whole(1, 0, 'Request Message has no header') },
  {
    name: 'a response',
    sends: enclose('42007b', enclose('42007a', version(1, 4), batchCount(1)), discover),
    answer: whole(1, 4, 'expected a Request Message'),
  },
  {
    name: 'a message larger than the bound',
    sends: `420078 01 00010008 ${header(1, 3)}`,
    answer: whole(1, 3, 'message of 65552 bytes is longer than 65536 at offset 4'),
    closes: true,
  },
  {
    name: 'a message larger than the bound whose version is not the first of its header',
    sends: `420078 01 00010008 ${enclose('420077', batchCount(1), version(1, 3))}`,
    answer: whole(1, 3, 'message of 65552 bytes is longer than 65536 at offset 4'),
    closes: true,
  },
  {
    name: 'a message that says it is 4 GiB long',
    sends: `420078 01 fffffff8 ${header(2, 1)}`,
    answer: whole(2, 1, 'message of 4294967296 bytes is longer than 65536 at offset 4'),
    closes: true,
  },
  {
    name: 'a length that no structure can have',
    sends: '420078 01 00000007 00000000000000',
    answer: whole(1, 0, 'length of a structure must be a multiple of 8 at offset 4'),
    closes: true,
  },
  {
    name: 'an Integer where a message should be',
    sends: '420078 02 00000004 00000001 00000000',
    answer: whole(1, 0, 'message must be a structure at offset 3'),
    closes: true,
  },
  {
    name: 'HTTP within TLS',
    sends: hex(Buffer.from('GET /kmip HTTP/1.1\r\nHost: localhost\r\n\r\n')),
    answer: whole(1, 0, 'message must start with a tag of the standard at offset 0'),
    closes: true,
  },
  {
    name: 'structures nested too deep after a header whose version is not its first',
    sends: message(enclose('420077', batchCount(1), version(1, 2)), enclose('42000f', nested(40))),
    answer: whole(1, 2, 'structures are nested deeper than 32 at offset 320'),
  },
  {
    name: 'structures nested too deep',
    sends: message(header(1, 2), enclose('42000f', nested(40))),
    answer: whole(1, 2, 'structures are nested deeper than 32 at offset 320'),
  },
  {
    name: 'an inner length that reaches beyond its structure',
    sends: message(header(1, 4), '42000f 01 00000010 42005c 05 00000004 00000012 00000000').replace(
      '42000f 01 00000010',
      '42000f 01 00000020',
    ),
    answer: whole(1, 4, 'item is longer than the structure that contains it at offset 76'),
  },
  {
    name: 'an inner length that leaves too little for a header',
    sends: message(header(1, 4), '42000f 01 00000008 42005c 05 00000004'),
    answer: whole(1, 4, 'item is longer than the structure that contains it at offset 84'),
  },
  {
    name: 'an Integer of 8 bytes',
    sends: message(enclose('420077', version(1, 4), '42000d 02 00000008 0000000000000001'), discover),
    answer: whole(1, 4, 'length must be 4, not 8 at offset 60'),
  },
  {
    name: 'padding that is not zero',
    sends: message(header(1, 4, '42000d 02 00000004 00000001 000000ff'), discover),
    answer: whole(1, 4, 'padding must be zero at offset 71'),
  },
  {
    name: 'a type that nobody knows',
    sends: message(header(1, 4), '42000f 0c 00000000'),
    answer: whole(1, 4, 'item type is unknown at offset 75'),
  },
  {
    name: 'a tag of no known range',
    sends: message(header(1, 4), '43000f 01 00000000'),
    answer: whole(1, 4, 'tag must start with 42 or 54 at offset 72'),
  },
  {
    name: 'text that is not UTF-8',
    sends: message(header(1, 4), item(get, string('420094', '07', Buffer.from('c328', 'hex')))),
    answer: whole(1, 4, 'text string must be valid UTF-8 at offset 112'),
  },
  {
    name: 'an item that is no Batch Item',
    sends: message(header(1, 4), enclose('42005b')),
    answer: whole(1, 4, 'Request Message must contain only a header and Batch Items'),
  },
  {
    name: 'a header without Protocol Version',
    sends: message(enclose('420077', batchCount(1)), discover),
    answer: whole(1, 0, 'Request Header lacks Protocol Version'),
  },
  {
    name: 'a Protocol Version of a negative number',
    sends: message(
      enclose(
        '420077',
        enclose('420069', number('42006a', '02', 0xffffffff), number('42006b', '02', 4)),
        batchCount(1),
      ),
      discover,
    ),
    answer: whole(1, 0, 'Request Header lacks Protocol Version'),
  },
  {
    name: 'a Protocol Version whose parts could pass for another',
    sends: message(
      enclose('420077', enclose('420069', number('42006a', '02', 0), number('42006b', '02', 0x104)), batchCount(1)),
      discover,
    ),
    answer: whole(1, 0, 'Request Header lacks Protocol Version'),
  },
  {
    name: 'a header of 3.0',
    sends: message(header(3, 0), discover),
    answer: whole(
      2,
      1,
      'Protocol Version 3.0 is not supported: Discover Versions lists those that are',
      reasons.unsupportedVersion,
    ),
  },
  {
    name: 'a header of 9.9',
    sends: message(header(9, 9), discover),
    answer: whole(
      2,
      1,
      'Protocol Version 9.9 is not supported: Discover Versions lists those that are',
      reasons.unsupportedVersion,
    ),
  },
  {
    name: 'a header of 0.9',
    sends: message(header(0, 9), discover),
    answer: whole(1, 0, 'Protocol Version 0.9 is not supported: Discover Versions lists those that are'),
  },
  {
    name: 'a header field twice',
    sends: message(header(1, 4, batchCount(1), batchCount(1)), discover),
    answer: whole(1, 4, 'Request Header has Batch Count more than once'),
  },
  {
    name: 'a header field of another type',
    sends: message(header(1, 4, number('42000d', '05', 1)), discover),
    answer: whole(1, 4, 'Batch Count must be of type Integer, not Enumeration'),
  },
  {
    name: 'a header field that nobody knows',
    sends: message(header(1, 4, batchCount(1), number('540001', '02', 1)), discover),
    answer: whole(1, 4, 'Request Header has no field tag 540001 in this version', reasons.invalidField),
  },
  {
    name: 'a header field that came later than its version',
    sends: message(header(1, 3, string('420105', '07', Buffer.from('c')), batchCount(1)), discover),
    answer: whole(1, 3, 'Request Header has no field Client Correlation Value in this version', reasons.invalidField),
  },
  {
    name: 'a header without Batch Count',
    sends: message(enclose('420077', version(1, 4)), discover),
    answer: whole(1, 4, 'Request Header lacks Batch Count'),
  },
  {
    name: 'a Batch Count above the items',
    sends: message(header(1, 4, batchCount(2)), discover),
    answer: whole(1, 4, 'Batch Count is 2, but the message has 1 items'),
  },
  {
    name: 'a Batch Count below the items, of which none is done',
    sends: message(header(1, 4, batchCount(1)), item(destroy, identifier('KEY')), discover),
    answer: whole(1, 4, 'Batch Count is 1, but the message has 2 items'),
  },
  {
    name: 'a negative Batch Count',
    sends: message(header(1, 4, batchCount(0xffffffff)), discover),
    answer: whole(1, 4, 'Batch Count is -1, but the message has 1 items'),
  },
  {
    name: 'no batch item',
    sends: message(header(1, 4, batchCount(0))),
    answer: whole(1, 4, 'the message must have at least one batch item'),
  },
  {
    name: 'a batch item that is no structure',
    sends: message(header(1, 4), number('42000f', '02', 1)),
    answer: ofItem(undefined, 'Batch Item must be of type Structure, not Integer'),
  },
  {
    name: 'a batch item without Operation',
    sends: message(header(1, 4), enclose('42000f', enclose('420079'))),
    answer: ofItem(undefined, 'Batch Item lacks Operation'),
  },
  {
    name: 'an Operation of another type',
    sends: message(header(1, 4), enclose('42000f', number('42005c', '02', 0x12), enclose('420079'))),
    answer: ofItem(undefined, 'Operation must be an Enumeration'),
  },
  {
    name: 'an operation that nobody knows',
    sends: message(header(1, 4), item(0x7fffffff)),
    answer: ofItem(
      0x7fffffff,
      'the operation is not supported in this protocol version',
      reasons.operationNotSupported,
    ),
  },
  {
    name: 'a batch item without a payload',
    sends: message(header(1, 4), enclose('42000f', number('42005c', '05', activate))),
    answer: ofItem(activate, 'Batch Item lacks Request Payload'),
  },
  {
    name: 'a payload field twice',
    sends: message(header(1, 4), item(activate, identifier('KEY'), identifier('KEY'))),
    answer: ofItem(activate, 'Activate request has Unique Identifier more than once'),
  },
  {
    name: 'a payload field of another type',
    sends: message(header(1, 4), item(get, string('420094', '08', Buffer.from('KEY')))),
    answer: ofItem(get, 'Unique Identifier must be of type Text String, not Byte String'),
  },
  {
    name: 'a payload field that nobody knows',
    sends: message(header(1, 4), item(activate, identifier('KEY'), number('540001', '02', 1))),
    answer: ofItem(activate, 'Activate request has no field tag 540001 in this version', reasons.invalidField),
  },
  {
    name: 'an enumeration value that nobody knows',
    sends: message(header(1, 4), item(get, identifier('KEY'), number('420042', '05', 0x00007777))),
    answer: ofItem(get, 'Key Format Type has no value 00007777', reasons.invalidField),
  },
  {
    name: 'a critical extension that the server does not know',
    sends: message(
      header(1, 4),
      enclose(
        '42000f',
        number('42005c', '05', get),
        enclose('420079', identifier('KEY')),
        enclose(
          '420051',
          string('42009d', '07', Buffer.from('v')),
          '420026 06 00000008 0000000000000001',
          enclose('42009c'),
        ),
      ),
    ),
    answer: ofItem(
      get,
      'the message has a critical extension that this server does not know',
      reasons.featureNotSupported,
    ),
  },
];
