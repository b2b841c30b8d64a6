/** A private key, and the three certificates that lead from it to a root, made by the openssl command. */
import type { OpenSsl } from '#test/certs/openssl';

export interface Chain {
  /** PKCS#8. */
  readonly privateKey: Buffer;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  /** Leaf, intermediate, root. */
  readonly certificates: readonly Buffer[];
  /** A container of the key and its certificate, with more options of `openssl pkcs12 -export`. */
  pack(...options: string[]): Buffer;
  /** The options for the other two certificates. */
  readonly withIssuers: readonly string[];
}

const kinds = {
  RSA: ['-newkey', 'rsa:2048'],
  EC: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
} as const;

/** Its files lie in the folder of `ssl`, named after the algorithm. */
export function makeChain(ssl: OpenSsl, algorithm: keyof typeof kinds): Chain {
  const names = ['root', 'intermediate', 'leaf'].map((each) => `${algorithm}-${each}`);
  for (const [place, name] of names.entries()) {
    const issuer = names[place - 1];
    ssl.run(
      ...['req', '-x509', ...kinds[algorithm], '-noenc', '-keyout', `${name}.key`, '-out', `${name}.pem`],
      ...['-subj', `/CN=${name}`, '-days', '30'],
      ...['-addext', `basicConstraints=critical,CA:${name.endsWith('leaf') ? 'FALSE' : 'TRUE'}`],
      ...(issuer === undefined ? [] : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`]),
    );
  }
  const [root, intermediate, leaf] = names as [string, string, string];
  const pem = (name: string): string => ssl.run('x509', '-in', `${name}.pem`);
  return {
    privateKey: ssl.bytes('pkcs8', '-topk8', '-nocrypt', '-in', `${leaf}.key`, '-outform', 'DER'),
    publicKey: ssl.bytes('pkey', '-in', `${leaf}.key`, '-pubout', '-outform', 'DER'),
    certificates: names.toReversed().map((name) => ssl.bytes('x509', '-in', `${name}.pem`, '-outform', 'DER')),
    pack: (...options) => ssl.bytes('pkcs12', '-export', '-inkey', `${leaf}.key`, '-in', `${leaf}.pem`, ...options),
    withIssuers: ['-certfile', ssl.file(`${algorithm}-issuers.pem`, pem(root) + pem(intermediate))],
  };
}
