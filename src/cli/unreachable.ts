/** Why a connection to a server failed: instead of the codes of TLS and of the network, what to do. */
import { KmipError } from '#protocol/kmip-error';
import { OperatorError } from '#operator-error';

/** @param server 'HOST:PORT' */
export function explainedFor(server: string, error: unknown): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (error instanceof KmipError) return new OperatorError(`the server answered ${error.reason}: ${message}`);
  if (error instanceof OperatorError) return error;
  const because = hints.find(([pattern]) => pattern.test(code) || pattern.test(message));
  return new OperatorError(`${server}: ${message}`, because?.[1]);
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'is the server running there? kmipd serve starts it; --server names another'],
  [/ENOTFOUND|EAI_AGAIN/, 'host name not found; --server names another'],
  [/CERT_ALTNAME/, "the server's certificate lacks this name: kmipd server-cert renew --server-name NAME adds it"],
  [
    /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/,
    'ca.crt does not belong to this server: is it the same data directory?',
  ],
  [/CERT_HAS_EXPIRED/, 'the certificate of the server has expired: kmipd server-cert renew'],
  [
    /closed the connection|ECONNRESET/,
    'the server refuses the certificate; kmipd client list and kmipd audit show say why',
  ],
];
