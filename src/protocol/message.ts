/**
 * The envelope: Request and Response Message, headers and batch items (KMIP 2.1 chapters 8 and 9; 1.4 chapters 6 and
 * 7). Payloads stay raw Items here; each operation's field tables read them.
 */
import { decode } from '#ttlv/decode';
import { ItemType, type Item, type StructureItem } from '#ttlv/item';
import { atMost } from './bounds.ts';
import { anyItem, anyStructure, boolean, bytes, dateTime, enumeration, integer, text, type Codec } from './codecs.ts';
import { enumerationValue, type OpenValue } from './enumerations.ts';
import { childrenOf, fieldsOf, many, optional, required, structure, type Shape } from './fields.ts';
import { KmipError } from './kmip-error.ts';
import { nonce, protocolVersion } from './structures.ts';
import { Tag } from './tags.ts';
import {
  newestVersion,
  rulesOf,
  supportedVersions,
  V1_2,
  V1_4,
  V2_0,
  versionText,
  type Version,
  type WireVersion,
} from './versions.ts';

/** Boolean in 1.x, Enumeration in 2.x. */
const asynchronousIndicator: Codec<OpenValue<'AsynchronousIndicator'>> = {
  read(item, version) {
    if (rulesOf(version).asynchronousIndicatorIsEnumeration) return asynchronous.read(item, version);
    return boolean.read(item, version) ? 'Optional' : 'Prohibited';
  },
  write: (tag, value, version) =>
    rulesOf(version).asynchronousIndicatorIsEnumeration
      ? asynchronous.write(tag, value, version)
      : boolean.write(tag, value !== 'Prohibited', version),
};
const asynchronous = enumeration('AsynchronousIndicator');

/** KMIP 2.1 §9.11 (1.4 §2.1.2). What the value is depends on the type. */
export const credential = structure('Credential', {
  credentialType: required(Tag.CredentialType, enumeration('CredentialType')),
  credentialValue: required(Tag.CredentialValue, anyItem),
});
export type Credential = ReturnType<typeof credential.read>;

/** KMIP 2.1 §9.11: the value of a Username and Password credential. */
export const usernameAndPassword = structure('Credential Value', {
  username: required(Tag.Username, text),
  password: optional(Tag.Password, text),
});

const authentication = structure('Authentication', { credential: many(Tag.Credential, credential, atMost(16)) });

export const messageExtension = structure('Message Extension', {
  vendorIdentification: required(Tag.VendorIdentification, text),
  criticalityIndicator: required(Tag.CriticalityIndicator, boolean),
  vendorExtension: required(Tag.VendorExtension, anyStructure),
});

const requestHeader = {
  protocolVersion: required(Tag.ProtocolVersion, protocolVersion),
  maximumResponseSize: optional(Tag.MaximumResponseSize, integer),
  clientCorrelationValue: optional(Tag.ClientCorrelationValue, text, { since: V1_4 }),
  serverCorrelationValue: optional(Tag.ServerCorrelationValue, text, { since: V1_4 }),
  asynchronousIndicator: optional(Tag.AsynchronousIndicator, asynchronousIndicator),
  attestationCapableIndicator: optional(Tag.AttestationCapableIndicator, boolean, { since: V1_2 }),
  attestationType: many(Tag.AttestationType, enumeration('AttestationType'), atMost(16), { since: V1_2 }),
  authentication: optional(Tag.Authentication, authentication),
  batchErrorContinuationOption: optional(Tag.BatchErrorContinuationOption, enumeration('BatchErrorContinuationOption')),
  batchOrderOption: optional(Tag.BatchOrderOption, boolean),
  timeStamp: optional(Tag.TimeStamp, dateTime),
  batchCount: required(Tag.BatchCount, integer),
};
const requestHeaderFields = fieldsOf(requestHeader, 'Request Header');
export type RequestHeader = Shape<typeof requestHeader>;

/** The operation is read as a number, so that an unknown one can be echoed. */
const operationNumber: Codec<number> = {
  read(item) {
    if (item.type !== ItemType.Enumeration) throw new KmipError('InvalidMessage', 'Operation must be an Enumeration');
    return item.value;
  },
  write: (tag, value) => ({ tag, type: ItemType.Enumeration, value }),
};

const requestBatchItem = {
  operation: required(Tag.Operation, operationNumber),
  ephemeral: optional(Tag.Ephemeral, boolean, { since: V2_0 }),
  uniqueBatchItemID: optional(Tag.UniqueBatchItemID, bytes),
  requestPayload: required(Tag.RequestPayload, anyStructure),
  messageExtension: many(Tag.MessageExtension, messageExtension, atMost(16)),
};
const requestBatchItemFields = fieldsOf(requestBatchItem, 'Batch Item');
export type RequestBatchItem = Shape<typeof requestBatchItem>;

export interface RequestMessage {
  readonly header: RequestHeader;
  /** Not yet read, so that an invalid one fails alone. */
  readonly batchItems: readonly Item[];
}

const responseHeader = {
  protocolVersion: required(Tag.ProtocolVersion, protocolVersion),
  timeStamp: required(Tag.TimeStamp, dateTime),
  nonce: optional(Tag.Nonce, nonce, { since: V1_2 }),
  serverHashedPassword: optional(Tag.ServerHashedPassword, bytes, { since: V2_0 }),
  attestationType: many(Tag.AttestationType, enumeration('AttestationType'), atMost(16), { since: V1_2 }),
  clientCorrelationValue: optional(Tag.ClientCorrelationValue, text, { since: V1_4 }),
  serverCorrelationValue: optional(Tag.ServerCorrelationValue, text, { since: V1_4 }),
  batchCount: required(Tag.BatchCount, integer),
};
const responseHeaderFields = fieldsOf(responseHeader, 'Response Header');
export type ResponseHeader = Shape<typeof responseHeader>;

const responseBatchItem = {
  operation: optional(Tag.Operation, operationNumber),
  uniqueBatchItemID: optional(Tag.UniqueBatchItemID, bytes),
  resultStatus: required(Tag.ResultStatus, enumeration('ResultStatus')),
  resultReason: optional(Tag.ResultReason, enumeration('ResultReason')),
  resultMessage: optional(Tag.ResultMessage, text),
  asynchronousCorrelationValue: optional(Tag.AsynchronousCorrelationValue, bytes),
  responsePayload: optional(Tag.ResponsePayload, anyStructure),
  messageExtension: many(Tag.MessageExtension, messageExtension, atMost(16)),
};
const responseBatchItemFields = fieldsOf(responseBatchItem, 'Batch Item');
export type ResponseBatchItem = Shape<typeof responseBatchItem>;

export interface ResponseMessage {
  readonly header: ResponseHeader;
  readonly batchItems: readonly ResponseBatchItem[];
}

function messageParts(item: Item, tag: number, headerTag: number, what: string): { header: Item; batchItems: Item[] } {
  if (item.tag !== tag) throw new KmipError('InvalidMessage', `expected a ${what}`);
  const [header, ...batchItems] = childrenOf(item);
  if (header === undefined || header.tag !== headerTag) throw new KmipError('InvalidMessage', `${what} has no header`);
  for (const each of batchItems) {
    if (each.tag !== Tag.BatchItem)
      throw new KmipError('InvalidMessage', `${what} must contain only a header and Batch Items`);
  }
  return { header, batchItems };
}

/** The version that a message's header names, as far as it can be read: the answer to an invalid message uses it. */
export function versionIn(item: Item): WireVersion | undefined {
  const header = item.type === ItemType.Structure ? item.value[0] : undefined;
  const fields = header?.type === ItemType.Structure ? header.value : [];
  const version = fields.find(({ tag }) => tag === Tag.ProtocolVersion);
  if (version === undefined) return undefined;
  try {
    return protocolVersion.read(version, newestVersion);
  } catch {
    return undefined;
  }
}

/** How Protocol Version begins: a structure of two integers. */
const versionHeading = Buffer.from('4200690100000020', 'hex');
const versionLength = 40;

/** How many bytes of a message are searched for it: the header comes first. */
const searched = 512;

/** The same for a message that cannot be decoded, or of which only the beginning is known. */
export function versionAtStart(encoded: Uint8Array): WireVersion | undefined {
  const beginning = Buffer.from(encoded.buffer, encoded.byteOffset, Math.min(encoded.length, searched));
  const start = beginning.indexOf(versionHeading);
  if (start < 0) return undefined;
  try {
    return protocolVersion.read(decode(beginning.subarray(start, start + versionLength)), newestVersion);
  } catch {
    return undefined;
  }
}

/** Header and raw batch items. @throws KmipError InvalidMessage, UnsupportedProtocolVersion, InvalidField. */
export function readRequest(item: Item): RequestMessage {
  const { header, batchItems } = messageParts(item, Tag.RequestMessage, Tag.RequestHeader, 'Request Message');
  const version = versionIn(item);
  if (version === undefined) throw new KmipError('InvalidMessage', 'Request Header lacks Protocol Version');
  if (!supportedVersions.includes(version)) {
    throw new KmipError(
      'UnsupportedProtocolVersion',
      `Protocol Version ${versionText(version)} is not supported: Discover Versions lists those that are`,
    );
  }
  return { header: requestHeaderFields.read(childrenOf(header), version), batchItems };
}

export const readBatchItem = (item: Item, version: Version): RequestBatchItem =>
  requestBatchItemFields.read(childrenOf(item), version);

/** The parts of an invalid batch item that can be echoed in its answer. */
export function echoOf(item: Item): Pick<ResponseBatchItem, 'operation' | 'uniqueBatchItemID'> {
  const children: StructureItem['value'] = item.type === ItemType.Structure ? item.value : [];
  const operation = children.find(({ tag, type }) => tag === Tag.Operation && type === ItemType.Enumeration);
  const id = children.find(({ tag, type }) => tag === Tag.UniqueBatchItemID && type === ItemType.ByteString);
  return {
    operation: operation?.value as number | undefined,
    uniqueBatchItemID: id?.value as Uint8Array | undefined,
  };
}

/** Whether a receiver that does not understand an extension must refuse the whole message (2.1 §9.13; 1.4 §6.16). */
export function hasCriticalExtension(batchItem: Item): boolean {
  const children = (item: Item): readonly Item[] => (item.type === ItemType.Structure ? item.value : []);
  return children(batchItem).some(
    (extension) =>
      extension.tag === Tag.MessageExtension &&
      children(extension).some(({ tag, value }) => tag === Tag.CriticalityIndicator && value === true),
  );
}

const wrap = (tag: number, value: readonly Item[]): Item => ({ tag, type: ItemType.Structure, value });

export function writeResponse({ header, batchItems }: ResponseMessage): Item {
  const version = header.protocolVersion;
  return wrap(Tag.ResponseMessage, [
    wrap(Tag.ResponseHeader, responseHeaderFields.write(header, version)),
    ...batchItems.map((each) => wrap(Tag.BatchItem, responseBatchItemFields.write(each, version))),
  ]);
}

/** The message that a client sends; the field tables of the operations wrote the payloads. */
export function writeRequest(header: RequestHeader, batchItems: readonly RequestBatchItem[]): Item {
  const version = header.protocolVersion;
  return wrap(Tag.RequestMessage, [
    wrap(Tag.RequestHeader, requestHeaderFields.write(header, version)),
    ...batchItems.map((each) => wrap(Tag.BatchItem, requestBatchItemFields.write(each, version))),
  ]);
}

/** What a client reads. @throws KmipError InvalidMessage when it is no response of this protocol. */
export function readResponse(item: Item): ResponseMessage {
  const { header, batchItems } = messageParts(item, Tag.ResponseMessage, Tag.ResponseHeader, 'Response Message');
  const version = versionIn(item);
  if (version === undefined) throw new KmipError('InvalidMessage', 'Response Header lacks Protocol Version');
  return {
    header: responseHeaderFields.read(childrenOf(header), version),
    batchItems: batchItems.map((each) => responseBatchItemFields.read(childrenOf(each), version)),
  };
}

/** The name of an operation by its number, in any version. */
export const operationName = (code: number): OpenValue<'Operation'> | undefined => enumerationValue('Operation', code);
