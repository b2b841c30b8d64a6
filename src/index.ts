/** What programs may use of kmipd: a typed KMIP client, the operations it calls, and the protocol's names. The codec is `kmipd/ttlv`. */
export {
  connect,
  createClient,
  item,
  type Call,
  type Client,
  type ClientOptions,
  type Outcome,
} from './client/client.ts';
export type { Peer } from './client/tls-transport.ts';
export type { Transport } from './client/transport.ts';
export * from './operations/index.ts';
export { KmipError, type ResultReason } from './protocol/kmip-error.ts';
export { supportedVersions, versionOf, versionText, type Version } from './protocol/versions.ts';
