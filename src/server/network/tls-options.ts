/** The options of TLS: in one place, so that a benchmark's bare echo can use them too. */
import { constants } from 'node:crypto';
import type { TlsOptions } from 'node:tls';

export interface TlsIdentity {
  /** PEM, with its chain. */
  readonly cert: string;
  readonly key: string;
}

/** What old arrays still need: TLS 1.2 with forward secrecy, and every suite of 1.3. */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
].join(':');

export const tlsOptions = ({ cert, key }: TlsIdentity): TlsOptions => ({
  cert,
  key,
  requestCert: true,
  // A refused handshake would leave nothing to audit: the listener refuses instead, before a byte is read.
  rejectUnauthorized: false,
  minVersion: 'TLSv1.2',
  ciphers,
  honorCipherOrder: true,
  // The client of a connection is decided once: a renegotiation could bring another certificate.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
});

/** The options of the TCP connection below. */
export const transport = {
  noDelay: true,
  // A peer that vanished is noticed long before the idle time, and network equipment does not forget the connection.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
};
