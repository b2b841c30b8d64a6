/**
 * What programs may use of kmipd: a typed KMIP client, the operations that it calls, by name, and the names of the
 * protocol, which the XML and text of `kmipd/ttlv` take, too.
 */
export {
  connect,
  createClient,
  item,
  type Call,
  type Client,
  type ClientOptions,
  type Outcome,
} from './client/client.ts';
export { openHttpsTransport, type HttpsPeer } from './client/https-transport.ts';
export type { Peer } from './client/tls-transport.ts';
export type { Transport } from './client/transport.ts';
export * from '#operations/registry/index';
export { maskBit } from './protocol/enumerations.ts';
export type { AuditFlushEvent, CommitEvent, ConnectionEvent, JobEvent, RequestEvent } from './observer.ts';
export { KmipError, type ResultReason } from './protocol/kmip-error.ts';
export { names } from './protocol/names.ts';
export { supportedVersions, versionOf, versionText, type Version } from './protocol/versions.ts';
